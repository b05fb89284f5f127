from actions.base import Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.journey import Journey, is_free_text, is_value
from actions.lifting.views import confirmation, reason, replaced, say_open_request, take_document
from actions.services import documents, positions
from actions.services.cases import CaseView
from bot.text.months import named_months, parse_months
from bot.text.questions import asks

MONTHS, REASON, CONFIRMATION = (
    "request_installment__months",
    "request_installment__reason",
    "request_installment__confirmation",
)
LONGEST = 24
CHANGES = 6
"""Words; a longer message that names months is a reason that speaks of them."""


class ValidateGraceForm(Journey):
    """Case, how many months, why, and a yes."""

    form = "grace_form"
    goal = "request_installment"
    submit = "action_file_grace_request"
    chooses_case = True

    def opened(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        super().opened(uow, heard, say)
        documents.drop(uow, conversation=heard.conversation)
        months = named_months(heard.text)
        positions.remember(
            uow, conversation=heard.conversation, draft={"months": months, "reason": None, "confirmed": None}
        )

    def settled(self, case: CaseView, say: Say) -> bool:
        if case.state == "grace":
            say("utter_grace_running", case_number=case.number, grace_until=case.grace_until)
            return True
        return say_open_request(say, case.grace_request, "utter_grace_already_filed")

    def missing(self, uow: UnitOfWork, heard: Heard, draft: dict) -> str | None:
        if not draft.get("months"):
            return MONTHS
        if draft.get("confirmed") is not None:
            return None
        return CONFIRMATION if draft.get("reason") else REASON

    def take(self, question: str, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        if question == MONTHS:
            return self._months(uow, heard, say)
        if question == CONFIRMATION and heard.intent == "document_sent":
            return take_document(uow, heard, say, "grace")
        if question == CONFIRMATION and replaced(uow, heard, say):
            return True
        if question in (REASON, CONFIRMATION) and (other := self._changed(heard)):
            answer = {"months": other}
        elif question == REASON:
            answer = reason(heard) if is_free_text(heard, self.goal) else None
        else:
            answer = confirmation(heard) or ({"months": None} if heard.intent == "correct" else None)
        if answer is None:
            return False
        positions.remember(uow, conversation=heard.conversation, draft=answer)
        return True

    def _changed(self, heard: Heard) -> int | None:
        """ "Make it six months": said after the months were given, in a message about nothing else."""
        months = named_months(heard.text) if len(heard.text.split()) <= CHANGES else None
        return months if months and 1 <= months <= LONGEST else None

    def _months(self, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        named = parse_months(heard.entity("months") or heard.text)
        if named is None or asks(heard.text):
            if not is_value(heard):
                return False
            say("utter_ask_grace_form_request_installment__months_error")
        elif not 1 <= named <= LONGEST:
            say("utter_error_months")
        else:
            positions.remember(uow, conversation=heard.conversation, draft={"months": named})
        return True

    def back(self, question: str) -> str | None:
        return {MONTHS: "case_number", REASON: "months", CONFIRMATION: "reason"}.get(question)

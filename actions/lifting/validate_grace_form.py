from actions.base import Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.journey import Journey, is_free_text, is_value
from actions.services import positions
from bot.text.months import parse_months

MONTHS, REASON, CONFIRMATION = (
    "request_installment__months",
    "request_installment__reason",
    "request_installment__confirmation",
)
LONGEST = 24


class ValidateGraceForm(Journey):
    """Case, how many months, why, and a yes."""

    form = "grace_form"
    goal = "request_installment"
    submit = "action_file_grace_request"
    chooses_case = True

    def opened(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        super().opened(uow, heard, say)
        positions.remember(
            uow, conversation=heard.conversation, draft={"months": None, "reason": None, "confirmed": None}
        )

    def missing(self, uow: UnitOfWork, heard: Heard, draft: dict) -> str | None:
        if not draft.get("months"):
            return MONTHS
        if draft.get("confirmed") is not None:
            return None
        return CONFIRMATION if draft.get("reason") else REASON

    def take(self, question: str, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        if question == MONTHS:
            return self._months(uow, heard, say)
        if question == REASON:
            answer = {"reason": heard.text.strip()[:500]} if is_free_text(heard, self.goal) else None
        elif heard.intent in ("affirm", "next_step"):
            answer = {"confirmed": True}
        elif heard.intent == "deny":
            answer = {"confirmed": False}
        else:
            answer = {"months": None, "reason": None} if heard.intent == "correct" else None
        if answer is None:
            return False
        positions.remember(uow, conversation=heard.conversation, draft=answer)
        return True

    def _months(self, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        named = parse_months(heard.entity("months") or heard.text)
        if named is None or (heard.band == "sure" and heard.intent.startswith("ask_")):
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

import re

from actions.base import Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.journey import Journey, is_free_text
from actions.lifting.views import confirmation, reason, replaced, say_open_request, take_document
from actions.services import documents, positions
from actions.services.cases import CaseView
from bot.text.questions import asks
from bot.text.yes_no import parse_yes_no

GUIDED = re.compile(r"خطو|بنفسي|step|myself", re.IGNORECASE)
FILED = re.compile(r"قد[ّ]?مو|قدم ?لي|عني|انتم|[إا]نتو|من هنا|you (?:file|do|send)|for me|file it|submit", re.IGNORECASE)
WAY, REASON, CONFIRMATION = "request_lift__way", "request_lift__reason", "request_lift__confirmation"


class ValidateLiftForm(Journey):
    """Case, then either the guide or a request that the bot files: its reason and a yes."""

    form = "lift_form"
    goal = "request_lift"
    submit = "action_file_lift_request"
    chooses_case = True

    def opened(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        super().opened(uow, heard, say)
        documents.drop(uow, conversation=heard.conversation)
        positions.remember(uow, conversation=heard.conversation, draft={"way": None, "reason": None, "confirmed": None})

    def settled(self, case: CaseView, say: Say) -> bool:
        if case.state == "grace":
            say("utter_lift_in_grace", case_number=case.number, grace_until=case.grace_until)
            return True
        return say_open_request(say, case.lift_request, "utter_lift_already_filed")

    def missing(self, uow: UnitOfWork, heard: Heard, draft: dict) -> str | None:
        if not draft.get("way"):
            return WAY
        if draft["way"] == "guided" or draft.get("confirmed") is not None:
            return None
        return CONFIRMATION if draft.get("reason") else REASON

    def take(self, question: str, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        if question == CONFIRMATION and heard.intent == "document_sent":
            return take_document(uow, heard, say, "lift")
        if question == CONFIRMATION and replaced(uow, heard, say):
            return True
        answer = {WAY: self._way, REASON: self._reason, CONFIRMATION: self._confirmation}[question](heard)
        if answer is None:
            return False
        positions.remember(uow, conversation=heard.conversation, draft=answer)
        return True

    def _way(self, heard: Heard) -> dict | None:
        if heard.intent == "choose_way":
            return {"way": heard.entity("way")}
        if heard.intent == "ask_how_to_lift" or GUIDED.search(heard.text):
            return {"way": "guided"}
        if heard.intent.startswith("ask_") and asks(heard.text):
            return None
        if FILED.search(heard.text) or parse_yes_no(heard.text):
            return {"way": "filed"}
        if heard.intent == "report_payment" and not asks(heard.text):
            return {"way": "filed", **reason(heard)}  # she gives the reason before she is asked for it
        return None

    def _reason(self, heard: Heard) -> dict | None:
        return reason(heard) if is_free_text(heard, "report_payment", self.goal) else None

    def _confirmation(self, heard: Heard) -> dict | None:
        answer = confirmation(heard)
        if answer is None and (heard.intent == "correct" or "سبب" in heard.text or "reason" in heard.text.lower()):
            return {"reason": None}  # it is asked for again
        if answer is None and heard.intent == "report_payment" and not asks(heard.text):
            return reason(heard)
        return answer

    def back(self, question: str) -> str | None:
        return {WAY: "case_number", REASON: "way", CONFIRMATION: "reason"}.get(question)

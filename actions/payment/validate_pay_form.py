from actions.base import Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.journey import Journey, is_value
from actions.services import positions

BANK = "pay_invoice__bank"


class ValidatePayForm(Journey):
    """Case, bank, then the invoice and the first of the seven steps."""

    form = "pay_form"
    goal = "pay_invoice"
    submit = "action_start_paying"
    chooses_case = True

    def opened(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        super().opened(uow, heard, say)
        if heard.entity("bank"):
            positions.remember(uow, conversation=heard.conversation, bank=heard.entity("bank"))

    def missing(self, uow: UnitOfWork, heard: Heard, draft: dict) -> str | None:
        return None if positions.position(uow, conversation=heard.conversation).bank else BANK

    def take(self, question: str, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        bank = heard.entity("bank")
        if bank is None:
            if not is_value(heard):
                return False
            say("utter_ask_pay_form_pay_invoice__bank_error")
            return True
        positions.remember(uow, conversation=heard.conversation, bank=bank)
        if bank == "other":
            say("utter_bank_other")
        return True

    def back(self, question: str) -> str | None:
        return "case_number" if question == BANK else None

from actions.base import Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.journey import Journey, is_value
from actions.payment.banks import named_bank
from actions.services import positions

BANK = "pay_invoice__bank"
UNKNOWN = "utter_ask_pay_form_pay_invoice__bank_error"


class ValidatePayForm(Journey):
    """Case, bank, then the invoice and the first of the seven steps."""

    form = "pay_form"
    goal = "pay_invoice"
    submit = "action_start_paying"
    chooses_case = True

    def opened(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        super().opened(uow, heard, say)
        if heard.entity("bank"):
            self._keep(heard.entity("bank"), uow, heard)

    def missing(self, uow: UnitOfWork, heard: Heard, draft: dict) -> str | None:
        where = positions.position(uow, conversation=heard.conversation)
        named = where.bank and (draft.get("bank_named") or where.guide == "pay")  # not one of another day
        return None if named else BANK

    def take(self, question: str, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        bank = heard.entity("bank") if heard.pressed else named_bank(heard.text)
        if bank is None:
            if not is_value(heard):
                return False
            if next(heard.names_said_before(), "") != UNKNOWN:
                say(UNKNOWN)
                return True
            bank = "other"  # asked twice: the steps are the same in any bank
        self._keep(bank, uow, heard)
        if bank == "other":
            say("utter_bank_other")
        return True

    def _keep(self, bank: str | None, uow: UnitOfWork, heard: Heard) -> None:
        positions.remember(uow, conversation=heard.conversation, bank=bank, draft={"bank_named": True})

    def back(self, question: str) -> str | None:
        return "case_number" if question == BANK else None

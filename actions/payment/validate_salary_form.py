from actions.base import Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.journey import Journey
from actions.payment.garnishment_words import SMALLEST_SALARY
from actions.services import garnishment, positions
from actions.services.errors import BadValue
from bot.text.amounts import parse_amount

AMOUNT = "salary__amount"


class ValidateSalaryForm(Journey):
    """The arithmetic of garnishment for a salary she names; it is nobody's case, so nobody is identified."""

    form = "salary_form"
    goal = "calculate_salary"
    submit = "action_garnishment_amount"
    identified = False

    def opened(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        positions.remember(uow, conversation=heard.conversation, draft={"goal": self.goal, "salary": None})

    def missing(self, uow: UnitOfWork, heard: Heard, draft: dict) -> str | None:
        return None if draft.get("salary") else AMOUNT

    def take(self, question: str, uow: UnitOfWork, heard: Heard, say: Say) -> bool:
        amount = parse_amount(heard.text)
        if amount is None:
            if heard.intent not in ("inform", "correct"):
                return False
            say("utter_ask_salary_form_salary__amount_error")
            return True
        if 0 < amount < SMALLEST_SALARY:
            say("utter_salary_small", salary=amount)
            return True
        try:
            garnishment.split(amount)
        except BadValue:
            say("utter_error_amount")
            return True
        positions.remember(uow, conversation=heard.conversation, draft={"salary": str(amount)})
        return True

from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.payment.garnishment_words import SMALLEST_SALARY, say_split
from bot.text.amounts import parse_amount


class ActionAskSalaryGarnishment(BotAction):
    """The rule; with a salary in the question, the arithmetic."""

    action_name = "action_ask_salary_garnishment"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        amount = None if heard.pressed else parse_amount(heard.text)
        if amount is None or 0 < amount < SMALLEST_SALARY:
            say("utter_ask_salary_garnishment")
        else:
            say_split(say, amount, heard.text)

from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.payment.garnishment_words import say_split
from bot.text.amounts import parse_amount

SMALLEST_SALARY = 100
"""Below this a number in the question is a share (33 %) or a count, not a salary."""


class ActionAskSalaryGarnishment(BotAction):
    """The rule; with a salary in the question, the arithmetic."""

    action_name = "action_ask_salary_garnishment"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        amount = None if heard.pressed else parse_amount(heard.text)
        if amount is None or 0 < amount < SMALLEST_SALARY:
            say("utter_ask_salary_garnishment")
        else:
            say_split(say, amount)

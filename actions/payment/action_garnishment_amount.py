from decimal import Decimal

from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.payment.garnishment_words import say_split
from actions.services import positions


class ActionGarnishmentAmount(BotAction):
    """What the salary form asked for, calculated; the salary is forgotten with it."""

    action_name = "action_garnishment_amount"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        salary = positions.position(uow, conversation=heard.conversation).draft["salary"]
        say_split(say, Decimal(salary))
        positions.remember(uow, conversation=heard.conversation, draft={"salary": None})

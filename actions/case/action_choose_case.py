from actions.base import BotAction, Heard, Say
from actions.case.views import say_case
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases, positions


class ActionChooseCase(BotAction):
    """A case was picked from a list while no form asked for it: show it."""

    action_name = "action_choose_case"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        place = heard.entity("ordinal")
        case = cases.find_case(uow, conversation=heard.conversation, ordinal=int(place) if place else None)
        positions.remember(uow, conversation=heard.conversation, case_number=case.number)
        say_case(say, case)

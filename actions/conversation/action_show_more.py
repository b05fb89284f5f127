from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork


class ActionShowMore(BotAction):
    """The rest of an answer that did not fit."""

    action_name = "action_show_more"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        say(heard.entity("answer") or "utter_lost", more=True)

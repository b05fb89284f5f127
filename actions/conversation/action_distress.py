from rasa_sdk.events import ActiveLoop, SlotSet

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork


class ActionDistress(BotAction):
    """The flow stops; a short humane answer and a person."""

    action_name = "action_distress"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        say("utter_distress")
        return [ActiveLoop(None), SlotSet("requested_slot", None)]

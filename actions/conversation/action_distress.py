from rasa_sdk.events import ActiveLoop, SlotSet

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import positions

PAUSED = "paused"
"""The draft's mark: which form to open again when she says that we go on."""


class ActionDistress(BotAction):
    """The flow stops; a short humane answer and a person."""

    action_name = "action_distress"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        loop = heard.tracker.active_loop_name
        if loop and loop != "guide_form":
            positions.remember(uow, conversation=heard.conversation, draft={PAUSED: loop})
        say("utter_distress")
        return [ActiveLoop(None), SlotSet("requested_slot", None)]

from rasa_sdk.events import ActiveLoop, AllSlotsReset

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import identity


class ActionForgetMe(BotAction):
    """Ends the verification and clears what was kept; the entry function then drops the stored conversation."""

    action_name = "action_forget_me"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        identity.forget(uow, conversation=heard.conversation, message_id=heard.message_id)
        say("utter_forget_me")
        return [ActiveLoop(None), AllSlotsReset()]

from rasa_sdk.events import ActiveLoop, AllSlotsReset

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import identity
from bot.text.questions import asks


class ActionForgetMe(BotAction):
    """Ends the verification and clears what was kept. Who only asks what is kept is told so, and nothing is deleted."""

    action_name = "action_forget_me"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        if asks(heard.text) and not heard.pressed:
            say("utter_what_we_keep")
            return []
        identity.forget(uow, conversation=heard.conversation, message_id=heard.message_id)
        say("utter_forget_me")
        return [ActiveLoop(None), AllSlotsReset()]

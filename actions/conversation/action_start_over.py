from rasa_sdk.events import ActiveLoop, SlotSet

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import documents, positions


class ActionStartOver(BotAction):
    action_name = "action_start_over"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        positions.leave(uow, conversation=heard.conversation)
        positions.remember(uow, conversation=heard.conversation, case_number=None, bank=None)
        documents.drop(uow, conversation=heard.conversation)
        say("utter_start_over")
        return [ActiveLoop(None), SlotSet("requested_slot", None)]

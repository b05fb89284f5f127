from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.conversation.action_resume_guide import GOES_ON
from actions.services import documents, positions


class ActionCancel(BotAction):
    """Stop what is open. A guide keeps its place, so that "go on" finds it again."""

    action_name = "action_cancel"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        loop = heard.tracker.active_loop_name
        if not loop and GOES_ON.search(heard.text):
            return [FollowupAction("action_resume_guide")]
        where = positions.position(uow, conversation=heard.conversation)
        if loop == "guide_form" and where.guide:
            say("utter_guide_paused", step=where.step)
        elif loop:
            positions.remember(uow, conversation=heard.conversation, draft=dict.fromkeys(where.draft))
            documents.drop(uow, conversation=heard.conversation)
            say("utter_cancel")
        else:
            say("utter_nothing_to_cancel")
        return [ActiveLoop(None), SlotSet("requested_slot", None)]

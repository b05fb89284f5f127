from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.guides import lengths
from actions.services import positions


class ActionStartGuide(BotAction):
    """A guide as such, for anybody; it names no case and needs no identity."""

    action_name = "action_start_guide"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        guide = heard.entity("guide") or ""
        if guide not in lengths():
            say("utter_nothing_to_continue")
            return None
        positions.set_step(uow, conversation=heard.conversation, guide=guide, step=1)
        return [FollowupAction("guide_form")]

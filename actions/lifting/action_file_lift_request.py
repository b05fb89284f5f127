from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.lifting.views import say_filed
from actions.services import documents, positions, requests


class ActionFileLiftRequest(BotAction):
    """File it, start the guide, or leave it, as she decided."""

    action_name = "action_file_lift_request"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        where = positions.position(uow, conversation=heard.conversation)
        if where.draft.get("way") == "guided":
            positions.set_step(uow, conversation=heard.conversation, guide="lift", step=1)
            return [FollowupAction("guide_form")]
        if not where.draft.get("confirmed"):
            documents.drop(uow, conversation=heard.conversation)
            say("utter_request_not_sent")
            return None
        filed = requests.file_lift_request(
            uow,
            conversation=heard.conversation,
            message_id=heard.message_id,
            case_number=where.case_number or "",
            reason=where.draft.get("reason") or "",
        )
        say_filed(say, "utter_lift_filed" if filed.new else "utter_lift_already_filed", filed)
        return None

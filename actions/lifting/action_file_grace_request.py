from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.lifting.views import say_filed
from actions.services import documents, positions, requests


class ActionFileGraceRequest(BotAction):
    action_name = "action_file_grace_request"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        where = positions.position(uow, conversation=heard.conversation)
        if not where.draft.get("confirmed"):
            documents.drop(uow, conversation=heard.conversation)
            say("utter_request_not_sent")
            return
        filed = requests.file_grace_request(
            uow,
            conversation=heard.conversation,
            message_id=heard.message_id,
            case_number=where.case_number or "",
            months=where.draft.get("months") or 0,
            reason=where.draft.get("reason") or "",
        )
        say_filed(say, "utter_grace_filed" if filed.new else "utter_grace_already_filed", filed)

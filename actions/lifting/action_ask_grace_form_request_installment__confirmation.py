from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.lifting.views import summary
from actions.services import documents, positions


class ActionAskGraceConfirmation(BotAction):
    """The request as it will be sent, before it is."""

    action_name = "action_ask_grace_form_request_installment__confirmation"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        where = positions.position(uow, conversation=heard.conversation)
        say(
            "utter_confirm_grace",
            case_number=where.case_number,
            months=where.draft.get("months"),
            reason=where.draft.get("reason"),
            documents=documents.waiting(
                uow, conversation=heard.conversation, case_number=where.case_number or "", request_kind="grace"
            ),
            summary=summary(where),
        )

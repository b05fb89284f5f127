from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.lifting.views import summary
from actions.services import cases, documents, positions


class ActionAskLiftConfirmation(BotAction):
    """The request as it will be sent, before it is."""

    action_name = "action_ask_lift_form_request_lift__confirmation"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        where = positions.position(uow, conversation=heard.conversation)
        case = cases.find_case(uow, conversation=heard.conversation, number=where.case_number)
        owed = case.remaining or None
        say(
            "utter_confirm_lift_unpaid" if owed else "utter_confirm_lift",
            case_number=case.number,
            reason=where.draft.get("reason"),
            remaining=owed,
            documents=documents.waiting(
                uow, conversation=heard.conversation, case_number=case.number, request_kind="lift"
            ),
            summary=summary(where),
        )

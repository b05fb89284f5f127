from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case.views import say_case
from actions.case_db.unit_of_work import UnitOfWork
from actions.payment.garnishment_words import say_split
from actions.services import cases, identity, positions
from bot.text.amounts import parse_amount


class ActionInform(BotAction):
    """A bare value that nothing asked for: take it for what it can only be."""

    action_name = "action_inform"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        verified = identity.person(uow, conversation=heard.conversation).verified
        amount = parse_amount(heard.text)
        number = heard.entity("case_number")
        ordinal = heard.entity("ordinal")
        if heard.entity("national_id") or (number and not verified):
            return [FollowupAction("case_form")]
        if heard.entity("code") and identity.code_pending(uow, conversation=heard.conversation):
            return [FollowupAction("case_form")]
        if verified and (number or ordinal):
            case = cases.find_case(
                uow, conversation=heard.conversation, number=number, ordinal=int(ordinal) if ordinal else None
            )
            positions.remember(uow, conversation=heard.conversation, case_number=case.number)
            say_case(say, case)
        elif amount is not None and next(heard.names_said_before(), "") in (
            "utter_ask_salary_garnishment",
            "utter_garnishment_amount",
        ):
            say_split(say, amount)
        else:
            say("utter_inform")
        return None

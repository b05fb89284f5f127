from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case.views import say_case
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases, identity, positions
from bot.text.ordinals import parse_ordinal

FORMS = {"pay_invoice": "pay_form", "request_invoice": "invoice_form", "request_lift": "lift_form",
         "request_installment": "grace_form"}  # fmt: skip


class ActionCorrect(BotAction):
    """ "No, the second case" or "not that bank", while no form asks: change it and go on with what was wanted."""

    action_name = "action_correct"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        number, ordinal = heard.entity("case_number"), heard.entity("ordinal") or parse_ordinal(heard.text)
        bank = heard.entity("bank")
        where = positions.position(uow, conversation=heard.conversation)
        form = FORMS.get(where.draft.get("goal", ""))
        if bank:
            positions.remember(uow, conversation=heard.conversation, bank=bank)
        if (number or ordinal) and identity.person(uow, conversation=heard.conversation).verified:
            case = cases.find_case(
                uow, conversation=heard.conversation, number=number, ordinal=None if number else int(ordinal or 0)
            )
            positions.remember(uow, conversation=heard.conversation, case_number=case.number)
            if not form:
                say_case(say, case)
                return None
        elif not bank:
            say("utter_correct")
            return None
        return [FollowupAction(form)] if form else None

from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case.naming import named_case
from actions.case.views import say_case
from actions.case_db.unit_of_work import UnitOfWork
from actions.journey import THIS_CASE
from actions.payment.banks import named_bank
from actions.services import identity, positions

FORMS = {"pay_invoice": "pay_form", "request_invoice": "invoice_form", "request_lift": "lift_form",
         "request_installment": "grace_form"}  # fmt: skip


class ActionCorrect(BotAction):
    """ "No, the second case" or "not that bank", while no form asks: change it and go on with what was wanted."""

    action_name = "action_correct"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None:
        where = positions.position(uow, conversation=heard.conversation)
        goal = where.draft.get("goal", "")
        form, bank = FORMS.get(goal), named_bank(heard.text)
        case = named_case(uow, heard) if identity.person(uow, conversation=heard.conversation).verified else None
        if bank:
            positions.remember(uow, conversation=heard.conversation, bank=bank, draft={"bank_named": True})
        if case:
            positions.remember(uow, conversation=heard.conversation, case_number=case.number, draft={THIS_CASE: goal})
        if case and not form:
            say_case(say, case)
        elif not case and not bank:
            say("utter_correct")
        elif not case and where.guide == "pay":
            say("utter_bank_changed", bank=bank)
        elif form:
            return [FollowupAction(form)]
        return None

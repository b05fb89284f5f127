from rasa_sdk.events import FollowupAction

from actions.base import BotAction, Events, Heard, Say
from actions.case.views import invoice_card
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import invoices, positions


class ActionStartPaying(BotAction):
    """The invoice (issued now if there is none), then the guide from its first step, or from where she was."""

    action_name = "action_start_paying"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events:
        where = positions.position(uow, conversation=heard.conversation)
        invoice = invoices.issue_invoice(
            uow, conversation=heard.conversation, message_id=heard.message_id, case_number=where.case_number or ""
        ).invoice
        say(
            "utter_paying_starts",
            card=invoice_card(invoice),
            invoice_number=invoice.number,
            amount=invoice.amount,
            due_on=invoice.due_on,
            bank=where.bank if where.bank != "other" else None,
        )
        if where.guide != "pay":
            positions.set_step(uow, conversation=heard.conversation, guide="pay", step=1)
        return [FollowupAction("guide_form")]

from actions.base import BotAction, Heard, Say
from actions.case.views import invoice_card
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import invoices, positions


class ActionIssueInvoice(BotAction):
    action_name = "action_issue_invoice"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        case_number = positions.position(uow, conversation=heard.conversation).case_number
        issued = invoices.issue_invoice(
            uow, conversation=heard.conversation, message_id=heard.message_id, case_number=case_number or ""
        )
        invoice = issued.invoice
        say(
            "utter_invoice_issued" if issued.new else "utter_invoice_standing",
            card=invoice_card(invoice),
            invoice_number=invoice.number,
            case_number=invoice.case_number,
            amount=invoice.amount,
            due_on=invoice.due_on,
        )

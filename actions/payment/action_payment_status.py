from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases, payments


class ActionPaymentStatus(BotAction):
    """Each payment with the dates of its stages; without one, what it means and what to do."""

    action_name = "action_payment_status"

    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> None:
        seen = payments.payment_status(uow, conversation=heard.conversation)
        if not seen:
            mine = cases.my_cases(uow, conversation=heard.conversation)
            if not mine:
                say("utter_no_cases")
            elif all(case.kind == "government" for case in mine):
                say("utter_error_government_case")
            else:
                invoices = [case.invoice for case in mine if case.invoice]
                standing = next((invoice for invoice in invoices if invoice.state == "issued"), None)
                if standing:
                    say("utter_payment_not_seen", invoice_number=standing.number, amount=standing.amount)
                else:
                    say("utter_payment_none")
        for payment in seen:
            dates = {f"stage_{stage}": at for stage, at in payment.stages}
            say(
                f"utter_payment_stage_{payment.stage}",
                card={"kind": "receipt", "invoice": payment.invoice_number, "case": payment.case_number,
                      "amount": payment.amount, "paid_at": payment.paid_at, "stage": payment.stage},
                invoice_number=payment.invoice_number,
                case_number=payment.case_number,
                amount=payment.amount,
                **dates,
            )  # fmt: skip

from actions.base import BotAction, Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import cases, payments, positions


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
                self._not_seen(uow, heard, say, mine)
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

    def _not_seen(self, uow: UnitOfWork, heard: Heard, say: Say, mine: list[cases.CaseView]) -> None:
        """The invoice of the case in hand; without one in hand, every invoice that can be paid."""
        standing = [case.invoice for case in mine if case.invoice and case.invoice.state == "issued"]
        in_hand = positions.position(uow, conversation=heard.conversation).case_number
        for invoice in [invoice for invoice in standing if invoice.case_number == in_hand] or standing:
            say("utter_payment_not_seen", invoice_number=invoice.number, amount=invoice.amount,
                case_number=invoice.case_number)  # fmt: skip
        if not standing:
            say("utter_payment_none")

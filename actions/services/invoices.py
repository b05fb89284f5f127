"""The enforcement invoice: one standing invoice a case."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from actions.case_db.models import Case, Invoice
from actions.case_db.repository import remaining
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.calendar import add_working_days, riyadh_date
from actions.services.errors import NotApplicable, NotFound, NothingToPay, NotReady
from actions.services.journal import record
from actions.services.outcomes import once
from actions.services.verification import require_citizen

DAYS_AFTER_REFERRAL = 2
"""Working days from the referral of a case until an invoice can be asked for."""


@dataclass(frozen=True)
class InvoiceView:
    number: str
    case_number: str
    amount: Decimal
    state: str
    """issued, paid, expired or cancelled."""
    issued_at: dt.datetime
    due_on: dt.date


@dataclass(frozen=True)
class InvoiceIssued:
    invoice: InvoiceView
    new: bool


@once("issue_invoice")
def issue_invoice(uow: UnitOfWork, *, conversation: str, message_id: str, case_number: str) -> InvoiceIssued:
    """The standing invoice of the case, issued when there is none."""
    citizen = require_citizen(uow, conversation=conversation)
    case = uow.cases.case(citizen.id, case_number, lock=True)
    if case is None:
        raise NotFound
    require_payable(case)
    standing = uow.cases.standing_invoice(case)
    if standing is not None:
        return InvoiceIssued(invoice_view(standing), new=False)
    _require_ready(case, riyadh_date(uow.now()))
    invoice = uow.cases.issue_invoice(case)
    record(uow, conversation, "invoice_issued", case, invoice=invoice.number, amount=str(invoice.amount))
    return InvoiceIssued(invoice_view(invoice), new=True)


def require_payable(case: Case) -> None:
    """A court's, not lifted, with something left to pay."""
    if case.kind == "government":
        raise NotApplicable("government")
    if case.state == "lifted":
        raise NothingToPay("lifted")
    if not remaining(case):
        raise NothingToPay("paid")


def invoice_view(invoice: Invoice) -> InvoiceView:
    return InvoiceView(
        number=invoice.number,
        case_number=invoice.case.number,
        amount=invoice.amount,
        state=invoice.state,
        issued_at=invoice.issued_at,
        due_on=invoice.due_on,
    )


def _require_ready(case: Case, today: dt.date) -> None:
    if case.referred_on is None or today < add_working_days(case.referred_on, DAYS_AFTER_REFERRAL):
        raise NotReady("referral")
    if case.decision_34_on is None:
        raise NotReady("decision_34")

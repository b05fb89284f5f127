"""Whether invoices, payments, cases, journal and events tell the same. Only reads; whatever they tell differently was
changed past the services, or by a defect of theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from actions.case_db.models import Case, Event, Invoice, Journal, Measure, Payment, PaymentStage, Request
from actions.case_db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Difference:
    kind: str
    """Of CHECKS."""
    of: str
    """The number of the invoice or case."""
    what: str


@dataclass(frozen=True)
class Reconciled:
    invoices: int
    payments: int
    cases: int
    differences: list[Difference]


def reconcile(uow: UnitOfWork) -> Reconciled:
    counts = [uow.session.scalar(select(func.count()).select_from(table)) for table in (Invoice, Payment, Case)]
    differences = [Difference(kind, of, what) for kind, check in CHECKS.items() for of, what in check(uow)]
    return Reconciled(*counts, differences)


Found = Iterator[tuple[str, str]]


def _state(uow: UnitOfWork) -> Found:
    paid = select(Payment.id).where(Payment.invoice_id == Invoice.id).exists()
    wrong = or_(and_(Invoice.state == "paid", ~paid), and_(Invoice.state != "paid", paid))
    for number, state in uow.session.execute(select(Invoice.number, Invoice.state).where(wrong)):
        yield number, f"is {state} {'without' if state == 'paid' else 'and has'} a payment"


def _sum(uow: UnitOfWork) -> Found:
    joined = select(Invoice.number, Invoice.amount, Payment.amount).select_from(Invoice).join(Payment)
    for number, amount, paid in uow.session.execute(joined.where(Payment.amount != Invoice.amount)):
        yield number, f"is of {amount}, its payment of {paid}"


def _claim(uow: UnitOfWork) -> Found:
    paid = func.sum(Payment.amount)
    by_case = select(Case.number, Case.claim, paid).select_from(Case).join(Invoice).join(Payment)
    for number, claim, total in uow.session.execute(
        by_case.group_by(Case.number, Case.claim).having(paid > Case.claim)
    ):
        yield number, f"claims {claim}, and {total} was counted"


def _stages(uow: UnitOfWork) -> Found:
    count, last = func.count(PaymentStage.id), func.coalesce(func.max(PaymentStage.stage), 0)
    each = (
        select(Invoice.number, count, last)
        .select_from(Invoice)
        .join(Payment)
        .outerjoin(PaymentStage)
        .group_by(Invoice.number)
    )
    for number, reached, highest in uow.session.execute(each.having(or_(count != last, last == 0))):
        yield number, f"its payment is at stage {highest} and reached {reached}"
    before, after = aliased(PaymentStage), aliased(PaymentStage)
    backwards = (
        select(Invoice.number, after.stage)
        .select_from(Invoice)
        .join(Payment)
        .join(before, before.payment_id == Payment.id)
        .join(after, and_(after.payment_id == Payment.id, after.stage == before.stage + 1))
        .where(after.reached_at < before.reached_at)
    )
    for number, stage in uow.session.execute(backwards):
        yield number, f"its payment reached stage {stage} before the one before"


def _lifted(uow: UnitOfWork) -> Found:
    arrived = select(Case.number, Case.state).select_from(Case).join(Invoice).join(Payment).join(PaymentStage)
    for number, state in uow.session.execute(arrived.where(PaymentStage.stage == 5, Case.state != "lifted").distinct()):
        yield number, f"is {state}, and its payment reached the lift"
    lifted = select(Case.number).where(Case.state == "lifted").distinct()
    left = {
        "a measure runs": lifted.join(Measure).where(Measure.lifted_on.is_(None)),
        "an invoice stands": lifted.join(Invoice).where(Invoice.state == "issued"),
        "a lift request is open": lifted.join(Request).where(Request.kind == "lift", Request.decided_at.is_(None)),
    }
    for what, query in left.items():
        for number in uow.session.scalars(query):
            yield number, f"is lifted, and {what}"


def _journal(uow: UnitOfWork) -> Found:
    """What it says was done is so. What an import brought before it began is not in it."""
    recorded = select(Journal.details, Case.number).select_from(Journal).outerjoin(Case)
    seen: set[str] = set()
    for details, case in uow.session.execute(recorded.where(Journal.action == "payment_recorded")):
        if details["reference"] in seen:
            yield details["invoice"], f"the payment {details['reference']} was recorded twice"
        seen.add(details["reference"])
        yield from _payment_as(
            uow, details["invoice"], details["reference"], Decimal(details["amount"]), "journal", case
        )
    lifted = recorded.where(Journal.action == "lifted", Case.state != "lifted")
    for _, number in uow.session.execute(lifted):
        yield number, "is not lifted, and the journal says so"


def _events(uow: UnitOfWork) -> Found:
    """What the bank reported and we applied was counted."""
    applied = select(Event.body).where(Event.type == "payment.received", Event.state == "applied")
    for body in uow.session.scalars(applied):
        data = body["data"]
        yield from _payment_as(uow, data["invoice"], data["reference"], Decimal(data["amount"]), "bank")


def _payment_as(
    uow: UnitOfWork, invoice: str, reference: str, amount: Decimal, who: str, case: str | None = None
) -> Found:
    kept = (
        select(Invoice.number, Payment.amount, Case.number)
        .select_from(Invoice)
        .join(Payment)
        .join(Case)
        .where(Payment.reference == reference)
    )
    found = uow.session.execute(kept).first()
    if found is None:
        yield invoice, f"the {who} knows a payment {reference} of {amount}, and there is none"
    elif found[:2] != (invoice, amount) or (case is not None and found[2] != case):
        yield invoice, f"the {who} knows its payment {reference} otherwise"


CHECKS: dict[str, Callable[[UnitOfWork], Found]] = {
    "state": _state,
    "sum": _sum,
    "claim": _claim,
    "stages": _stages,
    "lifted": _lifted,
    "journal": _journal,
    "events": _events,
}

"""Questions to the case database that more than one place asks; few queries each, whatever a citizen has."""

from __future__ import annotations

import secrets
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import InstrumentedAttribute
from sqlalchemy.sql import Select

from actions.case_db.models import Case, Citizen, Invoice, Payment

NOTHING = Decimal("0.00")


def citizen_by_national_id(session: Session, national_id: str) -> Citizen | None:
    return session.scalars(select(Citizen).where(Citizen.national_id == national_id)).first()


def cases_of(session: Session, citizen_id: int) -> list[Case]:
    """Oldest first, everything that belongs to them loaded."""
    query = select(Case).where(Case.citizen_id == citizen_id).order_by(Case.opened_on, Case.id)
    return list(session.scalars(_with_all(query)))


def case_by_number(session: Session, number: str, *, citizen_id: int | None = None, lock: bool = False) -> Case | None:
    """Everything of it loaded; with `citizen_id`, somebody else's case reads as none. `lock` waits for who holds it,
    then reads it anew (on SQLite the transaction itself is the lock)."""
    query = select(Case).where(Case.number == number)
    if citizen_id is not None:
        query = query.where(Case.citizen_id == citizen_id)
    if lock:
        query = query.with_for_update(of=Case).execution_options(populate_existing=True)
    return session.scalars(_with_all(query)).first()


def _with_all(query: Select) -> Select:
    return query.options(
        selectinload(Case.measures),
        selectinload(Case.invoices).selectinload(Invoice.payment).selectinload(Payment.stages),
        selectinload(Case.requests),
    )


def invoice_by_number(session: Session, number: str) -> Invoice | None:
    return session.scalars(select(Invoice).where(Invoice.number == number)).first()


def payment_by_reference(session: Session, reference: str) -> Payment | None:
    return session.scalars(select(Payment).where(Payment.reference == reference)).first()


def deposited(case: Case) -> Decimal:
    return sum((invoice.payment.amount for invoice in case.invoices if invoice.payment), NOTHING)


def remaining(case: Case) -> Decimal:
    """Of the claim of a court case; never below nothing."""
    return max((case.claim or NOTHING) - deposited(case), NOTHING)


def newest_payment(case: Case) -> Payment | None:
    payments = [invoice.payment for invoice in case.invoices if invoice.payment]
    return max(payments, key=lambda payment: payment.paid_at, default=None)


def new_number(session: Session, column: InstrumentedAttribute, *, prefix: str, digits: int) -> str:
    """A number that nobody has and nobody can guess from another; the column's own constraint has the last word."""
    while True:
        rest = digits - len(prefix)
        number = f"{prefix}{secrets.randbelow(10**rest):0{rest}}"
        if not session.scalar(select(func.count()).where(column == number)):
            return number

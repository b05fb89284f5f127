"""A payment as the bank and the enforcement authority report it, and its way through five stages to the lift.

Repetitions are recognised by the event's id, by the payment's reference, and by the constraints of the database.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from actions.case_db import repository
from actions.case_db.models import PAYMENT_STAGES, Case, Invoice, Payment, PaymentStage
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import positions
from actions.services.errors import BadValue, NotApplied, NotFound
from actions.services.journal import looked, record
from actions.services.lift import cancel_standing, lift_case
from actions.services.notices import add_notice
from actions.services.outcomes import once
from actions.services.verification import require_citizen, verified_id

CONFIRMED, LIFTED = PAYMENT_STAGES[0], PAYMENT_STAGES[-1]
STAGE_NOTICES = {
    1: "payment_confirmed",
    2: "payment_transferred",
    3: "payment_number_sent",
    4: "payment_paid_out",
}
"""The fifth stage is the lift, which tells of itself."""


@dataclass(frozen=True)
class PaymentView:
    invoice_number: str
    case_number: str
    amount: Decimal
    paid_at: dt.datetime
    stage: int
    stages: list[tuple[int, dt.datetime]]
    """Each stage reached and when, first to last."""


@once("record_payment", key="event_id")
def record_payment(
    uow: UnitOfWork,
    *,
    event_id: str,
    invoice_number: str,
    amount: Decimal,
    reference: str,
    paid_at: dt.datetime,
    actor: str,
) -> PaymentView:
    return receive(uow, invoice_number=invoice_number, amount=amount, reference=reference, paid_at=paid_at, actor=actor)


def receive(
    uow: UnitOfWork, *, invoice_number: str, amount: Decimal, reference: str, paid_at: dt.datetime, actor: str
) -> PaymentView:
    """In the caller's transaction; counted once by its reference."""
    invoice = repository.invoice_by_number(uow.session, invoice_number)
    if invoice is None:
        raise NotFound("invoice")
    case = repository.case_by_number(uow.session, invoice.case.number, lock=True)
    known = repository.payment_by_reference(uow.session, reference)
    if known is not None:
        return _same_payment(known, invoice, amount)
    _require_due(case, invoice, amount)
    payment = Payment(reference=reference, amount=amount, paid_at=paid_at)
    invoice.payment, invoice.state = payment, "paid"
    cancel_standing(case)  # another one, issued after this one had run out
    uow.session.flush()
    record(uow, actor, "payment_recorded", case, invoice=invoice.number, amount=str(amount), reference=reference)
    _reach(uow, payment, CONFIRMED)
    positions.end_guide(uow, case.citizen_id, "pay", case.id)
    return payment_view(payment)


def reach(uow: UnitOfWork, *, invoice_number: str, stage: int, actor: str) -> PaymentView:
    """In the caller's transaction; up to the stage before the lift, which is not the bank's to report. The stage that
    it has already changes nothing; none is left out or taken back."""
    invoice = repository.invoice_by_number(uow.session, invoice_number)
    if invoice is None:
        raise NotFound("invoice")
    case = repository.case_by_number(uow.session, invoice.case.number, lock=True)
    payment = invoice.payment
    if payment is None:
        raise NotApplied("not_paid")
    if stage < _stage(payment):
        raise NotApplied("backwards")
    if stage > _stage(payment) + 1 or stage >= LIFTED:
        raise NotApplied("stage_left_out")
    return payment_view(payment) if stage == _stage(payment) else move_on(uow, case, payment, actor)


@once("advance_payment", key="event_id")
def advance_payment(uow: UnitOfWork, *, event_id: str, case_number: str, actor: str) -> PaymentView:
    """One stage further; a payment at its last stage stays there: the lift, or, where something is left to pay, the
    one before it."""
    case = repository.case_by_number(uow.session, case_number, lock=True)
    payment = repository.newest_payment(case) if case else None
    if payment is None:
        raise NotFound
    return move_on(uow, case, payment, actor)


def arrived(uow: UnitOfWork, *, conversation: str) -> bool:
    """Whether money of whoever is verified here is on its way; asked in passing, so it is no look at a case."""
    citizen_id = verified_id(uow, conversation)
    if citizen_id is None:
        return False
    return any(travelling(case) for case in uow.cases.cases_of(citizen_id))


def payment_status(uow: UnitOfWork, *, conversation: str, case_number: str | None = None) -> list[PaymentView]:
    """The payments of the citizen, or of one of her cases, oldest first."""
    citizen = require_citizen(uow, conversation=conversation)
    cases = uow.cases.cases_of(citizen.id)
    if case_number is not None:
        cases = [case for case in cases if case.number == case_number]
        if not cases:
            raise NotFound
    payments = [invoice.payment for case in cases for invoice in case.invoices if invoice.payment]
    views = [payment_view(payment) for payment in sorted(payments, key=lambda payment: payment.paid_at)]
    looked(uow, conversation, citizen.id, "payment_status", cases[0] if case_number else None)
    uow.commit()
    return views


def travelling(case: Case) -> Payment | None:
    """The payment on its way to the lift."""
    payment = repository.newest_payment(case)
    return payment if payment and case.state != "lifted" and _stage(payment) < _last_stage(case) else None


def move_on(uow: UnitOfWork, case: Case, payment: Payment, actor: str) -> PaymentView:
    """In the caller's transaction."""
    stage = _stage(payment) + 1
    if stage > _last_stage(case):
        return payment_view(payment)
    record(uow, actor, "payment_advanced", case, invoice=payment.invoice.number, stage=stage)
    _reach(uow, payment, stage)
    if stage == LIFTED and case.state != "lifted":
        lift_case(uow, case, actor)
    return payment_view(payment)


def payment_view(payment: Payment) -> PaymentView:
    return PaymentView(
        invoice_number=payment.invoice.number,
        case_number=payment.invoice.case.number,
        amount=payment.amount,
        paid_at=payment.paid_at,
        stage=_stage(payment),
        stages=[(reached.stage, reached.reached_at) for reached in payment.stages],
    )


def _same_payment(known: Payment, invoice: Invoice, amount: Decimal) -> PaymentView:
    if known.invoice is not invoice:
        raise BadValue("reference")
    if known.amount != amount:
        raise BadValue("amount")
    return payment_view(known)


def _require_due(case: Case, invoice: Invoice, amount: Decimal) -> None:
    """Part and over-payments are not taken yet. An invoice that ran out may still be paid by who reached the bank in
    time."""
    if invoice.payment is not None or invoice.amount > repository.remaining(case):
        raise BadValue("paid_twice")
    if invoice.state == "cancelled":
        raise BadValue("cancelled")
    if amount != invoice.amount:
        raise BadValue("amount")


def _reach(uow: UnitOfWork, payment: Payment, stage: int) -> None:
    now, case = uow.now(), payment.invoice.case
    payment.stages.append(PaymentStage(stage=stage, reached_at=now))
    uow.session.flush()
    if stage not in STAGE_NOTICES:
        return
    kind = STAGE_NOTICES[stage]
    values = {"invoice_number": payment.invoice.number, "amount": payment.amount, "reached_at": now}
    if stage == CONFIRMED:
        values["paid_at"] = payment.paid_at
    add_notice(uow, case.citizen_id, kind, f"{kind}:{payment.invoice.number}", values, case.id)


def _last_stage(case: Case) -> int:
    return LIFTED - 1 if repository.remaining(case) else LIFTED


def _stage(payment: Payment) -> int:
    return max((reached.stage for reached in payment.stages), default=0)

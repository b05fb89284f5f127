"""Each way in which the books may differ is found and named, and books that were kept by the services do not differ."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from actions.case_db.models import Case, Event, Invoice, Journal, Measure, Payment, PaymentStage
from actions.case_db.seed import seed
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import events
from actions.services.invoices import issue_invoice
from actions.services.reconcile import CHECKS, reconcile
from actions.services.requests import lift
from tests.actions.services.people import message, speaks
from tests.fakes import Clock, FakeSms


def differences(uow: UnitOfWork) -> set[tuple[str, str]]:
    return {(each.kind, each.of) for each in reconcile(uow).differences}


@pytest.fixture
def paid(uow: UnitOfWork, clock: Clock) -> str:
    """The number of an invoice that was paid by an event and reached the second stage."""
    number = speaks(uow, "unpaid_invoice")
    invoice = issue_invoice(uow, conversation="c1", message_id=message(), case_number=number).invoice
    received = {
        "invoice": invoice.number,
        "amount": f"{invoice.amount:.2f}",
        "currency": "SAR",
        "reference": "FT-1",
        "paid_at": clock.now.isoformat(),
    }
    for kind, data in (("received", received), ("stage", {"invoice": invoice.number, "stage": 2})):
        body = {"type": f"payment.{kind}", "version": 1, "data": data}
        events.take(uow, topic="payments", event_id=kind, body=body)
        events.apply_next(uow)
    assert differences(uow) == set()
    return invoice.number


def change(uow: UnitOfWork, statement: object) -> None:
    """As somebody does by hand."""
    assert uow.session.execute(statement.execution_options(synchronize_session=False)).rowcount
    uow.session.flush()


def of_invoice(number: str) -> object:
    return select(Payment.id).join(Invoice).where(Invoice.number == number).scalar_subquery()


def test_the_demonstration_s_books_agree(either_engine: Engine) -> None:
    seed(either_engine)
    with UnitOfWork(either_engine, sms=FakeSms()) as uow:
        told = reconcile(uow)
    assert told.differences == []
    assert min(told.invoices, told.payments, told.cases) > 5


def test_an_invoice_whose_state_and_payment_differ(uow: UnitOfWork, paid: str) -> None:
    change(uow, update(Invoice).where(Invoice.number == paid).values(state="expired"))
    assert differences(uow) == {("state", paid)}


def test_a_payment_of_another_sum(uow: UnitOfWork, paid: str) -> None:
    change(uow, update(Payment).where(Payment.id == of_invoice(paid)).values(amount=Decimal("1.00")))
    assert differences(uow) == {("sum", paid), ("journal", paid), ("events", paid)}


def test_more_than_the_claim(uow: UnitOfWork, paid: str) -> None:
    case = select(Invoice.case_id).where(Invoice.number == paid).scalar_subquery()
    change(uow, update(Case).where(Case.id == case).values(claim=Decimal("1.00")))
    (found,) = differences(uow)
    assert found[0] == "claim"


def test_a_stage_that_is_missing_or_before_its_time(uow: UnitOfWork, paid: str) -> None:
    second = update(PaymentStage).where(PaymentStage.payment_id == of_invoice(paid), PaymentStage.stage == 2)
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
    change(uow, second.values(reached_at=long_ago))
    assert differences(uow) == {("stages", paid)}
    change(uow, second.values(reached_at=uow.now(), stage=4))
    assert differences(uow) == {("stages", paid)}


def test_a_lift_that_left_something_standing(uow: UnitOfWork, paid: str) -> None:
    number = speaks(uow, "one_case", "c2")
    lift(uow, case_number=number, actor="authority")
    assert differences(uow) == set()
    case = select(Case.id).where(Case.number == number).scalar_subquery()
    change(uow, update(Measure).where(Measure.case_id == case).values(lifted_on=None))
    assert differences(uow) == {("lifted", number)}


def test_a_payment_that_reached_the_lift_without_lifting(uow: UnitOfWork, paid: str) -> None:
    for stage in (3, 4, 5):
        uow.session.add(
            PaymentStage(payment_id=uow.session.scalar(select(of_invoice(paid))), stage=stage, reached_at=uow.now())
        )
    uow.session.flush()
    (found,) = differences(uow)
    assert found[0] == "lifted"


def test_a_payment_that_is_gone(uow: UnitOfWork, paid: str) -> None:
    change(uow, update(Payment).where(Payment.id == of_invoice(paid)).values(reference="FT-2"))
    assert differences(uow) == {("journal", paid), ("events", paid)}


def test_a_payment_that_was_recorded_twice(uow: UnitOfWork, paid: str) -> None:
    known = uow.session.scalars(select(Journal).filter_by(action="payment_recorded")).one()
    uow.session.add(
        Journal(at=known.at, actor="bank", action=known.action, case_id=known.case_id, details=dict(known.details))
    )
    uow.session.flush()
    assert differences(uow) == {("journal", paid)}


def test_a_lift_of_which_only_the_journal_knows(uow: UnitOfWork, paid: str) -> None:
    case = uow.session.scalars(select(Case).where(Case.state == "in_force", Case.kind == "government")).first()
    uow.session.add(Journal(at=uow.now(), actor="authority", action="lifted", case_id=case.id, details={}))
    uow.session.flush()
    assert differences(uow) == {("journal", case.number)}


def test_an_event_that_is_marked_and_was_not_applied(uow: UnitOfWork, paid: str, clock: Clock) -> None:
    data = {"invoice": paid, "amount": "1.00", "currency": "SAR", "reference": "FT-9", "paid_at": clock.now.isoformat()}
    body = {"type": "payment.received", "version": 1, "data": data}
    events.take(uow, topic="payments", event_id="e9", body=body)
    change(uow, update(Event).where(Event.event_id == "e9").values(state="applied"))
    assert differences(uow) == {("events", paid)}


def test_each_check_is_shown_above() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{kind}"' in source for kind in CHECKS)

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from actions.case_db.models import Access, Case, Invoice, Journal, Measure, Notice, Payment, PaymentStage, Request
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.cases import find_case
from actions.services.errors import BadValue, NotFound, NotVerified
from actions.services.invoices import InvoiceView, issue_invoice
from actions.services.payments import PaymentView, advance_payment, payment_status, record_payment
from actions.services.positions import position, set_step
from actions.services.requests import file_lift_request
from tests.actions.services.people import at_once, case_numbers, count, how_many, message, one_debtor, speaks
from tests.fakes import Clock, FakeSms

PAID_AT = dt.datetime(2026, 11, 22, 9, tzinfo=dt.timezone.utc)


def standing(uow: UnitOfWork) -> InvoiceView:
    number = speaks(uow, "unpaid_invoice")
    return issue_invoice(uow, conversation="c1", message_id=message(), case_number=number).invoice


def pay(uow: UnitOfWork, invoice: InvoiceView, **changed: Any) -> PaymentView:
    given = {
        "event_id": message(),
        "invoice_number": invoice.number,
        "amount": invoice.amount,
        "reference": "SADAD-1",
        "paid_at": PAID_AT,
        "actor": "bank",
    }
    return record_payment(uow, **{**given, **changed})


def advance(uow: UnitOfWork, case_number: str, event_id: str | None = None) -> PaymentView:
    return advance_payment(uow, event_id=event_id or message(), case_number=case_number, actor="authority")


def kinds(uow: UnitOfWork) -> list[str]:
    return list(uow.session.scalars(select(Notice.kind).order_by(Notice.id)))


def test_a_payment_pays_the_invoice_and_begins_its_way(uow: UnitOfWork, clock: Clock) -> None:
    invoice = standing(uow)
    view = pay(uow, invoice)
    assert view == PaymentView(invoice.number, invoice.case_number, invoice.amount, PAID_AT, 1, [(1, clock.now)])
    case = find_case(uow, conversation="c1")
    assert (case.invoice.state, case.remaining, case.state) == ("paid", Decimal("0.00"), "in_force")
    assert case.measures  # in force until the lift
    notice = uow.session.scalars(select(Notice)).one()
    assert (notice.kind, notice.values["amount"]) == ("payment_confirmed", str(invoice.amount))
    assert count(uow, Journal, action="payment_recorded", actor="bank") == 1


@pytest.mark.parametrize("changed", [{}, {"event_id": "another"}])
def test_the_same_payment_reported_again_is_counted_once(uow: UnitOfWork, changed: dict) -> None:
    invoice = standing(uow)
    before = count(uow, Payment)
    first = pay(uow, invoice, event_id="e1")
    assert pay(uow, invoice, **{"event_id": "e1", **changed}) == first
    assert count(uow, Payment) == before + 1
    assert count(uow, Journal, action="payment_recorded") == 1
    assert kinds(uow) == ["payment_confirmed"]


@pytest.mark.parametrize(
    ("changed", "error", "reason"),
    [
        ({"amount": Decimal("1.00")}, BadValue, "amount"),
        ({"amount": Decimal("99999999.00")}, BadValue, "amount"),
        ({"invoice_number": "709999999999"}, NotFound, "invoice"),
    ],
)
def test_a_payment_that_fits_no_invoice_is_refused_and_changes_nothing(
    uow: UnitOfWork, changed: dict, error: type[Exception], reason: str
) -> None:
    invoice, before = standing(uow), count(uow, Payment)
    with pytest.raises(error) as refused:
        pay(uow, invoice, **changed)
    assert refused.value.reason == reason
    assert count(uow, Payment) == before
    assert find_case(uow, conversation="c1").invoice.state == "issued"


def test_an_invoice_is_paid_once(uow: UnitOfWork) -> None:
    invoice = standing(uow)
    pay(uow, invoice)
    for changed, reason in (({"reference": "SADAD-2"}, "paid_twice"), ({"amount": Decimal(1)}, "amount")):
        with pytest.raises(BadValue) as refused:
            pay(uow, invoice, **changed)
        assert refused.value.reason == reason


def test_a_reference_pays_one_invoice(uow: UnitOfWork) -> None:
    invoice = standing(uow)
    pay(uow, invoice)
    number = speaks(uow, "one_case", "c2")
    other = issue_invoice(uow, conversation="c2", message_id=message(), case_number=number).invoice
    with pytest.raises(BadValue) as refused:
        pay(uow, other)
    assert refused.value.reason == "reference"
    assert find_case(uow, conversation="c2").payment is None


def test_one_that_ran_out_can_still_be_paid_and_the_one_after_it_no_longer(uow: UnitOfWork, clock: Clock) -> None:
    old = standing(uow)
    clock.move(days=31)
    new = standing(uow)
    pay(uow, old)
    assert uow.session.scalars(select(Invoice.state).where(Invoice.number == new.number)).one() == "cancelled"
    with pytest.raises(BadValue) as refused:
        pay(uow, new, reference="SADAD-2")
    assert refused.value.reason == "paid_twice"


def test_it_ends_the_paying_guide_and_no_other(uow: UnitOfWork) -> None:
    invoice = standing(uow)
    set_step(uow, conversation="c1", guide="pay", step=7)
    pay(uow, invoice)
    assert position(uow, conversation="c1").guide is None
    number = speaks(uow, "one_case", "c2")
    set_step(uow, conversation="c2", guide="lift", step=3)
    other = issue_invoice(uow, conversation="c2", message_id=message(), case_number=number).invoice
    pay(uow, other, reference="SADAD-2")
    assert position(uow, conversation="c2").guide == "lift"


def test_it_travels_five_stages_each_told_and_the_last_lifts_everything(uow: UnitOfWork, clock: Clock) -> None:
    invoice = standing(uow)
    number = invoice.case_number
    pay(uow, invoice)
    file_lift_request(uow, conversation="c1", message_id=message(), case_number=number, reason="سداد كامل")
    times = [clock.now]
    for stage in (2, 3, 4, 5):
        clock.move(hours=3)
        times.append(clock.now)
        assert advance(uow, number).stage == stage
    speaks(uow, "unpaid_invoice")
    case = find_case(uow, conversation="c1")
    assert case.payment.stages == list(enumerate(times, start=1))
    assert (case.state, case.lifted_at, case.measures) == ("lifted", clock.now, [])
    assert (case.lift_request.state, case.lift_request.decided_at) == ("granted", clock.now)
    assert kinds(uow) == [
        "payment_confirmed",
        "payment_transferred",
        "payment_number_sent",
        "payment_paid_out",
        "lifted",
    ]
    assert advance(uow, number).stage == 5
    assert len(kinds(uow)) == 5


def test_a_payment_of_a_part_lifts_nothing(uow: UnitOfWork) -> None:
    invoice = standing(uow)
    pay(uow, invoice)
    case = uow.session.scalars(select(Case).where(Case.number == invoice.case_number)).one()
    case.claim += 100
    uow.commit()
    assert [advance(uow, invoice.case_number).stage for _ in range(5)] == [2, 3, 4, 4, 4]
    assert find_case(uow, conversation="c1").state == "in_force"


def test_an_event_advances_once(uow: UnitOfWork) -> None:
    invoice = standing(uow)
    pay(uow, invoice)
    assert advance(uow, invoice.case_number, "e1") == advance(uow, invoice.case_number, "e1")
    assert find_case(uow, conversation="c1").payment.stage == 2


@pytest.mark.parametrize("persona", ["one_case", None])
def test_without_a_payment_there_is_nothing_to_advance(uow: UnitOfWork, persona: str | None) -> None:
    with pytest.raises(NotFound):
        advance(uow, case_numbers(uow, persona)[0] if persona else "4599999999")


def test_ones_own_payments_are_shown_and_the_look_written_down(uow: UnitOfWork) -> None:
    with pytest.raises(NotVerified):
        payment_status(uow, conversation="c1")
    number = speaks(uow, "paid_invoice")
    (view,) = payment_status(uow, conversation="c1")
    assert (view.case_number, view.stage) == (number, 1)
    assert payment_status(uow, conversation="c1", case_number=number) == [view]
    assert count(uow, Access, what="payment_status") == 2
    speaks(uow, "one_case")
    assert payment_status(uow, conversation="c1") == []
    with pytest.raises(NotFound):
        payment_status(uow, conversation="c1", case_number=number)


@pytest.mark.parametrize("one_event", [True, False])
def test_two_processes_count_one_payment(either_engine: Engine, sms: FakeSms, one_event: bool) -> None:
    number = one_debtor(either_engine)
    with UnitOfWork(either_engine, sms=sms) as uow:
        invoice = issue_invoice(uow, conversation="c1", message_id="m1", case_number=number).invoice
    results = at_once(
        either_engine,
        sms,
        *(lambda uow, n=n: pay(uow, invoice, event_id="e" if one_event else f"e{n}") for n in range(4)),
    )
    assert results == [results[0]] * 4 and results[0].stage == 1
    for table in (Payment, PaymentStage, Notice):
        assert how_many(either_engine, table) == 1


def test_one_event_in_two_processes_advances_once(either_engine: Engine, sms: FakeSms) -> None:
    number = one_debtor(either_engine)
    with UnitOfWork(either_engine, sms=sms) as uow:
        pay(uow, issue_invoice(uow, conversation="c1", message_id="m1", case_number=number).invoice)
    results = at_once(either_engine, sms, *(lambda uow: advance(uow, number, "e1") for _ in range(4)))
    assert [result.stage for result in results] == [2] * 4
    assert how_many(either_engine, PaymentStage) == 2
    assert how_many(either_engine, Measure, lifted_on=None) == 1
    assert how_many(either_engine, Request) == 0

"""What a bank and the authority report: kept, applied once and in order, or flagged with nothing changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, StatementError

from actions.case_db.models import Base, Event, Journal, Notice, Payment
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import events, payments
from actions.services.cases import find_case
from actions.services.errors import NotApplied
from actions.services.events import Taken
from actions.services.invoices import InvoiceView, issue_invoice
from actions.services.requests import file_grace_request, file_lift_request
from tests.actions.services.people import at_once, count, how_many, message, one_debtor, speaks
from tests.fakes import Clock, FakeSms


def took(uow: UnitOfWork, kind: str, event_id: str | None = None, **data: Any) -> Taken:
    topic = "payments" if kind.startswith("payment") else "cases"
    body = {"type": kind, "version": 1, "data": data}
    return events.take(uow, topic=topic, event_id=event_id or message(), body=body)


def applied(uow: UnitOfWork) -> list[tuple[str, str | None]]:
    """State and reason of each, in the order in which they were applied."""
    done = []
    while (event := events.apply_next(uow)) is not None:
        done.append((event.state, event.reason))
    return done


def standing(uow: UnitOfWork) -> InvoiceView:
    number = speaks(uow, "unpaid_invoice")
    return issue_invoice(uow, conversation="c1", message_id=message(), case_number=number).invoice


def paid(view: InvoiceView, clock: Clock, **changed: Any) -> dict[str, str]:
    given = {
        "invoice": view.number,
        "amount": f"{view.amount:.2f}",
        "currency": "SAR",
        "reference": "FT-1",
        "paid_at": clock.now.isoformat(),
    }
    return {**given, **changed}


def everything(uow: UnitOfWork) -> dict[str, list]:
    """Of all tables but the events themselves."""
    return {
        name: uow.session.execute(table.select().order_by(*table.primary_key)).all()
        for name, table in Base.metadata.tables.items()
        if name != "event"
    }


def test_a_payment_is_kept_then_applied_and_told(uow: UnitOfWork, clock: Clock) -> None:
    invoice = standing(uow)
    assert took(uow, "payment.received", "e1", **paid(invoice, clock)) == Taken("received", new=True)
    assert find_case(uow, conversation="c1").invoice.state == "issued"
    assert applied(uow) == [("applied", None)]
    assert find_case(uow, conversation="c1").invoice.state == "paid"
    assert count(uow, Notice, kind="payment_confirmed") == 1
    assert count(uow, Journal, action="payment_recorded", actor="bank") == 1
    assert took(uow, "payment.received", "e1", **paid(invoice, clock)) == Taken("applied", new=False)
    assert applied(uow) == []


def test_the_way_from_the_payment_to_the_lift(uow: UnitOfWork, clock: Clock) -> None:
    invoice = standing(uow)
    took(uow, "payment.received", **paid(invoice, clock))
    for stage in (2, 3, 4):
        took(uow, "payment.stage", invoice=invoice.number, stage=stage)
    took(uow, "case.lifted", case=invoice.case_number)
    assert set(applied(uow)) == {("applied", None)}
    case = find_case(uow, conversation="c1")
    assert (case.state, case.payment.stage) == ("lifted", 5)
    told = list(uow.session.scalars(select(Notice.kind).order_by(Notice.id)))
    assert told == ["payment_confirmed", "payment_transferred", "payment_number_sent", "payment_paid_out", "lifted"]


def test_the_authority_raises_a_stage_grants_and_lifts(uow: UnitOfWork) -> None:
    government = speaks(uow, "government_case", "c2")
    before = find_case(uow, conversation="c2", number=government).stage
    took(uow, "case.stage", case=government, stage=before + 1)
    took(uow, "case.lifted", case=government)
    court = speaks(uow, "one_case", "c3")
    asked = file_grace_request(
        uow, conversation="c3", message_id=message(), case_number=court, months=3, reason="ظروف"
    ).request
    took(uow, "request.under_review", case=court, request=asked.number)
    took(uow, "request.granted", case=court, request=asked.number)
    assert set(applied(uow)) == {("applied", None)}
    assert find_case(uow, conversation="c2", number=government).state == "lifted"
    assert find_case(uow, conversation="c3", number=court).state == "grace"
    told = set(uow.session.scalars(select(Notice.kind)))
    assert told == {"lifted", "request_under_review", "request_granted"}


def test_a_lift_that_is_granted_at_once_lifts(uow: UnitOfWork) -> None:
    court = speaks(uow, "one_case")
    asked = file_lift_request(uow, conversation="c1", message_id=message(), case_number=court, reason="سددت").request
    took(uow, "request.granted", case=court, request=asked.number)
    assert applied(uow) == [("applied", None)]
    assert find_case(uow, conversation="c1").state == "lifted"
    assert count(uow, Notice, kind="request_under_review") == 0


Change = Callable[[UnitOfWork, InvoiceView, Clock], None]


def pays(**changed: Any) -> Change:
    return lambda uow, invoice, clock: took(uow, "payment.received", **paid(invoice, clock, **changed))


def reaches(stage: int) -> Change:
    return lambda uow, invoice, clock: took(uow, "payment.stage", invoice=invoice.number, stage=stage)


def court(kind: str, **data: Any) -> Change:
    return lambda uow, invoice, clock: took(uow, kind, case=invoice.case_number, **data)


WRONG: dict[str, tuple[list[Change], str]] = {
    "unknown invoice": ([pays(invoice="709999999999")], "unknown_invoice"),
    "too little": ([pays(amount="0.01")], "amount"),
    "too much": ([pays(amount="999999999.00")], "amount"),
    "dollars": ([pays(currency="USD")], "currency"),
    "no such day": ([pays(paid_at="2026-02-30T10:00:00Z")], "paid_at"),
    "to come": ([pays(paid_at="2099-01-01T10:00:00+03:00")], "paid_at"),
    "paid twice": ([pays(), pays(reference="FT-2")], "paid_twice"),
    "the same reference, another sum": ([pays(), pays(amount="0.01")], "amount"),
    "the year 1": ([pays(paid_at="0001-01-01T00:00:00+03:00")], "paid_at"),
    "a lift by the bank": ([pays(), reaches(2), reaches(3), reaches(4), reaches(5)], "stage_left_out"),
    "a stage without payment": ([reaches(2)], "not_paid"),
    "a stage left out": ([pays(), reaches(3)], "stage_left_out"),
    "a stage taken back": ([pays(), reaches(2), reaches(3), reaches(2)], "backwards"),
    "a stage of a court case": ([court("case.stage", stage=2)], "court_case"),
    "unknown request": ([court("request.granted", request="81999999")], "unknown_request"),
    "unknown case": ([lambda uow, invoice, clock: took(uow, "case.lifted", case="4599999999")], "unknown_case"),
}


@pytest.mark.parametrize(("changes", "reason"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_applied_is_flagged_and_changes_nothing(
    uow: UnitOfWork, clock: Clock, changes: list[Change], reason: str
) -> None:
    invoice = standing(uow)
    for change in changes[:-1]:
        change(uow, invoice, clock)
    assert all(state == "applied" for state, _ in applied(uow))
    before = everything(uow)
    changes[-1](uow, invoice, clock)
    assert applied(uow) == [("flagged", reason)]
    assert everything(uow) == before
    (flagged,) = events.flagged(uow)
    assert (flagged.reason, flagged.body["version"]) == (reason, 1)


@pytest.mark.parametrize("changes", [[pays()], [pays(), reaches(2)], [court("case.lifted")]], ids=len)
def test_what_is_so_already_changes_nothing_under_another_id(
    uow: UnitOfWork, clock: Clock, changes: list[Change]
) -> None:
    invoice = standing(uow)
    for change in changes:
        change(uow, invoice, clock)
    applied(uow)
    before = everything(uow)
    changes[-1](uow, invoice, clock)
    assert applied(uow) == [("applied", None)]
    assert everything(uow) == before


def test_a_defect_flags_one_event_takes_its_change_back_and_holds_up_no_other(
    uow: UnitOfWork, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = standing(uow)
    whole = payments.add_notice

    def broken(*given: Any) -> None:
        raise KeyError("4500000001")

    monkeypatch.setattr(payments, "add_notice", broken)
    before = everything(uow)
    took(uow, "payment.received", **paid(invoice, clock))
    took(uow, "case.lifted", case=speaks(uow, "government_case", "c2"))
    states = applied(uow)
    assert states == [("flagged", "our_error"), ("applied", None)]
    assert everything(uow)["payment"] == before["payment"]
    assert everything(uow)["invoice"] == before["invoice"]
    monkeypatch.setattr(payments, "add_notice", whole)
    (flagged,) = events.flagged(uow)
    assert events.again(uow, flagged.number)
    assert applied(uow) == [("applied", None)]
    assert find_case(uow, conversation="c1").invoice.state == "paid"


def test_what_the_database_refuses_is_flagged_and_what_is_away_waits(
    uow: UnitOfWork, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = standing(uow)
    whole = dict(events.APPLIED)

    def fails(error: Exception) -> Callable:
        def fail(*_: Any) -> None:
            raise error

        return fail

    monkeypatch.setitem(events.APPLIED, "payment.received", fails(OperationalError("", {}, Exception())))
    took(uow, "payment.received", **paid(invoice, clock))
    took(uow, "case.lifted", case=speaks(uow, "government_case", "c2"))
    with pytest.raises(OperationalError):
        events.apply_next(uow)
    assert events.are_waiting(uow)
    for error in (
        DataError("", {}, Exception()),
        IntegrityError("", {}, Exception()),
        StatementError("", "", {}, None),
    ):
        monkeypatch.setitem(events.APPLIED, "payment.received", fails(error))
        assert applied(uow)[0] == ("flagged", "our_error")
        assert events.again(uow, events.flagged(uow)[0].number)
    monkeypatch.setitem(events.APPLIED, "payment.received", whole["payment.received"])
    assert applied(uow) == [("applied", None)]


def test_who_was_a_moment_slower_tries_again(uow: UnitOfWork, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    invoice, whole, tries = standing(uow), events.APPLIED["payment.received"], []

    def slower(*given: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise IntegrityError("", {}, Exception())
        whole(*given)

    monkeypatch.setitem(events.APPLIED, "payment.received", slower)
    took(uow, "payment.received", **paid(invoice, clock))
    assert applied(uow) == [("applied", None)]


@pytest.mark.parametrize("fraction", ["", ".1", ".12", ".123", ".1234", ".12345", ".123456"])
@pytest.mark.parametrize("offset", ["Z", "+03:00", "-11:30"])
def test_a_time_is_read_however_finely_it_is_told(fraction: str, offset: str) -> None:
    told = events.moment(f"2026-11-23T10:15:07{fraction}{offset}")
    assert told.microsecond == int((fraction[1:] or "0").ljust(6, "0"))
    hours = {"Z": 10, "+03:00": 7, "-11:30": 21}[offset]
    assert (told.astimezone(dt.timezone.utc).hour, told.second) == (hours, 7)


def test_a_person_resolves_what_is_flagged_and_nothing_else(uow: UnitOfWork, clock: Clock) -> None:
    invoice = standing(uow)
    took(uow, "payment.received", **paid(invoice, clock, amount="0.01"))
    took(uow, "payment.received", **paid(invoice, clock))
    applied(uow)
    (flagged,) = events.flagged(uow)
    assert events.resolve(uow, flagged.number, "أعاده البنك")
    assert (events.find(uow, flagged.number).state, events.find(uow, flagged.number).note) == (
        "resolved",
        "أعاده البنك",
    )
    assert events.flagged(uow) == []
    assert not events.resolve(uow, flagged.number, "مرة أخرى")
    assert not events.again(uow, flagged.number + 1)  # it was applied
    assert not events.again(uow, 99)


def test_an_id_belongs_to_one_event_of_one_sender(uow: UnitOfWork, clock: Clock) -> None:
    invoice = standing(uow)
    took(uow, "payment.received", "e1", **paid(invoice, clock))
    with pytest.raises(NotApplied) as refused:
        took(uow, "payment.received", "e1", **paid(invoice, clock, amount="1.00"))
    assert refused.value.reason == "event_id"
    assert took(uow, "case.lifted", "e1", case=invoice.case_number).new


def test_events_at_the_same_moment_are_kept_once_and_applied_once_and_in_order(either_engine: Engine) -> None:
    """Three processes, each delivering all of it and then applying what it finds."""
    case = one_debtor(either_engine)
    now = dt.datetime.now(dt.timezone.utc)
    with UnitOfWork(either_engine, sms=FakeSms()) as uow:
        invoice = issue_invoice(uow, conversation="c1", message_id=message(), case_number=case).invoice
    data = {
        "invoice": invoice.number,
        "amount": f"{invoice.amount:.2f}",
        "currency": "SAR",
        "reference": "FT-1",
        "paid_at": now.isoformat(),
    }

    def deliver(uow: UnitOfWork) -> None:
        took(uow, "payment.received", "e1", **data)
        for stage in (2, 3, 4):
            took(uow, "payment.stage", f"e{stage}", invoice=invoice.number, stage=stage)

    def apply(uow: UnitOfWork) -> int:
        count = 0
        while events.are_waiting(uow):
            uow.rollback()  # what was looked at holds nothing
            count += events.apply_next(uow) is not None
            uow.rollback()
        return count

    assert at_once(either_engine, FakeSms(), *[deliver] * 3) == [None] * 3
    assert how_many(either_engine, Event) == 4
    assert sum(at_once(either_engine, FakeSms(), *[apply] * 3)) == 4
    assert how_many(either_engine, Event, state="applied") == 4
    assert how_many(either_engine, Payment) == 1
    assert how_many(either_engine, Notice) == 4
    assert how_many(either_engine, Journal, action="payment_advanced") == 3

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from actions.case_db.models import Case, Invoice, Journal
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.calendar import riyadh_date
from actions.services.errors import NotApplicable, NotFound, NothingToPay, NotReady, NotVerified
from actions.services.invoices import InvoiceIssued, issue_invoice
from tests.actions.services.people import at_once, case_numbers, count, how_many, message, one_debtor, speaks
from tests.fakes import Clock, FakeSms


def issue(uow: UnitOfWork, number: str, message_id: str | None = None) -> InvoiceIssued:
    return issue_invoice(uow, conversation="c1", message_id=message_id or message(), case_number=number)


def test_an_invoice_asks_for_what_remains_within_thirty_days(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "one_case")
    issued = issue(uow, number)
    case = uow.session.scalars(select(Case).where(Case.number == number)).one()
    assert issued.new
    assert (issued.invoice.case_number, issued.invoice.amount, issued.invoice.state) == (number, case.claim, "issued")
    assert issued.invoice.due_on == riyadh_date(clock.now) + dt.timedelta(days=30)
    assert count(uow, Journal, action="invoice_issued", actor="c1", case_id=case.id) == 1


def test_a_case_has_one_standing_invoice(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case")
    first, second = issue(uow, number), issue(uow, number)
    assert second == InvoiceIssued(first.invoice, new=False)
    assert count(uow, Journal, action="invoice_issued") == 1


def test_the_same_message_gets_the_same_answer(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case")
    assert issue(uow, number, "m1") == issue(uow, number, "m1")
    assert issue(uow, number, "m1").new


def test_one_beyond_its_date_is_followed_by_a_new_one(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "unpaid_invoice")
    old = issue(uow, number)
    assert not old.new
    clock.move(days=31)
    speaks(uow, "unpaid_invoice")
    new = issue(uow, number)
    assert new.new and new.invoice.number != old.invoice.number
    assert uow.session.scalars(select(Invoice.state).where(Invoice.number == old.invoice.number)).one() == "expired"


def test_somebody_elses_case_is_answered_as_one_that_does_not_exist(uow: UnitOfWork) -> None:
    before = count(uow, Invoice)
    speaks(uow, "one_case")
    for number in (case_numbers(uow, "resident")[0], "4599999999"):
        with pytest.raises(NotFound):
            issue(uow, number)
    assert count(uow, Invoice) == before


def test_nobody_gets_one_without_a_verification(uow: UnitOfWork) -> None:
    with pytest.raises(NotVerified):
        issue(uow, case_numbers(uow, "one_case")[0])


@pytest.mark.parametrize(
    ("persona", "error", "reason"),
    [
        ("government_case", NotApplicable, "government"),
        ("paid_invoice", NothingToPay, "paid"),
        ("lifted", NothingToPay, "lifted"),
    ],
)
def test_what_needs_no_invoice_is_refused_with_its_reason(
    uow: UnitOfWork, persona: str, error: type[Exception], reason: str
) -> None:
    number = speaks(uow, persona)
    with pytest.raises(error) as refused:
        issue(uow, number)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("referred_days_ago", "decided", "reason"),
    [(None, False, "referral"), (1, True, "referral"), (20, False, "decision_34")],
)
def test_a_case_not_far_enough_is_refused_with_what_it_waits_for(
    uow: UnitOfWork, clock: Clock, referred_days_ago: int | None, decided: bool, reason: str
) -> None:
    number, today = speaks(uow, "one_case"), riyadh_date(clock.now)
    case = uow.session.scalars(select(Case).where(Case.number == number)).one()
    case.referred_on = None if referred_days_ago is None else today - dt.timedelta(days=referred_days_ago)
    case.decision_34_on = today if decided else None
    uow.commit()
    with pytest.raises(NotReady) as refused:
        issue(uow, number)
    assert refused.value.reason == reason


@pytest.mark.parametrize("one_message", [True, False])
def test_two_processes_issue_one_invoice(either_engine: Engine, sms: FakeSms, one_message: bool) -> None:
    number = one_debtor(either_engine)
    calls = [lambda uow, n=n: issue(uow, number, "m1" if one_message else f"m{n}") for n in range(4)]
    results = at_once(either_engine, sms, *calls)
    assert len({result.invoice.number for result in results}) == how_many(either_engine, Invoice) == 1
    assert sum(result.new for result in results) == (4 if one_message else 1)
    assert how_many(either_engine, Journal, action="invoice_issued") == 1

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from actions.case_db.models import Access, Journal, Notice, Request
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.calendar import add_months, lift_window, riyadh_date
from actions.services.cases import find_case
from actions.services.errors import BadValue, NotApplicable, NotFound, NothingToPay, NotVerified
from actions.services.requests import (
    RequestFiled,
    RequestView,
    advance_case,
    advance_request,
    file_grace_request,
    file_lift_request,
    my_requests,
)
from tests.actions.services.people import at_once, case_numbers, count, how_many, message, one_debtor, speaks
from tests.fakes import Clock, FakeSms


def lift(uow: UnitOfWork, number: str, message_id: str | None = None, reason: str = "سداد كامل") -> RequestFiled:
    return file_lift_request(
        uow, conversation="c1", message_id=message_id or message(), case_number=number, reason=reason
    )


def grace(uow: UnitOfWork, number: str, months: int = 6, reason: str = "تعثر مؤقت") -> RequestFiled:
    return file_grace_request(
        uow, conversation="c1", message_id=message(), case_number=number, months=months, reason=reason
    )


def advance(uow: UnitOfWork, number: str) -> RequestView:
    return advance_request(uow, event_id=message(), case_number=number, actor="authority")


def play(uow: UnitOfWork, number: str) -> str:
    return advance_case(uow, event_id=message(), case_number=number, actor="demo")


def kinds(uow: UnitOfWork) -> list[str]:
    return list(uow.session.scalars(select(Notice.kind).order_by(Notice.id)))


def test_a_lift_request_gets_a_number_and_the_days_to_expect_it_on(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "paid_invoice")
    filed = lift(uow, number)
    view = filed.request
    assert filed.new and view.number.startswith("81") and len(view.number) == 8
    assert (view.kind, view.case_number, view.state, view.filed_at) == ("lift", number, "filed", clock.now)
    assert (view.earliest, view.latest) == lift_window(clock.now, "court")
    assert not view.unpaid
    assert count(uow, Journal, action="request_filed", actor="c1") == 1


def test_it_is_taken_before_full_payment_and_says_so(uow: UnitOfWork) -> None:
    assert lift(uow, speaks(uow, "one_case")).request.unpaid


def test_during_a_grace_it_does_not_count_as_unpaid(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "grace_granted")
    assert not lift(uow, number).request.unpaid
    clock.move(days=200)
    speaks(uow, "grace_granted")
    assert lift(uow, number).request.unpaid


def test_one_request_of_a_kind_is_open_in_a_case(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case")
    first = lift(uow, number)
    assert lift(uow, number, reason="سبب آخر") == RequestFiled(first.request, new=False)
    advance(uow, number)
    assert not lift(uow, number).new
    assert grace(uow, number).new
    assert not grace(uow, number, months=3).new
    assert [view.kind for view in my_requests(uow, conversation="c1")] == ["lift", "grace"]


def test_the_same_message_gets_the_same_answer(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case")
    assert lift(uow, number, "m1") == lift(uow, number, "m1")
    assert lift(uow, number, "m1").new


@pytest.mark.parametrize("months", [1, 24])
def test_a_grace_request_names_its_months_and_promises_no_day(uow: UnitOfWork, months: int) -> None:
    view = grace(uow, speaks(uow, "one_case"), months).request
    assert view.number.startswith("61")
    assert (view.kind, view.months, view.earliest, view.latest, view.unpaid) == ("grace", months, None, None, False)


@pytest.mark.parametrize("months", [0, 25, -1])
def test_grace_is_for_one_to_twenty_four_months(uow: UnitOfWork, months: int) -> None:
    number = speaks(uow, "one_case")
    with pytest.raises(BadValue) as refused:
        grace(uow, number, months)
    assert refused.value.reason == "months"


@pytest.mark.parametrize("reason", ["", "  \n", "س" * 2001])
def test_a_request_has_a_reason_that_somebody_can_read(uow: UnitOfWork, reason: str) -> None:
    number, before = speaks(uow, "one_case"), count(uow, Request)
    for file in (lambda: lift(uow, number, reason=reason), lambda: grace(uow, number, reason=reason)):
        with pytest.raises(BadValue) as refused:
            file()
        assert refused.value.reason == "reason"
    assert count(uow, Request) == before


@pytest.mark.parametrize(
    ("persona", "file", "error", "reason"),
    [
        ("government_case", lift, NotApplicable, "government"),
        ("government_case", grace, NotApplicable, "government"),
        ("lifted", lift, NothingToPay, "lifted"),
        ("lifted", grace, NothingToPay, "lifted"),
        ("paid_invoice", grace, NothingToPay, "paid"),
    ],
)
def test_what_has_no_sense_for_the_case_is_refused_with_its_reason(
    uow: UnitOfWork, persona: str, file, error: type[Exception], reason: str
) -> None:
    number, before = speaks(uow, persona), count(uow, Request)
    with pytest.raises(error) as refused:
        file(uow, number)
    assert refused.value.reason == reason
    assert count(uow, Request) == before


@pytest.mark.parametrize("file", [lift, grace])
def test_somebody_elses_case_is_answered_as_one_that_does_not_exist(uow: UnitOfWork, file) -> None:
    with pytest.raises(NotVerified):
        file(uow, case_numbers(uow, "resident")[0])
    speaks(uow, "one_case")
    for number in (case_numbers(uow, "resident")[0], "4599999999"):
        with pytest.raises(NotFound):
            file(uow, number)


def test_a_lift_request_is_reviewed_then_granted_which_lifts_the_case(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "one_case")
    lift(uow, number)
    assert advance(uow, number).state == "under_review"
    assert find_case(uow, conversation="c1").state == "in_force"
    clock.move(minutes=5)
    granted = advance(uow, number)
    assert (granted.state, granted.decided_at) == ("granted", clock.now)
    case = find_case(uow, conversation="c1")
    assert (case.state, case.lifted_at, case.measures) == ("lifted", clock.now, [])
    assert kinds(uow) == ["request_under_review", "lifted"]


def test_a_granted_grace_lifts_the_measures_until_its_end(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "one_case")
    grace(uow, number, months=6)
    advance(uow, number)
    advance(uow, number)
    case = find_case(uow, conversation="c1")
    assert (case.state, case.measures) == ("grace", [])
    assert case.grace_until == add_months(riyadh_date(clock.now), 6)
    assert kinds(uow) == ["request_under_review", "request_granted"]


def test_without_an_open_request_there_is_nothing_to_advance(uow: UnitOfWork) -> None:
    for number in (case_numbers(uow, "one_case")[0], case_numbers(uow, "lifted")[0], "4599999999"):
        with pytest.raises(NotFound):
            advance(uow, number)


def test_a_request_left_open_cannot_undo_a_lift(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case")
    lift(uow, number)
    grace(uow, number)
    assert [play(uow, number) for _ in range(3)] == ["request_under_review", "lifted", "nothing"]
    with pytest.raises(NotFound):
        advance(uow, number)


def test_one_event_advances_once(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case")
    lift(uow, number)
    given = {"event_id": "e1", "case_number": number, "actor": "authority"}
    assert advance_request(uow, **given) == advance_request(uow, **given)
    assert find_case(uow, conversation="c1").lift_request.state == "under_review"


def test_playing_the_authority_moves_whatever_comes_next(uow: UnitOfWork) -> None:
    def whole_play(persona: str) -> list[str]:
        number, words = case_numbers(uow, persona)[0], []
        while not words or words[-1] not in ("nothing", "lifted"):
            words.append(play(uow, number))
        return words

    assert whole_play("paid_invoice") == ["payment_2", "payment_3", "payment_4", "lifted"]
    assert whole_play("government_case") == ["stage_3", "lifted"]
    assert whole_play("one_case") == whole_play("lifted") == ["nothing"]
    assert kinds(uow)[-1] == "lifted"
    with pytest.raises(NotFound):
        play(uow, "4599999999")


def test_a_raised_stage_begins_today(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "government_case")
    play(uow, number)
    view = find_case(uow, conversation="c1")
    assert (view.stage, view.stage_since, view.stage_until) == (3, riyadh_date(clock.now), None)


def test_ones_own_requests_are_shown_and_the_look_written_down(uow: UnitOfWork) -> None:
    with pytest.raises(NotVerified):
        my_requests(uow, conversation="c1")
    number = speaks(uow, "lift_filed")
    assert [(view.kind, view.case_number) for view in my_requests(uow, conversation="c1")] == [("lift", number)]
    assert count(uow, Access, what="my_requests", conversation="c1") == 1
    speaks(uow, "one_case")
    assert my_requests(uow, conversation="c1") == []


@pytest.mark.parametrize("one_message", [True, False])
def test_two_processes_file_one_request(either_engine: Engine, sms: FakeSms, one_message: bool) -> None:
    number = one_debtor(either_engine)
    calls = [lambda uow, n=n: lift(uow, number, "m1" if one_message else f"m{n}") for n in range(4)]
    results = at_once(either_engine, sms, *calls)
    assert len({result.request.number for result in results}) == how_many(either_engine, Request) == 1
    assert sum(result.new for result in results) == (4 if one_message else 1)

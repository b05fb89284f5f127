from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import select

from actions.case_db.models import Access, Case, Request
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.cases import GOALS, eligible, find_case, mark, my_cases
from actions.services.errors import ChooseCase, NoCases, NotApplicable, NotFound, NothingToPay, NotVerified
from actions.services.invoices import issue_invoice
from actions.services.verification import person
from tests.actions.services.people import case_numbers, message, speaks
from tests.fakes import Clock


def names(uow: UnitOfWork, goal: str) -> list[str]:
    return [view.number for view in eligible(uow, conversation="c1", goal=goal)]


def test_nothing_is_shown_to_who_is_not_verified(uow: UnitOfWork) -> None:
    for look in (
        lambda: my_cases(uow, conversation="c1"),
        lambda: find_case(uow, conversation="c1", number=case_numbers(uow, "one_case")[0]),
        lambda: eligible(uow, conversation="c1", goal="pay_invoice"),
    ):
        with pytest.raises(NotVerified):
            look()


def test_one_sees_ones_own_cases_and_no_other(uow: UnitOfWork) -> None:
    speaks(uow, "three_cases")
    views = my_cases(uow, conversation="c1")
    assert [view.number for view in views] == case_numbers(uow, "three_cases")
    assert sorted(view.kind for view in views) == ["court", "court", "government"]


def test_the_mark_of_a_case_is_its_own_and_tells_no_number(uow: UnitOfWork) -> None:
    numbers = case_numbers(uow, "three_cases")
    marks = [mark(number) for number in numbers]
    assert len(set(marks)) == 3
    assert marks == [mark(number) for number in numbers]
    assert not any(number in "".join(marks) for number in numbers)


def test_a_court_case_is_told_with_its_sums_and_measures(uow: UnitOfWork) -> None:
    speaks(uow, "paid_invoice")
    view = find_case(uow, conversation="c1")
    assert (view.kind, view.state, view.claim, view.deposited, view.remaining) == (
        "court",
        "in_force",
        Decimal("6750.00"),
        Decimal("6750.00"),
        Decimal("0.00"),
    )
    assert view.measures == ["travel_ban", "bank_bar"]
    assert view.invoice.state == "paid" and view.payment.stage == 1 and view.payment.amount == view.claim
    assert view.body is None and view.services_stopped == []


def test_a_government_case_is_told_with_body_and_stage_and_without_sums(uow: UnitOfWork) -> None:
    speaks(uow, "government_case")
    view = find_case(uow, conversation="c1")
    assert (view.kind, view.stage) == ("government", 2)
    assert view.body and view.basis and view.stage_since and view.services_stopped
    assert (view.claim, view.remaining, view.invoice, view.payment) == (None, None, None, None)


def test_measures_lifted_are_not_told_as_in_force(uow: UnitOfWork) -> None:
    speaks(uow, "lifted")
    assert find_case(uow, conversation="c1").measures == []


def test_the_newest_request_of_each_kind_is_told(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "lift_filed")
    case = uow.session.scalars(select(Case).where(Case.number == number)).one()
    old = {"case_id": case.id, "kind": "lift", "state": "refused", "reason": "x"}
    uow.session.add(Request(number="81999999", filed_at=clock.now - dt.timedelta(days=90), **old))
    uow.commit()
    view = find_case(uow, conversation="c1")
    assert (view.lift_request.state, view.grace_request) == ("filed", None)


def test_an_invoice_beyond_its_date_no_longer_stands(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "unpaid_invoice")
    assert find_case(uow, conversation="c1").invoice.state == "issued"
    clock.move(days=25)
    speaks(uow, "unpaid_invoice")
    assert find_case(uow, conversation="c1").invoice.state == "expired"


def test_a_case_is_found_by_number_in_any_digits_and_by_place(uow: UnitOfWork) -> None:
    speaks(uow, "three_cases")
    numbers = case_numbers(uow, "three_cases")
    arabic_indic = numbers[1].translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert find_case(uow, conversation="c1", number=arabic_indic).number == numbers[1]
    for ordinal, number in ((1, numbers[0]), (3, numbers[2]), (-1, numbers[2])):
        assert find_case(uow, conversation="c1", ordinal=ordinal).number == number


def test_somebody_elses_case_is_answered_as_one_that_does_not_exist(uow: UnitOfWork) -> None:
    speaks(uow, "one_case")
    answers = []
    for number in (case_numbers(uow, "unpaid_invoice")[0], "4599999999", "x"):
        with pytest.raises(NotFound) as refused:
            find_case(uow, conversation="c1", number=number)
        answers.append((type(refused.value), refused.value.reason, str(refused.value)))
    assert len(set(answers)) == 1


@pytest.mark.parametrize("ordinal", [0, 4, -4])
def test_there_is_no_case_at_another_place(uow: UnitOfWork, ordinal: int) -> None:
    speaks(uow, "three_cases")
    with pytest.raises(NotFound):
        find_case(uow, conversation="c1", ordinal=ordinal)


def test_without_number_or_place_the_only_case_is_meant_and_among_several_one_is_asked_for(uow: UnitOfWork) -> None:
    assert speaks(uow, "one_case") == find_case(uow, conversation="c1").number
    speaks(uow, "three_cases")
    with pytest.raises(ChooseCase):
        find_case(uow, conversation="c1")
    speaks(uow, "no_case")
    with pytest.raises(NotFound):
        find_case(uow, conversation="c1")


@pytest.mark.parametrize("goal", sorted(GOALS))
def test_who_has_no_case_or_only_government_ones_hears_why_nothing_is_eligible(uow: UnitOfWork, goal: str) -> None:
    speaks(uow, "no_case")
    with pytest.raises(NoCases) as refused:
        names(uow, goal)
    assert refused.value.reason == "none"
    speaks(uow, "government_case")
    with pytest.raises(NotApplicable) as refused:
        names(uow, goal)
    assert refused.value.reason == "government"


@pytest.mark.parametrize("goal", ["request_invoice", "pay_invoice", "request_installment"])
def test_what_is_paid_or_lifted_needs_no_payment(uow: UnitOfWork, goal: str) -> None:
    for persona, reason in (("paid_invoice", "paid"), ("lifted", "lifted")):
        speaks(uow, persona)
        with pytest.raises(NothingToPay) as refused:
            names(uow, goal)
        assert refused.value.reason == reason


def test_each_goal_concerns_court_cases_that_it_can_still_change(uow: UnitOfWork) -> None:
    speaks(uow, "three_cases")
    court = [view.number for view in my_cases(uow, conversation="c1") if view.kind == "court"]
    for goal in ("request_invoice", "pay_invoice", "report_payment", "request_lift", "request_installment"):
        assert names(uow, goal) == court


def test_every_case_with_money_owed_may_be_paid_whether_its_invoice_is_out_or_not(uow: UnitOfWork) -> None:
    speaks(uow, "three_cases")
    second = names(uow, "request_invoice")[1]
    issue_invoice(uow, conversation="c1", message_id=message(), case_number=second)
    assert len(names(uow, "pay_invoice")) == len(names(uow, "request_invoice")) == 2
    assert names(uow, "report_payment") == [second]


def test_a_payment_is_reported_for_the_case_it_went_to(uow: UnitOfWork) -> None:
    for persona in ("paid_invoice", "lifted", "one_case"):
        number = speaks(uow, persona)
        assert names(uow, "report_payment") == [number]


def test_a_lift_is_asked_for_while_it_is_not_lifted(uow: UnitOfWork) -> None:
    number = speaks(uow, "paid_invoice")
    assert names(uow, "request_lift") == [number]
    speaks(uow, "lifted")
    with pytest.raises(NothingToPay) as refused:
        names(uow, "request_lift")
    assert refused.value.reason == "lifted"


def test_a_lift_request_is_tracked_where_there_is_one(uow: UnitOfWork) -> None:
    for persona in ("lift_filed", "lifted"):
        number = speaks(uow, persona)
        assert names(uow, "track_lift_request") == [number]
    speaks(uow, "one_case")
    with pytest.raises(NoCases) as refused:
        names(uow, "track_lift_request")
    assert refused.value.reason == "no_request"


def test_each_look_is_written_down_and_begins_the_idle_time_anew(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    for look in (my_cases, find_case, lambda uow, **who: eligible(uow, goal="pay_invoice", **who)):
        clock.move(minutes=20)
        look(uow, conversation="c1")
        uow.rollback()
    assert uow.session.scalars(select(Access.what).order_by(Access.id)).all() == ["my_cases", "find_case", "eligible"]
    assert person(uow, conversation="c1").verified

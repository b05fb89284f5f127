from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from actions.case_db.models import Position
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.errors import NotFound, NotVerified
from actions.services.positions import PositionView, end_guide, leave, move_to_citizen, position, remember, set_step
from tests.actions.services.people import at_once, case_numbers, citizen, how_many, one_debtor, speaks
from tests.fakes import Clock, FakeSms


def test_nobody_is_anywhere_at_first(uow: UnitOfWork) -> None:
    assert position(uow, conversation="c1") == PositionView()
    assert leave(uow, conversation="c1") == PositionView()


def test_what_is_remembered_is_there_later(uow: UnitOfWork) -> None:
    set_step(uow, conversation="c1", guide="pay", step=4)
    remember(uow, conversation="c1", bank="alrajhi")
    uow.rollback()
    assert position(uow, conversation="c1") == PositionView(guide="pay", step=4, bank="alrajhi")
    assert position(uow, conversation="c2") == PositionView()


def test_a_guide_begins_at_its_first_step(uow: UnitOfWork) -> None:
    assert remember(uow, conversation="c1", guide="pay").step == 1
    set_step(uow, conversation="c1", guide="pay", step=4)
    assert remember(uow, conversation="c1", guide="pay").step == 4
    assert remember(uow, conversation="c1", guide="lift").step == 1
    assert remember(uow, conversation="c1", guide=None).step is None


def test_a_draft_is_merged_and_none_takes_an_answer_out(uow: UnitOfWork) -> None:
    remember(uow, conversation="c1", draft={"reason": "سداد", "months": 6})
    assert remember(uow, conversation="c1", draft={"months": None, "goal": "lift"}).draft == {
        "reason": "سداد",
        "goal": "lift",
    }


def test_leaving_ends_guide_and_form_and_keeps_case_and_bank(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case")
    remember(uow, conversation="c1", guide="pay", step=2, bank="snb", case_number=number, draft={"a": 1})
    left = PositionView(case_number=number, bank="snb", personal=True)
    assert leave(uow, conversation="c1") == left == position(uow, conversation="c1")


def test_only_ones_own_case_is_chosen(uow: UnitOfWork) -> None:
    somebody_elses = case_numbers(uow, "unpaid_invoice")[0]
    with pytest.raises(NotVerified):
        remember(uow, conversation="c1", case_number=somebody_elses)
    own = speaks(uow, "one_case")
    for number in (somebody_elses, "4599999999"):
        with pytest.raises(NotFound):
            remember(uow, conversation="c1", case_number=number)
    assert remember(uow, conversation="c1", case_number=own).case_number == own
    assert remember(uow, conversation="c1", case_number=None).case_number is None


def test_a_citizens_position_waits_for_her_in_another_conversation(uow: UnitOfWork) -> None:
    speaks(uow, "one_case", "web")
    set_step(uow, conversation="web", guide="pay", step=5)
    speaks(uow, "one_case", "whatsapp")
    assert position(uow, conversation="whatsapp") == PositionView(guide="pay", step=5, personal=True)


def test_it_is_out_of_sight_once_the_verification_lapsed(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    set_step(uow, conversation="c1", guide="pay", step=5)
    clock.move(minutes=31)
    assert position(uow, conversation="c1") == PositionView()


def test_walking_a_guide_keeps_the_verification_alive_and_looking_does_not(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    for step in (1, 2, 3):
        clock.move(minutes=29)
        assert set_step(uow, conversation="c1", guide="pay", step=step).personal
    clock.move(minutes=20)
    position(uow, conversation="c1")
    uow.commit()
    clock.move(minutes=20)
    assert not position(uow, conversation="c1").personal


def test_on_verification_what_was_begun_now_goes_over_what_was_left_once(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case", "before")
    remember(uow, conversation="before", guide="pay", step=5, bank="snb", case_number=number, draft={"a": 1})
    remember(uow, conversation="now", bank="alrajhi", draft={"goal": "b"})
    move_to_citizen(uow, "now", citizen(uow, "one_case").id)
    speaks(uow, "one_case", "now")
    assert position(uow, conversation="now") == PositionView("pay", 5, number, "alrajhi", {"goal": "b"}, True)
    set_step(uow, conversation="later", guide="lift", step=2)
    move_to_citizen(uow, "later", citizen(uow, "one_case").id)
    speaks(uow, "one_case", "later")
    here = position(uow, conversation="later")
    assert (here.guide, here.step, here.bank) == ("lift", 2, "alrajhi")


def test_a_guide_ends_by_itself_only_when_it_is_that_one(uow: UnitOfWork) -> None:
    speaks(uow, "one_case")
    set_step(uow, conversation="c1", guide="pay", step=5)
    case = uow.cases.cases_of(citizen(uow, "one_case").id)[0]
    remember(uow, conversation="c1", case_number=case.number)
    end_guide(uow, citizen(uow, "one_case").id, "lift", case.id)
    end_guide(uow, citizen(uow, "one_case").id, "pay", case.id + 1)
    assert position(uow, conversation="c1").guide == "pay"
    end_guide(uow, citizen(uow, "one_case").id, "pay", case.id)
    assert position(uow, conversation="c1").guide is None


def test_a_position_has_no_other_fields(uow: UnitOfWork) -> None:
    with pytest.raises(TypeError):
        remember(uow, conversation="c1", verified=True)


def test_two_processes_make_one_position(either_engine: Engine, sms: FakeSms) -> None:
    one_debtor(either_engine)
    results = at_once(
        either_engine,
        sms,
        *(lambda uow, step=step: set_step(uow, conversation="c9", guide="pay", step=step) for step in (1, 2, 3, 4)),
    )
    assert {result.guide for result in results} == {"pay"}
    assert how_many(either_engine, Position) == 1

from __future__ import annotations

import pytest

from actions.case_db.unit_of_work import UnitOfWork
from actions.services import verification
from actions.services.errors import NotVerified
from actions.services.verification import Person, person, require_citizen
from tests.actions.services.people import ID, citizen, speaks
from tests.fakes import Clock


def use(uow: UnitOfWork) -> None:
    require_citizen(uow, conversation="c1")
    uow.commit()


def test_nobody_is_verified_at_first(uow: UnitOfWork) -> None:
    assert person(uow, conversation="c1") == Person(verified=False)
    with pytest.raises(NotVerified) as refused:
        require_citizen(uow, conversation="c1")
    assert refused.value.reason == ""


def test_a_verification_holds_in_its_own_conversation_only(uow: UnitOfWork) -> None:
    speaks(uow, "one_case", "c1")
    assert require_citizen(uow, conversation="c1").national_id == ID["one_case"]
    with pytest.raises(NotVerified):
        require_citizen(uow, conversation="c2")


def test_it_lapses_after_thirty_idle_minutes(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    clock.move(minutes=29, seconds=59)
    assert person(uow, conversation="c1").verified
    clock.move(seconds=1)
    assert person(uow, conversation="c1") == Person(verified=False, lapsed=True)
    with pytest.raises(NotVerified) as refused:
        require_citizen(uow, conversation="c1")
    assert refused.value.reason == "lapsed"


def test_using_it_begins_the_idle_time_anew(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    for _ in range(3):
        clock.move(minutes=29)
        use(uow)


def test_asking_who_speaks_is_not_using_it(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    clock.move(minutes=20)
    assert person(uow, conversation="c1").verified
    uow.commit()
    clock.move(minutes=20)
    assert person(uow, conversation="c1").lapsed


def test_it_lapses_after_eight_hours_however_much_it_is_used(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    for _ in range(19):
        clock.move(minutes=25)
        use(uow)
    clock.move(minutes=5)
    with pytest.raises(NotVerified):
        use(uow)


def test_an_ended_one_is_over_and_did_not_lapse(uow: UnitOfWork) -> None:
    speaks(uow, "one_case")
    verification.end(uow, "c1")
    uow.commit()
    assert person(uow, conversation="c1") == Person(verified=False)


def test_kinds_are_those_of_the_cases_not_lifted(uow: UnitOfWork) -> None:
    kinds = {}
    for key in ("three_cases", "government_case", "lifted", "no_case"):
        speaks(uow, key, key)
        kinds[key] = person(uow, conversation=key).kinds
    assert kinds == {
        "three_cases": frozenset({"court", "government"}),
        "government_case": frozenset({"government"}),
        "lifted": frozenset(),
        "no_case": frozenset(),
    }


def test_the_name_is_known_only_while_verified(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    assert person(uow, conversation="c1").name == citizen(uow, "one_case").name
    clock.move(hours=1)
    assert person(uow, conversation="c1").name == ""

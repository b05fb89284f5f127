from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from actions.case_db.models import Access, Journal, Notice
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.errors import NotVerified
from actions.services.notices import ALWAYS_TOLD, add_notice, handed_over, set_notices, waiting
from tests.actions.services.people import citizen, count, message, speaks
from tests.fakes import Clock

EVERY_KIND = (
    "payment_confirmed",
    "payment_transferred",
    "payment_number_sent",
    "payment_paid_out",
    "request_under_review",
    "request_granted",
    "lifted",
)


def add(uow: UnitOfWork, kind: str = "lifted", key: str = "k1", persona: str = "one_case", **more: object) -> None:
    person = citizen(uow, persona)
    case = person.cases[0].id if person.cases else None
    add_notice(uow, person.id, kind, key, {"amount": Decimal("10.50")}, case, **more)
    uow.commit()


def test_a_notice_waits_for_the_citizen_it_is_for_with_raw_values(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case", "hers")
    speaks(uow, "resident", "his")
    add(uow)
    (view,) = waiting(uow, conversation="hers")
    assert (view.kind, view.values, view.case_number) == ("lifted", {"amount": "10.50"}, number)
    assert waiting(uow, conversation="his") == waiting(uow, conversation="nobody's") == []
    assert count(uow, Access, what="notices", conversation="hers") == 1


def test_it_is_out_of_sight_once_the_verification_lapsed(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    add(uow)
    clock.move(minutes=20)
    assert waiting(uow, conversation="c1")
    clock.move(minutes=10)  # looking for notices is not using the verification
    assert waiting(uow, conversation="c1") == []


def test_it_is_handed_over_once(uow: UnitOfWork) -> None:
    speaks(uow, "one_case")
    add(uow, key="k1")
    add(uow, key="k2")
    first, second = waiting(uow, conversation="c1")
    handed_over(uow, notice_ids=[first.id])
    assert waiting(uow, conversation="c1") == [second]
    handed_over(uow, notice_ids=[first.id, second.id])
    assert waiting(uow, conversation="c1") == []


def test_they_come_oldest_first_and_not_before_they_are_due(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    add(uow, kind="lifted", key="later", due_at=clock.now + dt.timedelta(minutes=10))
    add(uow, kind="payment_confirmed", key="now")
    assert [view.kind for view in waiting(uow, conversation="c1")] == ["payment_confirmed"]
    clock.move(minutes=10)
    assert [view.kind for view in waiting(uow, conversation="c1")] == ["payment_confirmed", "lifted"]


def test_the_same_key_tells_once(uow: UnitOfWork) -> None:
    add(uow, key="k1")
    add(uow, key="k1")
    assert count(uow, Notice) == 1


def test_switched_off_only_what_must_be_told_is_written(uow: UnitOfWork) -> None:
    speaks(uow, "one_case")
    assert set_notices(uow, conversation="c1", message_id=message(), on=False) is False
    for kind in EVERY_KIND:
        add(uow, kind, kind)
    assert {view.kind for view in waiting(uow, conversation="c1")} == ALWAYS_TOLD
    assert set_notices(uow, conversation="c1", message_id=message(), on=True) is True
    add(uow, "payment_transferred", "again")
    assert "payment_transferred" in {view.kind for view in waiting(uow, conversation="c1")}
    assert count(uow, Journal, action="notices_off") == count(uow, Journal, action="notices_on") == 1


def test_only_the_verified_switch_them(uow: UnitOfWork) -> None:
    with pytest.raises(NotVerified):
        set_notices(uow, conversation="c1", message_id=message(), on=False)


def test_a_repeated_message_switches_nothing_back(uow: UnitOfWork) -> None:
    speaks(uow, "one_case")
    assert set_notices(uow, conversation="c1", message_id="m1", on=False) is False
    set_notices(uow, conversation="c1", message_id="m2", on=True)
    assert set_notices(uow, conversation="c1", message_id="m1", on=False) is False
    assert citizen(uow, "one_case").notices_on

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from actions.case_db.models import Access, Journal, Notice
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import verification
from actions.services.errors import NotVerified
from actions.services.notices import ALWAYS_TOLD, add_notice, due, handed_over, set_notices
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


def waiting(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Conversation and kind of each that is due."""
    return [(notice.conversation, notice.kind) for notice in due(uow, limit=10)]


def test_a_notice_is_for_the_conversation_of_its_citizen_with_raw_values(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case", "hers")
    speaks(uow, "resident", "his")
    add(uow)
    (notice,) = due(uow, limit=10)
    assert (notice.conversation, notice.kind, notice.case_number) == ("hers", "lifted", number)
    assert notice.values == {"amount": "10.50"}


def test_it_goes_where_she_was_last(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case", "the old phone")
    clock.move(minutes=1)
    speaks(uow, "one_case", "the new phone")
    add(uow)
    assert waiting(uow) == [("the new phone", "lifted")]


def test_it_waits_for_her_to_verify_somewhere_and_never_goes_where_she_was_forgotten(uow: UnitOfWork) -> None:
    add(uow)
    assert waiting(uow) == []
    speaks(uow, "one_case", "the family's computer")
    verification.end(uow, "the family's computer")
    uow.commit()
    assert waiting(uow) == []
    speaks(uow, "one_case", "hers")
    assert waiting(uow) == [("hers", "lifted")]


def test_it_is_handed_over_once_and_that_is_noted(uow: UnitOfWork) -> None:
    speaks(uow, "one_case")
    add(uow, key="k1")
    add(uow, key="k2")
    first, second = due(uow, limit=10)
    handed_over(uow, first)
    uow.commit()
    assert due(uow, limit=10) == [second]
    handed_over(uow, second)
    uow.commit()
    assert waiting(uow) == []
    assert count(uow, Access, what="notices", conversation="c1") == 2


def test_they_come_oldest_first_and_not_before_they_are_due(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    add(uow, kind="lifted", key="later", due_at=clock.now + dt.timedelta(minutes=10))
    add(uow, kind="payment_confirmed", key="now")
    assert waiting(uow) == [("c1", "payment_confirmed")]
    clock.move(minutes=10)
    assert waiting(uow) == [("c1", "payment_confirmed"), ("c1", "lifted")]


def test_the_same_key_tells_once(uow: UnitOfWork) -> None:
    add(uow, key="k1")
    add(uow, key="k1")
    assert count(uow, Notice) == 1


def test_switched_off_only_what_must_be_told_is_written(uow: UnitOfWork) -> None:
    speaks(uow, "one_case")
    assert set_notices(uow, conversation="c1", message_id=message(), on=False) is False
    for kind in EVERY_KIND:
        add(uow, kind, kind)
    assert {kind for _, kind in waiting(uow)} == ALWAYS_TOLD
    assert set_notices(uow, conversation="c1", message_id=message(), on=True) is True
    add(uow, "payment_transferred", "again")
    assert "payment_transferred" in {kind for _, kind in waiting(uow)}
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

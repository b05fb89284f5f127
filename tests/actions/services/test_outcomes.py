from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest

from actions.case_db.models import Journal, Outcome
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.errors import NotFound
from actions.services.journal import record
from actions.services.outcomes import decode, encode, once
from tests.actions.services.people import count


@dataclass(frozen=True)
class Inner:
    at: dt.datetime
    stages: list[tuple[int, dt.datetime]]


@dataclass(frozen=True)
class Decided:
    amount: Decimal
    day: dt.date | None
    inner: Inner | None
    names: list[str]
    number: int


NOW = dt.datetime(2026, 11, 22, 7, 30, 1, 250, dt.timezone.utc)
DECIDED = Decided(Decimal("10.50"), dt.date(2026, 11, 22), Inner(NOW, [(1, NOW)]), ["محكمة"], 0)


@once("decide")
def decide(uow: UnitOfWork, *, conversation: str, message_id: str, refuse: bool = False) -> Decided:
    record(uow, conversation, "decided")
    if refuse:
        raise NotFound
    return DECIDED


@once("decide_otherwise")
def decide_otherwise(uow: UnitOfWork, *, conversation: str, message_id: str) -> bool:
    record(uow, conversation, "decided")
    return True


def test_an_outcome_comes_back_equal_after_json() -> None:
    assert decode(Decided, encode(DECIDED)) == DECIDED
    empty = Decided(Decimal(0), None, None, [], 1)
    assert decode(Decided, encode(empty)) == empty


def test_the_same_message_decides_once_and_hears_the_same_again(uow: UnitOfWork) -> None:
    first = decide(uow, conversation="c1", message_id="m1")
    assert decide(uow, conversation="c1", message_id="m1") == first == DECIDED
    assert count(uow, Journal, action="decided") == 1


def test_another_message_or_use_case_decides_anew(uow: UnitOfWork) -> None:
    decide(uow, conversation="c1", message_id="m1")
    decide(uow, conversation="c1", message_id="m2")
    assert decide_otherwise(uow, conversation="c1", message_id="m1") is True
    assert count(uow, Journal, action="decided") == 3


def test_a_refusal_rolls_back_and_is_not_kept(uow: UnitOfWork) -> None:
    with pytest.raises(NotFound):
        decide(uow, conversation="c1", message_id="m1", refuse=True)
    uow.commit()
    assert count(uow, Journal, action="decided") == count(uow, Outcome) == 0
    assert decide(uow, conversation="c1", message_id="m1") == DECIDED


def test_another_conversation_never_hears_what_was_decided_for_a_message(uow: UnitOfWork) -> None:
    decide(uow, conversation="c1", message_id="m1")
    with pytest.raises(RuntimeError):
        decide(uow, conversation="c2", message_id="m1")

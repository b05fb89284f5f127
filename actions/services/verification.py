"""Who a conversation was proved to be, and for how long that holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select

from actions.case_db.models import Case, Citizen, Verification
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.errors import NotVerified

IDLE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=8)


@dataclass(frozen=True)
class Person:
    verified: bool
    kinds: frozenset[str] = frozenset()
    """Of the cases that are not lifted: court, government."""
    lapsed: bool = False
    """Was verified, and time ended it."""
    name: str = ""


def person(uow: UnitOfWork, *, conversation: str) -> Person:
    """Who is speaking, for the choice of words; asking this is not using the verification."""
    row = uow.session.get(Verification, conversation)
    if row is None or row.ended_at:
        return Person(verified=False)
    if _lapsed(row, uow.now()):
        return Person(verified=False, lapsed=True)
    kinds = select(Case.kind).where(Case.citizen_id == row.citizen_id, Case.state != "lifted").distinct()
    return Person(
        verified=True,
        kinds=frozenset(uow.session.scalars(kinds)),
        name=uow.cases.citizen(row.citizen_id).name,
    )


def require_citizen(uow: UnitOfWork, *, conversation: str) -> Citizen:
    """The citizen verified in this conversation; begins the idle time anew."""
    row = uow.session.get(Verification, conversation)
    if row is None or row.ended_at:
        raise NotVerified
    if _lapsed(row, uow.now()):
        raise NotVerified("lapsed")
    row.used_at = uow.now()
    return uow.cases.citizen(row.citizen_id)


def verified_id(uow: UnitOfWork, conversation: str, *, touch: bool = False) -> int | None:
    """The citizen's id while the verification holds."""
    row = uow.session.get(Verification, conversation)
    if row is None or row.ended_at or _lapsed(row, uow.now()):
        return None
    if touch:
        row.used_at = uow.now()
    return row.citizen_id


def start(uow: UnitOfWork, conversation: str, citizen_id: int) -> None:
    now = uow.now()
    uow.session.merge(
        Verification(conversation=conversation, citizen_id=citizen_id, verified_at=now, used_at=now, ended_at=None)
    )


def end(uow: UnitOfWork, conversation: str) -> None:
    row = uow.session.get(Verification, conversation)
    if row is not None and not row.ended_at:
        row.ended_at = uow.now()


def _lapsed(row: Verification, now: dt.datetime) -> bool:
    return now >= row.used_at + IDLE or now >= row.verified_at + LONGEST

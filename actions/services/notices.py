"""What a citizen is to be told without having asked: written beside the change it tells of, handed over once.

`values` are raw (days and times in ISO form, amounts as text); the answer `utter_notice_<kind>` formats them:

    payment_confirmed, payment_transferred,
    payment_number_sent, payment_paid_out      invoice_number, amount, reached_at (and paid_at when confirmed)
    request_under_review                       request_number, request_kind (lift, grace), filed_at
    request_granted                            request_number, request_kind, months, grace_until
    lifted                                     lifted_at, case_kind (court, government)
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from actions.case_db.models import Case, Citizen, Notice, Verification
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.journal import looked, record
from actions.services.outcomes import encode, once
from actions.services.verification import require_citizen

ALWAYS_TOLD = frozenset({"payment_confirmed", "lifted", "request_granted"})
"""Also to those who switched notices off."""


@dataclass(frozen=True)
class DueNotice:
    id: int
    citizen_id: int
    kind: str
    values: dict[str, Any]
    case_number: str | None
    unique_key: str
    conversation: str


def add_notice(
    uow: UnitOfWork,
    citizen_id: int,
    kind: str,
    unique_key: str,
    values: dict[str, Any],
    case_id: int | None,
    due_at: dt.datetime | None = None,
) -> None:
    """In the caller's transaction; the same `unique_key` again adds nothing."""
    if kind not in ALWAYS_TOLD and not uow.session.get(Citizen, citizen_id).notices_on:
        return
    if uow.session.scalar(select(Notice.id).where(Notice.unique_key == unique_key)):
        return
    uow.session.add(
        Notice(
            citizen_id=citizen_id,
            kind=kind,
            case_id=case_id,
            values=encode(values),
            unique_key=unique_key,
            due_at=due_at or uow.now(),
        )
    )


def due(uow: UnitOfWork, *, limit: int) -> list[DueNotice]:
    """Due and not handed over, oldest first, of citizens who verified somewhere: each with the conversation that she
    used last as herself. Who said "forget my data" there is not told there."""
    last_used = (
        select(Verification.conversation)
        .where(Verification.citizen_id == Notice.citizen_id, Verification.ended_at.is_(None))
        .order_by(Verification.used_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = (
        select(Notice, last_used, Case.number)
        .outerjoin(Case, Case.id == Notice.case_id)
        .where(Notice.handed_over_at.is_(None), Notice.due_at <= uow.now(), last_used.is_not(None))
        .order_by(Notice.due_at, Notice.id)
        .limit(limit)
    )
    return [
        DueNotice(row.id, row.citizen_id, row.kind, dict(row.values), number, row.unique_key, conversation)
        for row, conversation, number in uow.session.execute(found)
    ]


def put_off(uow: UnitOfWork, notice: DueNotice, by: dt.timedelta) -> None:
    """In the caller's transaction."""
    later = update(Notice).where(Notice.id == notice.id, Notice.handed_over_at.is_(None))
    uow.session.execute(later.values(due_at=uow.now() + by).execution_options(synchronize_session=False))


def handed_over(uow: UnitOfWork, notice: DueNotice) -> None:
    """In the caller's transaction."""
    told = update(Notice).where(Notice.id == notice.id, Notice.handed_over_at.is_(None))
    uow.session.execute(told.values(handed_over_at=uow.now()).execution_options(synchronize_session=False))
    looked(uow, notice.conversation, notice.citizen_id, "notices")


@once("set_notices")
def set_notices(uow: UnitOfWork, *, conversation: str, message_id: str, on: bool) -> bool:
    citizen = require_citizen(uow, conversation=conversation)
    citizen.notices_on = on
    record(uow, conversation, "notices_on" if on else "notices_off", citizen_id=citizen.id)
    return on

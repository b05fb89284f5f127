"""Handing a conversation over to a person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from actions.case_db.models import Ticket
from actions.case_db.repository import new_number
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.calendar import is_open, opens_at
from actions.services.journal import record
from actions.services.outcomes import once
from actions.services.verification import verified_id

LONGEST_TOPIC = 60


@dataclass(frozen=True)
class HandedOver:
    reference: str
    open_now: bool
    opens_at: dt.datetime | None
    """When somebody reads it; None while they are there."""


@once("hand_over")
def hand_over(
    uow: UnitOfWork, *, conversation: str, message_id: str, topic: str, transcript: list[dict[str, Any]]
) -> HandedOver:
    """Open to everybody, verified or not. The row is what counts; the desk is told once it is safe."""
    now, topic = uow.now(), topic[:LONGEST_TOPIC]
    reference = new_number(uow.session, Ticket.reference, prefix="51", digits=8)
    uow.session.add(
        Ticket(
            reference=reference,
            conversation=conversation,
            citizen_id=verified_id(uow, conversation, touch=True),
            topic=topic,
            transcript=transcript,
            opened_at=now,
        )
    )
    record(uow, conversation, "handed_over", reference=reference)
    uow.after_commit(lambda tickets=uow.tickets: tickets.open(reference=reference, topic=topic, transcript=transcript))
    open_now = is_open(now)
    return HandedOver(reference, open_now, None if open_now else opens_at(now))

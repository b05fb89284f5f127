"""What a bank or the authority reports: kept in the order of its arrival, applied once, or flagged for a person.

Nothing is half applied: the effect and the mark are one transaction. What cannot be applied changes nothing and waits
for `bot events`; the next event of the same invoice or case goes on.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from actions.case_db.models import Event
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import payments, requests
from actions.services.errors import NotApplied, NotFound, ServiceError, Unavailable
from actions.services.outcomes import retried

log = logging.getLogger(__name__)

TOPICS = {"payments": "bank", "cases": "authority"}
"""Each with who acts by it, as the journal names them."""
SUBJECTS = {"payments": "invoice", "cases": "case"}
CURRENCY = "SAR"
CLOCKS_DIFFER = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Taken:
    state: str
    """received, applied, flagged or resolved."""
    new: bool


def take(uow: UnitOfWork, *, topic: str, event_id: str, body: Mapping[str, Any]) -> Taken:
    """Keep it; commits. The same again changes nothing; NotApplied("event_id") if the id was used for another body.
    `body`: as data/events/<topic>.json has it."""

    def attempt() -> Taken:
        known = uow.session.scalar(select(Event).filter_by(topic=topic, event_id=event_id))
        if known is not None:
            if known.body != body:
                raise NotApplied("event_id")
            return Taken(known.state, new=False)
        subject = body["data"][SUBJECTS[topic]]
        uow.session.add(
            Event(
                topic=topic,
                event_id=event_id,
                type=body["type"],
                subject=subject,
                body=dict(body),
                received_at=uow.now(),
            )
        )
        uow.commit()
        return Taken("received", new=True)

    return retried(uow, attempt)


def are_waiting(uow: UnitOfWork) -> bool:
    return uow.session.scalar(select(Event.number).where(Event.state == "received").limit(1)) is not None


def apply_next(uow: UnitOfWork) -> Event | None:
    """The oldest that waits; commits. None when nothing waits that nobody else has in work."""
    earlier = aliased(Event)
    first = ~select(earlier.number).where(
        earlier.state == "received", earlier.subject == Event.subject, earlier.number < Event.number
    ).exists()  # fmt: skip
    waiting = select(Event).where(Event.state == "received", first).order_by(Event.number).limit(1)
    event = uow.session.scalars(waiting.with_for_update(skip_locked=True, of=Event)).first()
    if event is None:
        return None
    number, kind = event.number, event.type
    try:
        with uow.session.begin_nested():
            APPLIED[kind](uow, event.body["data"])
        event.state = "applied"
    except (SQLAlchemyError, Unavailable):
        uow.rollback()
        raise  # it waits
    except Exception as error:
        reason = _reason(error)
        event.state, event.reason = "flagged", reason
        log.error("event %d (%s) cannot be applied: %s (bot events)", number, kind, reason)
    event.done_at = uow.now()
    uow.commit()
    return event


def _reason(error: Exception) -> str:
    if isinstance(error, NotFound):
        return f"unknown_{error.reason}" if error.reason else "unknown"
    return (error.reason or type(error).__name__)[:40] if isinstance(error, ServiceError) else "our_error"


# what each does, in the transaction of `apply_next`


def _received(uow: UnitOfWork, data: Mapping[str, Any]) -> None:
    if data["currency"] != CURRENCY:
        raise NotApplied("currency")
    try:
        paid_at = dt.datetime.fromisoformat(data["paid_at"].replace("Z", "+00:00"))
    except ValueError:  # the 30th of February
        raise NotApplied("paid_at") from None
    if paid_at > uow.now() + CLOCKS_DIFFER:
        raise NotApplied("paid_at")
    payments.receive(
        uow,
        invoice_number=data["invoice"],
        amount=Decimal(data["amount"]),
        reference=data["reference"],
        paid_at=paid_at,
        actor=TOPICS["payments"],
    )


def _payment_stage(uow: UnitOfWork, data: Mapping[str, Any]) -> None:
    payments.reach(uow, invoice_number=data["invoice"], stage=data["stage"], actor=TOPICS["payments"])


def _case_lifted(uow: UnitOfWork, data: Mapping[str, Any]) -> None:
    requests.lift(uow, case_number=data["case"], actor=TOPICS["cases"])


def _case_stage(uow: UnitOfWork, data: Mapping[str, Any]) -> None:
    requests.reach_stage(uow, case_number=data["case"], stage=data["stage"], actor=TOPICS["cases"])


def _request_moved(state: str) -> Callable[[UnitOfWork, Mapping[str, Any]], None]:
    def moved(uow: UnitOfWork, data: Mapping[str, Any]) -> None:
        requests.reach_state(
            uow, case_number=data["case"], request_number=data["request"], state=state, actor="authority"
        )

    return moved


APPLIED: dict[str, Callable[[UnitOfWork, Mapping[str, Any]], None]] = {
    "payment.received": _received,
    "payment.stage": _payment_stage,
    "case.lifted": _case_lifted,
    "case.stage": _case_stage,
    "request.under_review": _request_moved("under_review"),
    "request.granted": _request_moved("granted"),
}


# for operators


def listed(uow: UnitOfWork, state: str | None = "flagged", limit: int = 200) -> list[Event]:
    """Oldest first; of any state with None."""
    wanted = select(Event).order_by(Event.number).limit(limit)
    return list(uow.session.scalars(wanted if state is None else wanted.where(Event.state == state)))


def find(uow: UnitOfWork, number: int) -> Event | None:
    return uow.session.get(Event, number)


def resolve(uow: UnitOfWork, number: int, note: str) -> bool:
    """A person has dealt with it; commits. False when it is not flagged."""
    return _leave_flagged(uow, number, state="resolved", note=note[:400])


def again(uow: UnitOfWork, number: int) -> bool:
    """What stood in its way is mended: it waits to be applied; commits. False when it is not flagged."""
    return _leave_flagged(uow, number, state="received", reason=None, done_at=None)


def _leave_flagged(uow: UnitOfWork, number: int, **values: Any) -> bool:
    event = uow.session.get(Event, number, with_for_update=True)
    if event is None or event.state != "flagged":
        return False
    for name, value in values.items():
        setattr(event, name, value)
    uow.commit()
    return True

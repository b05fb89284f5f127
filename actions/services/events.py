"""What a bank or the authority reports: kept in the order of its arrival, applied once, or flagged for a person.

Nothing is half applied: the effect and the mark are one transaction. What cannot be applied changes nothing and waits
for `bot events`; the next event of the same invoice or case goes on.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from actions.case_db.models import Event
from actions.case_db.unit_of_work import AWAY, UnitOfWork
from actions.logs import place
from actions.services import payments, requests
from actions.services.errors import NotApplied, NotFound, ServiceError, Unavailable
from actions.services.outcomes import retried

log = logging.getLogger(__name__)

TOPICS = {"payments": "bank", "cases": "authority"}
"""Each with who acts by it, as the journal names them."""
SUBJECTS = {"payments": "invoice", "cases": "case"}
CURRENCY = "SAR"
CLOCKS_DIFFER = dt.timedelta(minutes=5)
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.timezone.utc)
"""Before it no payment was made: some programs write the year 1 where they know no time."""


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


@dataclass(frozen=True)
class Done:
    number: int
    topic: str
    state: str
    """applied or flagged."""
    reason: str | None


def apply_next(uow: UnitOfWork) -> Done | None:
    """The oldest that waits; commits. None when nothing waits that nobody else has in work. While a database or gateway
    is away it raises, and the event waits; whatever else goes wrong flags it, so that it holds up no other."""
    earlier = aliased(Event)
    first = ~select(earlier.number).where(
        earlier.state == "received", earlier.subject == Event.subject, earlier.number < Event.number
    ).exists()  # fmt: skip
    waiting = select(Event).where(Event.state == "received", first).order_by(Event.number).limit(1)
    event = uow.session.scalars(waiting.with_for_update(skip_locked=True, of=Event)).first()
    if event is None:
        return None
    number, topic, kind, data = event.number, event.topic, event.type, event.body["data"]
    reason = None
    try:
        _applied(uow, kind, data)
    except (*AWAY, Unavailable):
        uow.rollback()
        raise
    except Exception as error:
        reason = _reason(error)
        why = f"{reason}, {place(error)}" if reason == OUR_ERROR else reason
        log.error("event %d (%s) cannot be applied: %s (bot events)", number, kind, why)
    state = "flagged" if reason else "applied"
    event.state, event.reason, event.done_at = state, reason, uow.now()
    uow.commit()
    return Done(number, topic, state, reason)


def _applied(uow: UnitOfWork, kind: str, data: Mapping[str, Any]) -> None:
    """Whole or not at all. Another process may be quicker to make a row that there can be once; then it is there."""
    for last in (False, False, True):
        try:
            with uow.session.begin_nested():
                return APPLIED[kind](uow, data)
        except IntegrityError:
            if last:
                raise


OUR_ERROR = "our_error"


def _reason(error: Exception) -> str:
    if isinstance(error, NotFound):
        return f"unknown_{error.reason}" if error.reason else "unknown"
    return (error.reason or type(error).__name__)[:40] if isinstance(error, ServiceError) else OUR_ERROR


# what each does, in the transaction of `apply_next`


def _received(uow: UnitOfWork, data: Mapping[str, Any]) -> None:
    if data["currency"] != CURRENCY:
        raise NotApplied("currency")
    paid_at = moment(data["paid_at"])
    if paid_at is None or not EARLIEST < paid_at < uow.now() + CLOCKS_DIFFER:
        raise NotApplied("paid_at")
    payments.receive(
        uow,
        invoice_number=data["invoice"],
        amount=Decimal(data["amount"]),
        reference=data["reference"],
        paid_at=paid_at,
        actor=TOPICS["payments"],
    )


def moment(told: str) -> dt.datetime | None:
    """RFC 3339 → a time; None when there is none such (the 30th of February). Python 3.10 reads three or six digits of
    a second alone."""
    whole, fraction, offset = re.fullmatch(r"(.{19})(?:\.([0-9]+))?(.+)", told).groups()
    try:
        return dt.datetime.fromisoformat(f"{whole}.{(fraction or '0')[:6]:0<6}{offset.replace('Z', '+00:00')}")
    except ValueError:
        return None


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


def flagged(uow: UnitOfWork) -> list[Event]:
    """Oldest first."""
    return list(uow.session.scalars(select(Event).where(Event.state == "flagged").order_by(Event.number)))


def newest(uow: UnitOfWork, count: int) -> list[Event]:
    """Whatever became of them, oldest first."""
    return list(uow.session.scalars(select(Event).order_by(Event.number.desc()).limit(count)))[::-1]


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

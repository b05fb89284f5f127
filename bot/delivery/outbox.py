"""What goes out: the lines of a conversation, numbered without gaps; history and live streams are the same query."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Integer, bindparam, func, insert, select, update
from sqlalchemy.engine import Engine, Row
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql import Select

from bot.answers import Answers
from bot.delivery import bell, offers
from bot.delivery.conversations import hold
from bot.delivery.engine import reading
from bot.delivery.inbox import OPEN
from bot.delivery.models import PULLED, Conversation, Delivery, Inbox, Offer, Outbox, one_of
from bot.keys import Keys, SealBroken

log = logging.getLogger(__name__)

SHOWN_EXTRAS = ("card", "guide", "upload")


@dataclass(frozen=True)
class Line:
    number: int
    at: dt.datetime
    name: str
    body: dict[str, Any] | None
    """{"text", "buttons", "custom"?}; None once erased."""
    personal: bool
    citizen: int | None
    answers_message: str | None
    """The given id of the message that it answers."""
    heard: dict[str, Any] | None
    """{"id": given id, "text": as shown, or None}, on the first line that answers a message."""


@dataclass(frozen=True)
class Ready:
    """Lines and the offers of their buttons, sealed before anybody waits for the database."""

    lines: list[dict[str, Any]]
    offers: list[dict[str, Any]]


def ready(
    keys: Keys,
    answers: list[dict[str, Any]],
    *,
    inbox: int | None = None,
    citizen: int | None = None,
    unique_key: str | None = None,
    question: str | None = None,
) -> Ready:
    """For `put`; payloads of buttons become offers. `citizen`: who is verified here. `question`: what a form waits for
    after these lines."""
    made = offers.offered(answers, question)
    now = dt.datetime.now(dt.timezone.utc)
    lines = [
        {
            "inbox": inbox,
            "name": answer["name"],
            "personal": bool(answer.get("personal")),
            "citizen": citizen if answer.get("personal") else None,
            "body": keys.seal({key: answer[key] for key in ("text", "buttons", "custom") if answer.get(key)}),
            "unique_key": unique_key,
            "created_at": now,
        }
        for answer in answers
    ]
    return Ready(lines, made)


def put(session: Session, conversation: str, ready: Ready) -> None:
    """Add lines in the transaction of the caller, who holds the conversation's row."""
    channel, last, last_offer = session.execute(_BEFORE, {"conversation": conversation}).one()
    of = {"conversation": conversation}
    if ready.offers:
        session.execute(offers.NEW, [{**row, **of, "number": (last_offer or 0) + 1} for row in ready.offers])
    if ready.lines:
        of["to_push"] = channel not in PULLED
        session.execute(_NEW, [{**line, **of, "number": n} for n, line in enumerate(ready.lines, (last or 0) + 1)])
    bell.notify(session, bell.OUTBOX, conversation)


def say(session: Session, keys: Keys, conversation: str, answers: list[dict[str, Any]], **more: Any) -> None:
    """Add lines in the caller's transaction. `more`: as in `ready`."""
    hold(session, [conversation])
    put(session, conversation, ready(keys, answers, **more))


# statements are put together once: that takes longer than to run them
_NEW = insert(Outbox.__table__)
_BEFORE = select(
    Conversation.channel,
    select(func.max(Outbox.number)).where(Outbox.conversation == Conversation.id).scalar_subquery(),
    select(func.max(Offer.number)).where(Offer.conversation == Conversation.id).scalar_subquery(),
).where(Conversation.id == bindparam("conversation"))


def read(engine: Engine, keys: Keys, conversation: str, **which: int | None) -> list[Line]:
    """`read_in`, in a transaction of its own."""
    with Session(reading(engine), future=True) as session:
        return read_in(session, keys, conversation, **which)


def read_in(
    session: Session,
    keys: Keys,
    conversation: str,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Line]:
    """Ascending: the first `limit` after `after`; without it the newest `limit` (below `before`)."""
    given = {"conversation": conversation, "after": after, "before": before, "most": limit}
    given = {name: value for name, value in given.items() if value is not None}
    found = [_line(keys, row) for row in session.execute(_wanted(after is not None, before is not None), given)]
    return sorted(found, key=lambda line: line.number)


@cache
def _wanted(after: bool, before: bool) -> Select:
    wanted = _lines().where(Outbox.conversation == bindparam("conversation")).limit(bindparam("most", type_=Integer))
    if before:
        wanted = wanted.where(Outbox.number < bindparam("before"))
    if after:
        return wanted.where(Outbox.number > bindparam("after")).order_by(Outbox.number)
    return wanted.order_by(Outbox.number.desc())


def answers_to(engine: Engine, keys: Keys, message_id: str) -> list[Line] | None:
    """The lines that answer a message; None while it has not been answered."""
    with Session(reading(engine), future=True) as session:
        row = session.scalar(select(Inbox).filter_by(message_id=message_id))
        if row is None or row.state in OPEN:
            return None
        found = session.execute(_lines().where(Outbox.inbox == row.id).order_by(Outbox.number))
        return [_line(keys, each) for each in found]


def _lines() -> Select:
    earlier = aliased(Outbox)
    first = ~select(earlier.id).where(earlier.inbox == Outbox.inbox, earlier.number < Outbox.number).exists()
    line = ("conversation", "number", "created_at", "name", "body", "personal", "citizen")
    columns = [getattr(Outbox, name) for name in line]
    return select(*columns, Inbox.given_id, Inbox.shown, first.label("first")).outerjoin(
        Inbox, Inbox.id == Outbox.inbox
    )


def _line(keys: Keys, row: Row) -> Line:
    return Line(
        number=row.number,
        at=row.created_at,
        name=row.name,
        body=_body(keys, row),
        personal=row.personal,
        citizen=row.citizen,
        answers_message=row.given_id,
        heard={"id": row.given_id, "text": _opened(keys, row.shown)} if row.given_id and row.first else None,
    )


def _body(keys: Keys, row: Row) -> dict[str, Any] | None:
    try:
        return None if row.body is None else {"text": "", "buttons": [], **keys.unseal(row.body)}
    except SealBroken:  # an old line takes nothing else of the conversation with it
        log.error("line %d of conversation=%s was sealed with a secret that is gone", row.number, row.conversation)
        return None


def _opened(keys: Keys, shown: str | None) -> str | None:
    try:
        return None if shown is None else keys.unseal(shown)
    except SealBroken:
        return None


def pending(engine: Engine, keys: Keys, conversation: str) -> list[dict[str, Any]]:
    """Accepted and not yet answered, in order: {"id": given id, "text": as shown}."""
    with Session(reading(engine), future=True) as session:
        waiting = select(Inbox).where(Inbox.conversation == conversation, one_of(Inbox.state, OPEN)).order_by(Inbox.id)
        return [{"id": row.given_id, "text": _opened(keys, row.shown)} for row in session.scalars(waiting)]


def forget(session: Session, conversation: str) -> None:
    """Whatever was said stays as an empty place: also what everybody may read tells what she asked. What was typed is
    gone, dead letters included, and so is what had not left yet."""
    said = update(Outbox).where(Outbox.conversation == conversation)
    session.execute(said.values(body=None, to_push=False).execution_options(synchronize_session=False))
    on_its_way = update(Delivery).where(Delivery.conversation == conversation, Delivery.sealed.is_not(None))
    waits = on_its_way.where(Delivery.kind == "message", Delivery.state.in_(("ready", "unsure", "held")))
    session.execute(waits.values(state="dropped").execution_options(synchronize_session=False))
    session.execute(on_its_way.values(sealed=None).execution_options(synchronize_session=False))
    typed = update(Inbox).where(Inbox.conversation == conversation)
    session.execute(typed.values(shown=None).execution_options(synchronize_session=False))
    given_up = typed.where(Inbox.state == "dead")
    session.execute(given_up.values(state="done", sealed=None).execution_options(synchronize_session=False))


def is_hidden(line: Line, citizen: int | None) -> bool:
    """Whether whoever is verified now (`citizen`, or nobody) may not see this line."""
    return line.body is None or (line.personal and line.citizen is not None and line.citizen != citizen)


def public(line: Line, citizen: int | None, answers: Answers, language: str) -> dict[str, Any]:
    """A line as the outside sees it (`docs/web-api.yml`, Event)."""
    event: dict[str, Any] = {"number": line.number, "at": line.at.isoformat().replace("+00:00", "Z")}
    if is_hidden(line, citizen):
        text = answers.hidden(line.name if line.personal else "", language, erased=line.body is None)["text"]
        return {**event, "heard": None, "text": text, "buttons": [], "personal": True, "hidden": True}
    custom = line.body.get("custom") or {}
    extras = {key: custom[key] for key in SHOWN_EXTRAS if custom.get(key)}
    heard = {"heard": line.heard, "text": line.body["text"], "buttons": line.body["buttons"]}
    return {**event, **heard, **extras, "personal": line.personal, "hidden": False}

"""Messages on their way over a messenger: sent in order, tried again, and what became of them.

Those of one conversation leave one after the other. Nobody but the provider knows whether a message whose answer got
lost was accepted, so it waits UNSURE_WAITS for word of it and is only then sent again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Engine, Row
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql import Select, Update
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine

from bot import logs, metrics
from bot.channels.base import Channel, Choice, Person, Piece, Progress, Remedy, Said
from bot.delivery import offers
from bot.delivery.engine import reading
from bot.delivery.inbox import OPEN as INBOX_OPEN
from bot.delivery.inbox import is_gone
from bot.delivery.models import Address, Conversation, Delivery, Inbox, Outbox, one_of
from bot.keys import Keys, SealBroken

log = logging.getLogger(__name__)

OPEN = ("ready", "sending", "unsure")
LEFT = ("held", "failed")
LEASE = dt.timedelta(seconds=30)
"""Longer than any send may take."""
UNSURE_WAITS = dt.timedelta(seconds=20)
IN_ORDER = dt.timedelta(seconds=3)
"""So long the next message of a turn waits to hear that the one before was delivered: providers keep no order."""
LONGEST_PAUSE = 900
SOME = 3
"""How often a message is sent again that the provider failed to deliver, or refused for a reason of its own."""
MOST = 300
"""Tries after which a message is given up: some three days of the longest pauses."""
KEPT = dt.timedelta(days=30)
"""What was never delivered is kept so long; providers drop it then as well."""
KNOWN = dt.timedelta(days=90)
"""So long it is known what became of a message."""
BATCH = 500
SEEN_WITHIN = dt.timedelta(seconds=10)
"""A read mark that comes later than that helps nobody."""
INVITED_AGAIN = dt.timedelta(hours=24)
BEFORE_CLOSING = dt.timedelta(minutes=1)
"""Clocks differ: shortly before the window closes it is taken for closed."""


@dataclass(frozen=True)
class Parcel:
    """A message in work. `person`: where it goes; None when she is reached nowhere any more. `content`: a read
    mark's {"given"}, or a piece with "of": whose data it shows, under which answer's name. `being_answered`: something
    of hers has no answer yet; only then somebody is writing."""

    id: int
    conversation: str
    kind: str
    token: str
    attempt: int
    owner: str
    created_at: dt.datetime
    heard_at: dt.datetime | None
    was_held: bool
    language: str
    person: Person | None
    content: dict[str, Any] | None
    being_answered: bool

    @property
    def opaque(self) -> str:
        """What is sent along and comes back."""
        return f"{self.token}.{self.attempt}"

    @property
    def piece(self) -> Piece:
        return _piece(self.content or {})


# what is to be sent


def as_content(piece: Piece) -> dict[str, Any]:
    return dataclasses.asdict(piece)


def _piece(content: dict[str, Any]) -> Piece:
    named = {field.name: content[field.name] for field in dataclasses.fields(Piece) if field.name in content}
    return Piece(**{**named, "choices": tuple(Choice(**choice) for choice in content["choices"])})


def new(
    keys: Keys,
    channel: str,
    conversation: str,
    kind: str,
    content: Any,
    turn: int | None = None,
    said_at: dt.datetime | None = None,
) -> dict[str, Any]:
    """A row, for `add`."""
    now = _now()
    return {
        "channel": channel,
        "conversation": conversation,
        "kind": kind,
        "turn": turn,
        "sealed": keys.seal(content),
        "token": secrets.token_hex(16),
        "created_at": said_at or now,
        "due_at": now,
    }


def add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Their place in the order is where they were added."""
    if rows:
        session.execute(_ADD, rows)


# what is known of her


def heard(session: Session, keys: Keys, channel: Channel, newest: Mapping[str, Said], now: dt.datetime) -> None:
    """They wrote, by conversation: show that it was read, and let go what was held for them. The caller holds the
    conversations' rows."""
    marks = [new(keys, channel.name, hers, "seen", {"given": said.given}) for hers, said in newest.items()]
    add(session, marks)
    opened = now - channel.window + BEFORE_CLOSING if channel.window else None
    fresh = [hers for hers, said in newest.items() if opened is None or said.at > opened]
    session.execute(_LET_OUT, {"fresh": fresh, "now": now})


def window_open(channel: Channel, parcel: Parcel) -> bool:
    if channel.window is None:
        return True
    return parcel.heard_at is not None and _now() < parcel.heard_at + channel.window - BEFORE_CLOSING


def is_hidden(channel: Channel, parcel: Parcel) -> bool:
    """Whether it shows somebody's data and was kept, or written, so long ago that another may hold the phone now."""
    if not parcel.content or not parcel.content["of"]:
        return False
    return parcel.was_held or (channel.window is not None and is_older(parcel, channel.window))


def is_late(parcel: Parcel) -> bool:
    return is_older(parcel, SEEN_WITHIN)


def is_older(parcel: Parcel, than: dt.timedelta) -> bool:
    return _now() > parcel.created_at + than


# sending


def are_waiting(session: Session, channel: str) -> bool:
    """Whether `claim` would find something; only reads."""
    return session.execute(_ANY_FREE, _free_now(channel, 1)).first() is not None


def claim(session: Session, keys: Keys, channel: str, owner: str, most: int) -> list[Parcel]:
    """In the caller's transaction: the oldest messages that may leave now, each of another conversation, leased to
    `owner`."""
    rows = session.execute(_FREE, _free_now(channel, most)).all()
    if not rows:
        return []
    lease = {"owner": owner, "until": _now() + LEASE, "these": [row.id for row in rows]}
    session.execute(_TAKE, lease)
    names: dict[str, list[Row]] = {}
    for name in session.execute(_NAMES, {"theirs": [row.conversation for row in rows]}):
        names.setdefault(name.conversation, []).append(name)
    return [_parcel(keys, row, names.get(row.conversation, []), owner) for row in rows]


def _free_now(channel: str, most: int) -> dict[str, Any]:
    now = _now()
    return {"channel": channel, "now": now, "part_sent_after": now - IN_ORDER, "most": most}


def _free(*columns: Any) -> Select:
    """The first of its conversation; of its turn when the one before was delivered, or sent a while ago."""
    earlier, part = aliased(Delivery), aliased(Delivery)
    waits_for_her = select(earlier.id).where(
        earlier.conversation == Delivery.conversation, earlier.id < Delivery.id, one_of(earlier.state, OPEN)
    )
    waits_for_its_turn = select(part.id).where(
        part.turn == Delivery.turn,
        part.id < Delivery.id,
        part.state == "sent",
        part.sent_at > bindparam("part_sent_after"),
    )
    return (
        select(*columns)
        .join(Conversation, Conversation.id == Delivery.conversation)
        .where(one_of(Delivery.state, OPEN), Delivery.state != "sending", Delivery.due_at <= bindparam("now"))
        .where(Delivery.channel == bindparam("channel"), ~waits_for_her.exists(), ~waits_for_its_turn.exists())
        .order_by(Delivery.id)
        .limit(bindparam("most", type_=Integer))
    )


# statements are put together once: that takes longer than to run them
_table = Delivery.__table__
_ADD = insert(_table)
_LET_OUT = (
    update(_table)
    .where(_table.c.conversation.in_(bindparam("fresh", expanding=True)), _table.c.state == "held")
    .values(state="ready", due_at=bindparam("now"))
)
_ANY_FREE = _free(Delivery.id)
_unanswered = select(Inbox.id).where(Inbox.conversation == Delivery.conversation, one_of(Inbox.state, INBOX_OPEN))
_FREE = _free(
    *(getattr(Delivery, name) for name in ("id", "conversation", "kind", "token", "attempt", "created_at")),
    *(Delivery.was_held, Delivery.sealed, Conversation.heard_at, Conversation.language),
    _unanswered.exists().label("being_answered"),
).with_for_update(skip_locked=True, of=Delivery)
_TAKE = (
    update(_table)
    .where(_table.c.id.in_(bindparam("these", expanding=True)))
    .values(state="sending", leased_by=bindparam("owner"), leased_until=bindparam("until"))
)
_NAMES = select(Address.conversation, Address.kind, Address.sealed).where(
    Address.conversation.in_(bindparam("theirs", expanding=True))
)


def _parcel(keys: Keys, row: Row, names: Sequence[Row], owner: str) -> Parcel:
    try:
        ids = tuple((name.kind, keys.unseal(name.sealed)) for name in names)
        content = keys.unseal(row.sealed) if row.sealed else None
    except SealBroken:
        ids, content = (), None
    known = {**row._mapping, "content": content, "person": Person(ids) if ids else None, "owner": owner}
    del known["sealed"]
    return Parcel(**known)


def sent(session: Session, left: Sequence[tuple[Parcel, str | None]]) -> None:
    """In the caller's transaction: each was accepted under this (hashed) id. Word of it may have come already."""
    marks = [parcel for parcel, _ in left if parcel.kind == "seen"]
    if marks:
        these = {"these": [parcel.id for parcel in marks], "owners": list({parcel.owner for parcel in marks})}
        session.execute(_MARKED, these)
    now = _now()
    for parcel, given in sorted(left, key=lambda each: each[0].token):  # in one order: no deadlock
        if parcel.kind == "seen":
            continue
        mine = {"of": parcel.id, "tried": parcel.attempt, "their_id": given}
        statement = _SENT if parcel.kind == "message" else _INVITED
        if session.execute(statement, {**mine, "owner": parcel.owner, "now": now}).rowcount:
            continue
        # its lease was over before it could be noted, and another sender took it for unsure
        if not session.execute(_SENT_AFTER_ALL, {**mine, "now": now}).rowcount:
            session.execute(_KNOWN_AS, mine)


_MARKED = delete(_table).where(
    _table.c.id.in_(bindparam("these", expanding=True)),
    _table.c.state == "sending",
    _table.c.leased_by.in_(bindparam("owners", expanding=True)),
)
_SENT = (
    update(_table)
    .where(_table.c.id == bindparam("of"), _table.c.attempt == bindparam("tried"))
    .where(_table.c.state == "sending", _table.c.leased_by == bindparam("owner"))
    .values(state="sent", sent_at=bindparam("now"), given=bindparam("their_id"), leased_by=None, leased_until=None)
)
_INVITED = _SENT.values(sealed=None)
_SENT_AFTER_ALL = (
    update(_table)
    .where(_table.c.id == bindparam("of"), _table.c.state == "unsure", _table.c.attempt == bindparam("tried") + 1)
    .values(state="sent", attempt=bindparam("tried"), sent_at=bindparam("now"), given=bindparam("their_id"))
)
_KNOWN_AS = (
    update(_table)
    .where(_table.c.id == bindparam("of"), _table.c.attempt == bindparam("tried"), _table.c.given.is_(None))
    .values(given=bindparam("their_id"))
)


def not_sent(
    engine: Engine,
    keys: Keys,
    channel: Channel,
    parcel: Parcel,
    remedy: Remedy,
    code: str,
    plain: Sequence[Piece] = (),
) -> str:
    """What becomes of it; the state that it has now. `plain`: the same without the form that was refused."""
    with Session(engine, future=True) as session:
        hers = session.get(Conversation, parcel.conversation, with_for_update={"key_share": True})
        row = session.get(Delivery, parcel.id, with_for_update=True)
        if row is None:
            return "dropped"
        if (row.state, row.leased_by, row.attempt) != ("sending", parcel.owner, parcel.attempt):
            return row.state  # word of it came meanwhile
        if row.sealed is None and parcel.content is not None:  # "forget my data" came meanwhile
            state, values = "dropped", {}
        elif remedy is Remedy.PLAIN and plain and parcel.content:
            contents = [{**as_content(piece), "of": parcel.content["of"]} for piece in plain]
            state, values = "ready", {"attempt": parcel.attempt + 1, "sealed": keys.seal(contents[0])}
            for content in contents[1:]:
                add(session, [new(keys, channel.name, parcel.conversation, "message", content)])
            offers.number(session, [choice.id for choice in parcel.piece.choices])
        else:
            state, values = _after(parcel.kind, parcel.attempt, remedy)
        if state == "held":
            state = _held(session, keys, channel, hers, hers.heard_at != parcel.heard_at)
            values["was_held"] = True
        _set(session, _mine(parcel), state=state, failure=code[:80], **values, **_LET_GO)
        if parcel.kind == "seen":
            session.delete(row)
        session.commit()
    return state


_LET_GO: dict[str, Any] = {"leased_by": None, "leased_until": None}


def _mine(parcel: Parcel) -> ColumnElement:
    return and_(
        Delivery.id == parcel.id,
        Delivery.state == "sending",
        Delivery.leased_by == parcel.owner,
        Delivery.attempt == parcel.attempt,
    )


def _set(session: Session, which: ColumnElement, **values: Any) -> int:
    return session.execute(
        update(Delivery).where(which).values(**values).execution_options(synchronize_session=False)
    ).rowcount


def _after(kind: str, attempt: int, remedy: Remedy) -> tuple[str, dict[str, Any]]:
    """The state after a refusal, and what else is to be stored."""
    now = _now()
    given_up = kind == "seen" or attempt >= (SOME if remedy is Remedy.SOME else MOST)
    if remedy is Remedy.UNSURE and not given_up:  # each may have arrived: ever more rarely
        return "unsure", {"attempt": attempt + 1, "due_at": now + max(UNSURE_WAITS, pause(attempt))}
    if remedy is Remedy.INVITE:
        return ("held", {"attempt": attempt + 1}) if kind == "message" else ("dropped", {"sealed": None})
    if remedy in (Remedy.FINAL, Remedy.PLAIN) or given_up:
        return "dropped" if kind == "seen" else "failed", {"sealed": None}
    return "ready", {"attempt": attempt + 1, "due_at": now + pause(attempt)}


def pause(attempt: int) -> dt.timedelta:
    """1, 4, 16 … seconds, as Meta advises; at most a quarter of an hour."""
    return dt.timedelta(seconds=min(4 ** min(attempt, 6), LONGEST_PAUSE))


def _held(session: Session, keys: Keys, channel: Channel, hers: Conversation, wrote_since: bool) -> str:
    """Kept until she writes, and she is asked to, at most once a day; unless she wrote meanwhile. The caller holds the
    conversation's row."""
    if wrote_since:
        return "ready"
    since = _now() - INVITED_AGAIN
    asked = select(Delivery.id).where(
        Delivery.conversation == hers.id, Delivery.kind == "invitation", Delivery.created_at > since
    )
    if channel.invites and session.scalar(asked.limit(1)) is None:
        add(session, [new(keys, channel.name, hers.id, "invitation", {})])
    return "held"


# what became of them


_BEFORE = {
    "sent": ("sending", "unsure"),
    "delivered": ("ready", "sending", "unsure", "held", "sent"),
    "read": ("ready", "sending", "unsure", "held", "sent", "delivered"),
}
"""A status moves a message forwards only. `sent` and `failed` of one attempt come in any order, and `sent` says
nothing of the next attempt."""


def whose(session: Session, channel: Channel, items: Sequence[Progress]) -> list[str]:
    """The conversations of what was not delivered: they are held before any message is, as the sender holds them."""
    tokens = [item.opaque.partition(".")[0] for item in items if item.opaque]
    given = [item.given for item in items if item.given and not item.opaque]
    which = or_(Delivery.token.in_(tokens), Delivery.given.in_(given))
    return list(session.scalars(select(Delivery.conversation).where(Delivery.channel == channel.name, which)))


def progress(session: Session, keys: Keys, channel: Channel, item: Progress) -> int:
    """Note what the provider tells of a message; 0 when it is none of ours or was known."""
    token, _, attempt = (item.opaque or "").partition(".")
    which = and_(Delivery.channel == channel.name, Delivery.token == token if token else Delivery.given == item.given)
    if item.state == "failed":
        return _failed(session, keys, channel, which, attempt, item)
    told = {"of": channel.name, "name": token or item.given, "at": item.at, "their_id": item.given}
    if item.state == "sent":
        told["told_of"] = attempt
    return session.execute(_forwards(item.state, bool(token)), told).rowcount


@cache
def _forwards(state: str, by_token: bool) -> Update:
    which = [
        _table.c.channel == bindparam("of"),
        (_table.c.token if by_token else _table.c.given) == bindparam("name"),
        one_of(_table.c.state, _BEFORE[state]),
    ]
    values: dict[str, Any] = {"state": state, f"{state}_at": bindparam("at"), **_LET_GO}
    values["given"] = func.coalesce(bindparam("their_id", type_=String), _table.c.given)
    if state == "sent":
        which.append(bindparam("told_of", type_=String).in_([literal_column("''"), _attempt()]))
        values["attempt"] = case(  # what is told next may be of this one
            (bindparam("told_of") == literal_column("''"), _table.c.attempt), else_=_attempt(Integer)
        )
    else:
        values["sealed"] = None
    return update(_table).where(*which).values(values)


def _attempt(kind: type[TypeEngine] = String) -> ColumnElement:
    """The last one that left, as it is told."""
    return cast(case((Delivery.state == "unsure", Delivery.attempt - 1), else_=Delivery.attempt), kind)


def _failed(session: Session, keys: Keys, channel: Channel, which: ColumnElement, attempt: str, item: Progress) -> int:
    """Accepted once, and yet not delivered. Late word of an attempt that was followed by another changes nothing."""
    conversation = session.scalar(select(Delivery.conversation).where(which))
    if conversation is None:
        return 0
    hers = session.get(Conversation, conversation, with_for_update={"key_share": True})
    row = session.scalars(select(Delivery).where(which).with_for_update()).first()
    if row is None or row.state not in ("sending", "unsure", "sent") or row.kind == "seen":
        return 0
    tried = row.attempt - (row.state == "unsure")
    if attempt and attempt != str(tried):
        return 0
    remedy = item.remedy or Remedy.FINAL
    again = remedy in (Remedy.LATER, Remedy.SLOW, Remedy.UNSURE)
    state, values = _after(row.kind, tried, Remedy.SOME if again else remedy)
    if state == "held":
        wrote_since = hers.heard_at is not None and row.sent_at is not None and hers.heard_at > row.sent_at
        state = _held(session, keys, channel, hers, wrote_since)
        values["was_held"] = True
    _set(session, Delivery.id == row.id, state=state, failure=(item.code or "")[:80], given=None, **values, **_LET_GO)
    metrics.SENT.labels(channel.name, state).inc()
    with logs.bound(conversation=conversation, provider_code=item.code or ""):
        log.error("%s: a message that was taken was not delivered: state=%s", channel.name, state)
    return 1


def lost(engine: Engine, channel: str, alive: Sequence[str]) -> int:
    """What a process that is gone, or whose lease is over, had in hand: nobody knows whether it was sent. How many.
    `alive`: the channel's senders in this process; the end of a send that they could not note is lost as well."""
    now = _now()
    with Session(reading(engine), future=True) as session:
        rows = session.execute(
            select(Delivery.id, Delivery.leased_by, Delivery.leased_until, Delivery.kind).where(
                one_of(Delivery.state, OPEN), Delivery.channel == channel, Delivery.state == "sending"
            )
        ).all()
    gone = [row for row in rows if row.leased_until <= now or (row.leased_by not in alive and is_gone(row.leased_by))]
    if not gone:
        return 0
    with Session(engine, future=True) as session:
        for row in gone:
            same = and_(Delivery.id == row.id, Delivery.state == "sending", Delivery.leased_by == row.leased_by)
            if row.kind == "seen":
                session.execute(delete(Delivery).where(same).execution_options(synchronize_session=False))
            else:
                later = {"attempt": Delivery.attempt + 1, "due_at": now + UNSURE_WAITS}
                _set(session, same, state="unsure", failure="sender_gone", **later, **_LET_GO)
        session.commit()
    return len(gone)


def purge(engine: Engine) -> int:
    """What was never delivered is forgotten after KEPT, and what became of a message after KNOWN; how many."""
    now, removed = _now(), 0
    with Session(engine, future=True) as session:
        old = and_(Delivery.sealed.is_not(None), Delivery.created_at < now - KEPT)
        removed += _set(session, and_(old, Delivery.state == "held"), sealed=None, state="dropped")
        removed += _set(session, and_(old, Delivery.state == "sent"), sealed=None)
        session.commit()
    while True:
        with Session(engine, future=True) as session:
            oldest = session.execute(
                select(Delivery.id, Delivery.created_at, Delivery.state).order_by(Delivery.id).limit(BATCH)
            ).all()
            gone = [row.id for row in oldest if row.created_at < now - KNOWN and row.state not in OPEN]
            if not gone:
                return removed
            session.execute(delete(Delivery).where(Delivery.id.in_(gone)).execution_options(synchronize_session=False))
            session.commit()
            removed += len(gone)


def depth(engine: Engine) -> dict[str, float]:
    """How many wait to be sent, are held until she writes, and failed in the last day."""
    messages = select(Delivery.state, func.count()).where(Delivery.kind == "message").group_by(Delivery.state)
    recent = or_(Delivery.state == "held", Delivery.created_at > _now() - dt.timedelta(days=1))
    with Session(reading(engine), future=True) as session:
        waiting = dict(session.execute(messages.where(one_of(Delivery.state, OPEN))).all())
        left = dict(session.execute(messages.where(one_of(Delivery.state, LEFT), recent)).all())
        lines = session.scalar(select(func.count(Outbox.id)).where(Outbox.to_push)) or 0
    return {
        "to_send": lines + sum(waiting.values()),
        "held": left.get("held", 0),
        "not_delivered": left.get("failed", 0),
    }


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)

"""What came in: accepted once, answered once, one message of a conversation at a time and in the order of arrival.

A row is `waiting` until a worker takes it (`claim`: `working`, leased), then `done` together with its answers
(`settle`, in the transaction that ends the turn). A turn that fails waits RETRY_AFTER and is tried again; after the
last try the row is `dead` and an operator's (`bot dead`). Whatever a worker that died had in work is free again when
its lease is over, or at once where somebody on the same machine sees that the process is gone.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import socket
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql import Select

from bot.delivery import bell, offers
from bot.delivery.engine import reading, unsynced
from bot.delivery.models import Conversation, Inbox, one_of
from bot.keys import Keys, SealBroken
from bot.text.clean import clean
from bot.text.mask import mask

RETRY_AFTER = tuple(dt.timedelta(seconds=seconds) for seconds in (1, 5, 25))
LEASE = dt.timedelta(seconds=15)
RENEW_EVERY = 5.0
"""Seconds; three renewals fit into a lease."""
MOST_CLAIMS = 12
"""A message over which so many workers died is given up."""
SUSPECT = 3
"""A message that was in work at the death of so many workers is worked on alone: it takes no other along."""
OPEN = ("waiting", "working")
LONGEST_SHOWN = 4000


class UnknownConversation(Exception):
    """No conversation has this id."""


class LeaseLost(Exception):
    """Somebody else has the message now; whatever was made of it here is thrown away."""


@dataclass(frozen=True)
class Message:
    """A message in work: text, button, document ({"id", "kind", "size"}) or media ({"kind", "id", "mime", "name"}),
    which may bring a text along. `sent_at`: when she sent it, where the channel tells."""

    id: int
    message_id: str
    conversation: str
    received_at: dt.datetime
    attempts: int
    claims: int
    owner: str
    text: str | None = None
    button: str | None = None
    document: dict[str, Any] | None = None
    media: dict[str, Any] | None = None
    sent_at: dt.datetime | None = None

    @property
    def is_suspect(self) -> bool:
        return self.claims - 1 - self.attempts >= SUSPECT


@dataclass(frozen=True)
class Accepted:
    message_id: str
    new: bool
    """False when the same message had been accepted before."""


def message_id(of: str, given_id: str) -> str:
    """Ours: nobody can meet another conversation's messages by choosing an id."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"inbox:{of}:{given_id}").hex


def accept(
    engine: Engine,
    keys: Keys,
    *,
    conversation: str,
    given_id: str,
    text: str | None = None,
    button: str | None = None,
    document: dict[str, Any] | None = None,
) -> Accepted:
    """Commits: once this returns the message will be answered. Raises UnknownConversation."""
    row = new_row(keys, conversation, given_id, text=text, button=button, document=document)
    row["conversation"] = conversation
    ours = row["message_id"]
    with Session(engine, future=True) as session:
        # the row is held until the commit: what is acknowledged first has the lower number
        if session.scalar(_HELD, {"conversation": conversation}) is None:
            raise UnknownConversation(conversation)
        if button is not None and (offer := offers.find(session, conversation, button)):
            row["shown"] = keys.seal(offer.title)
        now = _now()
        try:
            session.execute(_NEW, {**row, "received_at": now, "due_at": now})
            bell.notify(session, bell.INBOX, conversation)
            session.commit()
        except IntegrityError:
            session.rollback()
            if session.scalar(select(Inbox.id).filter_by(message_id=ours)) is None:
                raise
            return Accepted(ours, new=False)  # it was accepted before
    return Accepted(ours, new=True)


def new_row(keys: Keys, of: str, given_id: str, **content: Any) -> dict[str, Any]:
    """What is stored of a message, but for its conversation and times. `of`: where its id is known, a conversation or a
    messenger. `content`: as in Message."""
    text = content.get("text")
    return {
        "message_id": message_id(of, given_id),
        "given_id": given_id,
        "sealed": keys.seal({key: value for key, value in content.items() if value is not None}),
        "shown": None if text is None else keys.seal(mask(clean(text[:LONGEST_SHOWN]))),
    }


# statements are put together once: that takes longer than to run them
_NEW = insert(Inbox.__table__)
_HELD = select(Conversation.id).where(Conversation.id == bindparam("conversation")).with_for_update(key_share=True)


def claim(engine: Engine, keys: Keys, owner: str) -> Message | None:
    """The oldest message that may be worked on now, leased to `owner`."""
    return next(iter(claim_some(engine, keys, owner, 1)), None)


def claim_some(engine: Engine, keys: Keys, owner: str, most: int) -> list[Message]:
    """The oldest messages that may be worked on now, each of another conversation, leased to `owner`. A suspect one
    comes alone."""
    now = _now()
    if engine.dialect.name == "sqlite":
        with Session(reading(engine), future=True) as session:  # who finds nothing holds no writer up
            if session.execute(_FREE, {"now": now, "most": 1}).first() is None:
                return []
    with Session(unsynced(engine), future=True) as session:
        rows = session.execute(_FREE_AND_HELD, {"now": now, "most": most}).all()
        messages = [_message(keys, owner, **row._mapping) for row in rows]
        messages = [message for place, message in enumerate(messages) if place == 0 or not message.is_suspect]
        if messages and messages[0].is_suspect:
            del messages[1:]
        if not messages:
            return []
        lease = {"state": "working", "leased_by": owner, "leased_until": now + LEASE}
        session.execute(_TAKE, [{**lease, "of": message.id, "claims": message.claims} for message in messages])
        session.commit()
    return messages


def _message(keys: Keys, owner: str, sealed: str, claims: int, **taken: Any) -> Message:
    try:
        content = keys.unseal(sealed)
    except SealBroken:
        content = {}  # the turn fails by it, and in the end an operator sees why
    if "sent_at" in content:
        content["sent_at"] = dt.datetime.fromisoformat(content["sent_at"])
    return Message(**taken, claims=claims + 1, owner=owner, **content)


def _free() -> Select:
    """What may be worked on `now`: waiting and due, or left by its worker, and first of its conversation."""
    earlier = aliased(Inbox)
    unanswered_before = (
        select(earlier.id)
        .where(earlier.conversation == Inbox.conversation, earlier.id < Inbox.id, one_of(earlier.state, OPEN))
        .exists()
    )
    free = or_(
        and_(Inbox.state == "waiting", Inbox.due_at <= bindparam("now")),
        and_(Inbox.state == "working", Inbox.leased_until <= bindparam("now")),
    )
    names = ("id", "message_id", "conversation", "received_at", "attempts", "claims", "sealed")
    return (
        select(*(getattr(Inbox, name) for name in names))
        .where(one_of(Inbox.state, OPEN), free, ~unanswered_before)
        .order_by(Inbox.id)
        .limit(bindparam("most", type_=Integer))
    )


_FREE = _free()
_FREE_AND_HELD = _FREE.with_for_update(skip_locked=True, of=Inbox)
_table = Inbox.__table__
_TAKE = update(_table).where(_table.c.id == bindparam("of"))


def renew(engine: Engine, messages: Sequence[Message]) -> None:
    """Of messages that are being worked on. One whose claim or end was lost with the database's answer is leased to us
    and nobody works on it: its lease has to end."""
    if not messages:
        return
    with Session(engine, future=True) as session:
        mine = update(Inbox).where(
            Inbox.state == "working",
            Inbox.id.in_([message.id for message in messages]),
            Inbox.leased_by.in_({message.owner for message in messages}),
        )
        session.execute(mine.values(leased_until=_now() + LEASE).execution_options(synchronize_session=False))
        session.commit()


def settle(session: Session, message: Message) -> None:
    """In the transaction that ends the turn: done, or LeaseLost."""
    _leave(session, message, state="done", sealed=None, finished_at=_now(), failure=None)


def put_back(engine: Engine, messages: Sequence[Message]) -> None:
    """Unfinished at the end of a worker: free at once, and not counted as a failure."""
    with Session(engine, future=True) as session:
        for message in messages:
            with suppress(LeaseLost):
                _leave(session, message, state="waiting", claims=message.claims - 1)
        session.commit()


def put_off(session: Session, message: Message, cause: str) -> bool:
    """After a failed turn: try again later, or dead. True when it is dead; the citizen is then told in the same
    transaction. `cause` names what failed and holds nothing that was typed."""
    attempts = message.attempts + 1
    dead = attempts > len(RETRY_AFTER) or message.claims > MOST_CLAIMS
    later = {} if dead else {"due_at": _now() + RETRY_AFTER[attempts - 1]}
    _leave(session, message, state="dead" if dead else "waiting", attempts=attempts, failure=cause[:200], **later)
    return dead


def _leave(session: Session, message: Message, **values: Any) -> None:
    mine = {"of": message.id, "mine": message.owner, "claimed": message.claims}
    if session.execute(_MINE, {**values, **mine, "leased_by": None, "leased_until": None}).rowcount != 1:
        raise LeaseLost(message.message_id)


_MINE = update(_table).where(
    _table.c.id == bindparam("of"),
    _table.c.state == "working",
    _table.c.leased_by == bindparam("mine"),
    _table.c.claims == bindparam("claimed"),
)


# who works


def new_owner() -> str:
    """host:pid:nonce. A process of the same pid that is not this one has another nonce."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}:{secrets.token_hex(4)}"


def free_the_dead(engine: Engine, alive: Sequence[str]) -> int:
    """Messages leased to processes of this machine that are gone may be taken at once; how many. `alive`: owners in
    this process."""
    with Session(reading(engine), future=True) as session:
        owners = session.scalars(select(Inbox.leased_by).where(Inbox.state == "working").distinct()).all()
    gone = [owner for owner in owners if owner not in alive and is_gone(owner)]
    if not gone:
        return 0
    with Session(engine, future=True) as session:
        theirs = update(Inbox).where(Inbox.state == "working", Inbox.leased_by.in_(gone))
        freed = session.execute(
            theirs.values(leased_until=_now()).execution_options(synchronize_session=False)
        ).rowcount
        session.commit()
    return freed


def is_gone(owner: str) -> bool:
    """Whether the process that leased by this name is known to have ended."""
    host, pid, _ = owner.rsplit(":", 2)
    if host != socket.gethostname()[:80]:
        return False  # another machine's: its lease ends by itself
    if int(pid) == os.getpid():
        return True  # the pid of this process, but not one of its owners: a process before it
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


# for operators


def depth(engine: Engine) -> dict[str, float]:
    """How many wait and are dead, and the seconds since the oldest that waits was received."""
    with Session(reading(engine), future=True) as session:
        counted = dict(
            session.execute(select(Inbox.state, func.count()).where(Inbox.state != "done").group_by(Inbox.state)).all()
        )
        oldest = session.scalar(select(func.min(Inbox.received_at)).where(one_of(Inbox.state, OPEN)))
    return {
        "waiting": counted.get("waiting", 0) + counted.get("working", 0),
        "dead": counted.get("dead", 0),
        "oldest_seconds": (_now() - oldest).total_seconds() if oldest else 0.0,
    }


def dead(engine: Engine) -> list[Inbox]:
    """Oldest first."""
    with Session(reading(engine), future=True) as session:
        return session.scalars(select(Inbox).where(Inbox.state == "dead").order_by(Inbox.id)).all()


def find_dead(engine: Engine, number: int) -> Inbox | None:
    with Session(reading(engine), future=True) as session:
        return session.scalar(select(Inbox).where(Inbox.id == number, Inbox.state == "dead"))


def replay(engine: Engine, number: int) -> bool:
    """Give a dead message to the workers again, with all its tries. False when it is not dead (any more)."""
    with Session(engine, future=True) as session:
        it = update(Inbox).where(Inbox.id == number, Inbox.state == "dead")
        again = it.values(state="waiting", attempts=0, claims=0, due_at=_now())
        changed = session.execute(again.execution_options(synchronize_session=False)).rowcount
        bell.notify(session, bell.INBOX, "")
        session.commit()
    return bool(changed)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)

"""What a messenger delivered, taken in one transaction: messages for the dialogue, word of ours, and what is neither.

Whatever is delivered again changes nothing. Names of people and of messages are stored as hashes and sealed: a
messenger's message ids may hold phone numbers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bot.channels.base import Channel, Incoming, Moved, Noted, Person, Progress, Said
from bot.delivery import bell, deliveries, inbox, offers
from bot.delivery.conversations import hold
from bot.delivery.models import Address, Conversation, Inbox, WebhookNote
from bot.keys import Keys

LONGEST_NOTE = 20_000
"""Characters of what is kept of something that is no turn."""
NOTES_KEPT = dt.timedelta(days=8)
"""Providers deliver again for up to seven days."""
KIND_ALONE = ("edit", "revoke", "reaction", "group", "echo", "other_number")
"""Notes that hold no more than that they came."""
AT_ONCE = 50
"""Items in one transaction."""
DEADLOCK = "40P01"
TRIES = 5
"""How often another process may make the same person's conversation at the same moment."""


def take(engine: Engine, keys: Keys, channel: Channel, items: Sequence[Incoming]) -> Counter[str]:
    """Commits: once this returns, every message will be answered. How many of each kind were new. Many items are taken
    in several transactions: SQLite has one writer, and whatever is taken twice is known."""
    taken: Counter[str] = Counter()
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        ready = _Ready(
            said=[(item, _row(keys, channel.name, item)) for item in some if isinstance(item, Said)],
            word=[_stored(item) for item in some if isinstance(item, Progress)],
            moved=[item for item in some if isinstance(item, Moved)],
            notes=[_note(keys, channel.name, item) for item in some if isinstance(item, Noted)],
        )
        taken += _take_at_once(engine, keys, channel, ready)
    return taken


@dataclass(frozen=True)
class _Ready:
    """Sealed and masked before the database is held."""

    said: list[tuple[Said, dict[str, Any]]]
    word: list[Progress]
    moved: list[Moved]
    notes: list[dict[str, Any]]


def _take_at_once(engine: Engine, keys: Keys, channel: Channel, ready: _Ready) -> Counter[str]:
    for tries_left in reversed(range(TRIES)):
        try:
            with Session(engine, future=True) as session:
                taken = _take(session, keys, channel, ready)
                session.commit()
                return taken
        except (IntegrityError, OperationalError) as error:
            deadlock = getattr(error.orig, "pgcode", None) == DEADLOCK
            if not tries_left or not (deadlock or isinstance(error, IntegrityError)):
                raise  # else somebody else met the same person for the first time
    raise AssertionError


def _take(session: Session, keys: Keys, channel: Channel, ready: _Ready) -> Counter[str]:
    now = _now()
    taken: Counter[str] = Counter()
    where = _conversations(session, keys, channel.name, {item.person for item, _ in ready.said}, now)
    failed = [item for item in ready.word if item.state == "failed"]
    # what is acknowledged first has the lower number
    hold(session, [*where.values(), *(deliveries.whose(session, channel, failed) if failed else ())])
    if ready.said:
        taken = _messages(session, keys, channel, ready.said, where, now)
    for item in sorted(ready.word, key=lambda item: item.opaque or ""):  # everybody in the same order: no deadlock
        taken[f"status_{item.state}"] += deliveries.progress(session, keys, channel, item)
    for item in ready.moved:
        _move(session, keys, channel.name, item)
    if ready.notes:
        session.execute(insert(WebhookNote.__table__), [{**note, "received_at": now} for note in ready.notes])
    taken.update(f"note_{note['kind']}" for note in ready.notes)
    return taken


# who writes


def _conversations(
    session: Session, keys: Keys, channel: str, people: Iterable[Person], now: dt.datetime
) -> dict[Person, str]:
    """Everybody's, made at her first message. Almost always all names of a person are known as hers or none is known:
    one look tells."""
    ordered = sorted(people, key=lambda person: person.ids)  # everybody in the same order: no deadlock
    if not ordered:
        return {}
    tags = {person: [keys.tags(channel, kind, value) for kind, value in person.ids] for person in ordered}
    looked_up = [tag for each in tags.values() for name in each for tag in name]
    known = dict(session.execute(_OF_TAGS, {"tags": looked_up}).all())
    where: dict[Person, str] = {}
    changed: set[str] = set()
    """Tags of which the look may say what is no longer so."""
    for person in ordered:
        hers = [tag for name in tags[person] for tag in name]
        found = {known.get(name[0]) for name in tags[person]}
        if len(found) == 1 and None not in found and changed.isdisjoint(hers):
            (where[person],) = found
            continue
        is_new = changed.isdisjoint(hers) and known.keys().isdisjoint(hers)
        where[person] = (_first if is_new else _conversation)(session, keys, channel, person, now)
        changed.update(hers, (tag for tag, conversation in known.items() if conversation == where[person]))
    return where


def _first(session: Session, keys: Keys, channel: str, person: Person, now: dt.datetime) -> str:
    made = secrets.token_hex(16)
    row = {"id": made, "channel": channel, "address": made, "last_seen": now}
    session.execute(insert(Conversation.__table__), row)
    names = [
        {"tag": keys.tags(channel, kind, value)[0], "conversation": made, "kind": kind, "sealed": keys.seal(value)}
        for kind, value in person.ids
    ]
    session.execute(insert(Address.__table__), names)
    return made


def _conversation(session: Session, keys: Keys, channel: str, person: Person, now: dt.datetime) -> str:
    """Hers, made at her first message. The strongest name decides. A weaker one (a phone number) that belonged to
    somebody with another stronger name is now this person's, who must not meet what was the other's."""
    known = {kind: _find(session, keys, channel, kind, value) for kind, value in person.ids}
    kinds = [kind for kind, _ in person.ids]
    conversation = None
    for place, kind in enumerate(kinds):
        row = known[kind]
        if row is not None and not _has_other(session, row.conversation, kinds[:place]):
            conversation = row.conversation
            break
    if conversation is None:
        conversation = secrets.token_hex(16)
        session.add(Conversation(id=conversation, channel=channel, address=conversation, last_seen=now))
        session.flush()
    for kind, value in person.ids:
        row, tag = known[kind], keys.tags(channel, kind, value)[0]
        if row is None or row.conversation != conversation:  # another one of this kind is hers no longer
            former = delete(Address).where(Address.conversation == conversation, Address.kind == kind)
            session.execute(former.execution_options(synchronize_session=False))
        if row is None:
            sealed = keys.seal(value)
            session.add(Address(tag=tag, conversation=conversation, kind=kind, sealed=sealed))
        elif row.conversation != conversation or row.tag != tag:  # hers now, or made with an older secret
            row.conversation, row.tag, row.sealed = conversation, tag, keys.seal(value)
    session.flush()
    return conversation


def _find(session: Session, keys: Keys, channel: str, kind: str, value: str) -> Address | None:
    return session.scalars(select(Address).where(Address.tag.in_(keys.tags(channel, kind, value)))).first()


def _has_other(session: Session, conversation: str, kinds: Sequence[str]) -> bool:
    """Whether the conversation belongs to a stronger name already."""
    found = select(Address.tag).where(Address.conversation == conversation, Address.kind.in_(kinds)).limit(1)
    return bool(kinds) and session.scalar(found) is not None


def _move(session: Session, keys: Keys, channel: str, moved: Moved) -> None:
    """Nothing goes there any more, unless somebody wrote from there since: by then it is hers."""
    conversations = select(Address.conversation).where(Address.tag.in_(keys.tags(channel, moved.kind, moved.value)))
    newer = Conversation.heard_at > moved.at
    if session.scalar(select(Conversation.id).where(Conversation.id.in_(conversations), newer).limit(1)) is None:
        gone = delete(Address).where(Address.tag.in_(keys.tags(channel, moved.kind, moved.value)))
        session.execute(gone.execution_options(synchronize_session=False))


# what they say


def _messages(
    session: Session,
    keys: Keys,
    channel: Channel,
    said: list[tuple[Said, dict[str, Any]]],
    where: dict[Person, str],
    now: dt.datetime,
) -> Counter[str]:
    known = set(session.scalars(_OF_IDS, {"ids": [row["message_id"] for _, row in said]}))
    new: dict[str, tuple[Said, dict[str, Any]]] = {}
    for item, row in said:
        if row["message_id"] not in known:
            hers = {"conversation": where[item.person], "received_at": now, "due_at": now}
            new.setdefault(row["message_id"], (item, {**row, **hers}))
    if not new:
        return Counter()
    newest: dict[str, Said] = {}
    for item, row in new.values():
        conversation = row["conversation"]
        if item.button is not None and (offer := offers.find(session, conversation, item.button)):
            row["shown"] = keys.seal(offer.title)
        if conversation not in newest or item.at >= newest[conversation].at:
            newest[conversation] = item
    session.execute(insert(Inbox.__table__), [row for _, row in new.values()])
    session.execute(_HEARD, [{"hers": hers, "sent": item.at} for hers, item in newest.items()])
    deliveries.heard(session, keys, channel, newest, now)
    bell.notify(session, bell.INBOX, "")
    return Counter({"message": len(new)})


# statements are put together once: that takes longer than to run them
_OF_TAGS = select(Address.tag, Address.conversation).where(Address.tag.in_(bindparam("tags", expanding=True)))
_OF_IDS = select(Inbox.message_id).where(Inbox.message_id.in_(bindparam("ids", expanding=True)))
_table = Conversation.__table__
_HEARD = (
    update(_table)
    .where(_table.c.id == bindparam("hers"), or_(_table.c.heard_at.is_(None), _table.c.heard_at < bindparam("sent")))
    .values(heard_at=bindparam("sent"))
)


def _row(keys: Keys, channel: str, item: Said) -> dict[str, Any]:
    """Its id is the messenger's: it is known also when she is met under another name by the time it comes again."""
    content: dict[str, Any] = {"text": item.text, "button": item.button, "sent_at": item.at.isoformat()}
    if item.media:
        content["media"] = {key: value for key, value in vars(item.media).items() if value is not None}
    return inbox.new_row(keys, channel, hashed(item.given), **content)


def _stored(item: Progress) -> Progress:
    return replace(item, given=item.given and hashed(item.given))


def hashed(given: str) -> str:
    """A provider's id of a message as it is stored: it may hold a phone number, and cannot be guessed."""
    return hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()


def _note(keys: Keys, channel: str, item: Noted) -> dict[str, Any]:
    """What others wrote, or what she took back, is not ours to keep."""
    sealed = None
    if item.kind not in KIND_ALONE:
        with suppress(TypeError, ValueError, RecursionError):
            sealed = keys.seal(json.dumps(item.raw, ensure_ascii=True)[:LONGEST_NOTE])
    return {"channel": channel, "kind": item.kind[:40], "sealed": sealed}


def purge(engine: Engine) -> int:
    """Remove notes whose time is over; how many."""
    with Session(engine, future=True) as session:
        old = delete(WebhookNote).where(WebhookNote.received_at < _now() - NOTES_KEPT)
        removed = session.execute(old.execution_options(synchronize_session=False)).rowcount
        session.commit()
    return removed


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)

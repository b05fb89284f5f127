"""What must hold once the dust has settled, looked up in the bot's database and in what the citizens' streams carried.

Each broken promise is a `Broken`: its kind, one of

    lost      acknowledged, and not in the inbox; or in the inbox, and no line answers it
    twice     answered more than once, or with other lines than it should be
    order     lines in another order than the messages came; or the inbox in another than they were sent
    numbers   the lines of a conversation are not numbered 1, 2, 3 …
    stream    what the streams carried is not what the outbox holds
    tracker   the dialogue's memory lacks a message, or has one twice or in the wrong place
    stuck     still waiting or in work
    dead      given up

and where, without a word of what was said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.bench.citizens import Citizen
from bot.delivery.engine import reading
from bot.delivery.inbox import OPEN
from bot.delivery.models import Inbox, Outbox, TrackerEvent
from bot.keys import Keys

KINDS = ("lost", "twice", "order", "numbers", "stream", "tracker", "stuck", "dead")
LOOK_EVERY = 0.05
PAST_THE_TRACKER = ("utter_offer_unknown", "utter_offer_over")
"""Answers for which the dialogue is not asked."""

Wanted = Callable[[str], Sequence[str] | None]
"""Given id → the names of the lines that must answer it; None where any will do."""


class Broken(NamedTuple):
    kind: str
    what: str


async def settled(engine: Engine, citizens: Sequence[Citizen], patience: float) -> bool:
    """Wait until nothing is waiting or in work and every stream has caught up; False when that takes too long."""
    deadline = asyncio.get_running_loop().time() + patience
    while asyncio.get_running_loop().time() < deadline:
        if await asyncio.to_thread(_is_quiet, engine, citizens):
            return True
        await asyncio.sleep(LOOK_EVERY)
    return False


def _is_quiet(engine: Engine, citizens: Sequence[Citizen]) -> bool:
    with Session(reading(engine), future=True) as session:
        if session.scalar(select(Inbox.id).where(Inbox.state.in_(OPEN)).limit(1)) is not None:
            return False
        mine = [citizen.conversation for citizen in citizens]
        last = dict(
            session.execute(
                select(Outbox.conversation, func.max(Outbox.number))
                .where(Outbox.conversation.in_(mine))
                .group_by(Outbox.conversation)
            ).all()
        )
    return all(citizen.last >= last.get(citizen.conversation, 0) for citizen in citizens)


def broken(
    engine: Engine, keys: Keys, citizens: Iterable[Citizen], wanted: Wanted = lambda given: None
) -> list[Broken]:
    found: list[Broken] = []
    with Session(reading(engine), future=True) as session:
        for state, number in session.execute(
            select(Inbox.state, func.count()).where(Inbox.state != "done").group_by(Inbox.state)
        ):
            found.append(Broken("dead" if state == "dead" else "stuck", f"{number} messages"))
        for citizen in citizens:
            found += [Broken(kind, f"{what} (conversation {citizen.conversation})")
                      for kind, what in _broken(session, keys, citizen, wanted)]  # fmt: skip
    return found


def _broken(session: Session, keys: Keys, citizen: Citizen, wanted: Wanted) -> Iterable[tuple[str, str]]:
    of = citizen.conversation
    inbox = session.scalars(select(Inbox).where(Inbox.conversation == of).order_by(Inbox.id)).all()
    outbox = session.scalars(select(Outbox).where(Outbox.conversation == of).order_by(Outbox.number)).all()
    users = session.scalars(
        select(TrackerEvent.data)
        .where(TrackerEvent.conversation == of, TrackerEvent.type == "user")
        .order_by(TrackerEvent.id)
    ).all()
    yield from _arrival(citizen, inbox)
    yield from _answers(inbox, outbox, wanted)
    yield from _streams(keys, citizen, outbox)
    yield from _tracker(inbox, outbox, users)


def _arrival(citizen: Citizen, inbox: Sequence[Inbox]) -> Iterable[tuple[str, str]]:
    arrived = [row.given_id for row in inbox]
    for given in citizen.acknowledged:
        if given not in arrived:
            yield "lost", f"message {given} was acknowledged and is not in the inbox"
    if len(set(arrived)) != len(arrived):
        yield "twice", "a message is in the inbox twice"
    sent = [given for given in citizen.acknowledged if given in arrived]
    if sent != [given for given in arrived if given in citizen.acknowledged]:
        yield "order", "the inbox holds messages in another order than they were sent in"


def _answers(inbox: Sequence[Inbox], outbox: Sequence[Outbox], wanted: Wanted) -> Iterable[tuple[str, str]]:
    numbers = [line.number for line in outbox]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "numbers", f"the lines are numbered {numbers}"
    # a notice may stand between two answers, not within one
    groups = [(asked, [line.name for line in lines]) for asked, lines in groupby(outbox, lambda line: line.inbox)]
    answered = [asked for asked, _ in groups if asked is not None]
    order = [row.id for row in inbox]
    for row in inbox:
        if row.state == "done" and row.id not in answered:
            yield "lost", f"message {row.given_id} is done, and nothing answers it"
    if len(set(answered)) != len(answered):
        yield "twice", "a message has two groups of lines"
    if list(dict.fromkeys(answered)) != [asked for asked in order if asked in answered]:
        yield "order", f"messages {order} were answered in the order {answered}"
    said = {asked: names for asked, names in groups}
    for row in inbox:
        names = wanted(row.given_id)
        if names is not None and row.id in said and said[row.id] != list(names):
            yield "twice", f"message {row.given_id} is answered with {said[row.id]} in place of {list(names)}"


def _streams(keys: Keys, citizen: Citizen, outbox: Sequence[Outbox]) -> Iterable[tuple[str, str]]:
    seen = [event["number"] for event in citizen.seen]
    if seen != [line.number for line in outbox]:
        yield "stream", f"the streams carried the numbers {seen} of {len(outbox)} lines"
        return
    for event, line in zip(citizen.seen, outbox, strict=True):
        body: dict[str, Any] = keys.unseal(line.body) if line.body else {}
        said = (event["text"], event["buttons"])
        if not event["hidden"] and said != (body.get("text", ""), body.get("buttons", [])):
            yield "stream", f"line {line.number} reads otherwise in the stream"


def _tracker(inbox: Sequence[Inbox], outbox: Sequence[Outbox], users: Sequence[Any]) -> Iterable[tuple[str, str]]:
    past = {line.inbox for line in outbox if line.name in PAST_THE_TRACKER}
    expected = [row.message_id for row in inbox if row.state == "done" and row.id not in past]
    events = [data["message_id"] for data in users]
    if len(set(events)) != len(events):
        yield "tracker", "a message stands in the tracker twice"
    heard = list(dict.fromkeys(event.partition("#")[0] for event in events))
    if heard != expected:
        yield "tracker", f"{len(heard)} messages in the tracker, {len(expected)} answered, or another order"

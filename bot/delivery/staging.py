"""Lines of the outbox, made into messages of a messenger, in their order.

What is made here may be forgotten until it is committed: the lines are there to be made into messages again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Integer, bindparam, func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from bot import logs
from bot.answers import Answers
from bot.channels.base import Channel
from bot.channels.pieces import numbered, pieces, words
from bot.delivery import deliveries, offers
from bot.delivery.conversations import hold
from bot.delivery.models import Conversation, Outbox
from bot.keys import Keys, SealBroken

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Conversations."""


@dataclass(frozen=True)
class Staged:
    """One conversation's new lines (their ids) as messages (rows of `delivery`). `numbered`: ids of offers that are
    shown as lines of text, in the order of their numbers."""

    conversation: str
    lines: list[int]
    messages: list[dict[str, Any]]
    numbered: list[str]


def stage(session: Session, keys: Keys, channel: Channel, answers: Answers, unsayable: set[str]) -> list[Staged]:
    """Only reads. `unsayable`: conversations left out, to which those are added whose lines cannot be made into
    messages: they stay, for a mended version, and hold up nobody else."""
    given = {"channel": channel.name, "most": AT_ONCE + len(unsayable)}
    languages = {hers: language for hers, language in session.execute(_TO_PUSH, given) if hers not in unsayable}
    if not languages:
        return []
    lines: dict[str, list[Row]] = {hers: [] for hers in languages}
    for line in session.execute(_LINES, {"theirs": list(languages)}):
        lines[line.conversation].append(line)
    staged = []
    for hers, language in languages.items():
        try:
            staged.append(_staged(keys, channel, answers, hers, language, lines[hers]))
        except Exception as error:
            log.error("lines of conversation=%s cannot be sent: %s", hers, logs.place(error))
            unsayable.add(hers)
    return staged


def _staged(
    keys: Keys, channel: Channel, answers: Answers, conversation: str, language: str, lines: list[Row]
) -> Staged:
    messages: list[dict[str, Any]] = []
    shown: list[str] = []
    for _, group in groupby(lines, key=lambda line: line.inbox or -line.id):
        turn = list(group)
        said = [(line, body) for line in turn if (body := _body(keys, line)) is not None]
        bodies = [body for _, body in said]
        made = pieces(bodies, channel.limits, words(answers.labels, language), language)
        shown += numbered(bodies, made)
        private = [line for line, _ in said if line.personal]
        of = {"citizen": private[-1].citizen, "name": private[-1].name} if private else None
        for piece in made:
            content = {**deliveries.as_content(piece), "of": of}
            messages.append(
                deliveries.new(keys, channel.name, conversation, "message", content, turn[-1].id, turn[0].created_at)
            )
    return Staged(conversation, [line.id for line in lines], messages, shown)


def _body(keys: Keys, line: Row) -> dict[str, Any] | None:
    try:
        return None if line.body is None else keys.unseal(line.body)
    except SealBroken:  # as in the history: nothing else is lost with it
        return None


def put(session: Session, staged: Sequence[Staged]) -> None:
    """In the caller's transaction. Left out: conversations whose lines changed since ("forget my data", another
    sender); what is still to be sent there is staged again."""
    if not staged:
        return
    hold(session, [each.conversation for each in staged])
    still = set(session.scalars(_STILL, {"lines": [line for each in staged for line in each.lines]}))
    whole = [each for each in staged if still.issuperset(each.lines)]
    if not whole:
        return
    session.execute(_STAGED, {"lines": [line for each in whole for line in each.lines]})
    offers.unnumber(session, [each.conversation for each in whole])
    for each in whole:
        offers.number(session, each.numbered)
    deliveries.add(session, [message for each in whole for message in each.messages])


# statements are put together once: that takes longer than to run them
_first = (
    select(Outbox.conversation, func.min(Outbox.id).label("first"))
    .where(Outbox.to_push)
    .group_by(Outbox.conversation)
    .subquery()
)
_TO_PUSH = (
    select(Conversation.id, Conversation.language)
    .join(_first, _first.c.conversation == Conversation.id)
    .where(Conversation.channel == bindparam("channel"))
    .order_by(_first.c.first)
    .limit(bindparam("most", type_=Integer))
)
_names = ("id", "conversation", "inbox", "name", "personal", "citizen", "body", "created_at")
_LINES = (
    select(*(getattr(Outbox, name) for name in _names))
    .where(Outbox.conversation.in_(bindparam("theirs", expanding=True)), Outbox.to_push)
    .order_by(Outbox.conversation, Outbox.number)
)
_STILL = select(Outbox.id).where(Outbox.id.in_(bindparam("lines", expanding=True)), Outbox.to_push)
_table = Outbox.__table__
_STAGED = update(_table).where(_table.c.id.in_(bindparam("lines", expanding=True))).values(to_push=False)

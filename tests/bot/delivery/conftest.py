from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.delivery import inbox, outbox
from bot.delivery.conversations import conversation_at
from bot.delivery.inbox import Message
from bot.delivery.models import Conversation, Inbox
from bot.keys import Keys


@pytest.fixture
def keys() -> Keys:
    return Keys(("a secret of the tests, long enough for one",))


class Post:
    """Conversations, and what comes into them."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self.engine, self.keys = engine, keys
        self.hers, self.his = (conversation_at(engine, "test", who) for who in ("hers", "his"))

    def accept(self, conversation: str, given: str, text: str | None = None, **content: Any) -> inbox.Accepted:
        said = text if text is not None or content else given
        return inbox.accept(self.engine, self.keys, conversation=conversation, given_id=given, text=said, **content)

    def claim(self, owner: str = "somebody") -> Message | None:
        return inbox.claim(self.engine, self.keys, owner)

    def settle(self, message: Message) -> None:
        with Session(self.engine, future=True) as session:
            inbox.settle(session, message)
            session.commit()

    def put_off(self, message: Message, cause: str = "away") -> bool:
        with Session(self.engine, future=True) as session:
            dead = inbox.put_off(session, message, cause)
            session.commit()
        return dead

    def say(self, conversation: str, *texts: str, **more: Any) -> None:
        answers = [{"name": "utter_said", "text": text, "buttons": [], "personal": "citizen" in more} for text in texts]
        with Session(self.engine, future=True) as session:
            outbox.say(session, self.keys, conversation, answers, **more)
            session.commit()

    def lines(self, conversation: str, **which: Any) -> list[outbox.Line]:
        return outbox.read(self.engine, self.keys, conversation, **which)

    def texts(self, conversation: str, **which: Any) -> list[str]:
        return [line.body["text"] for line in self.lines(conversation, **which)]

    def rows(self) -> list[Inbox]:
        with Session(self.engine, future=True) as session:
            return session.query(Inbox).order_by(Inbox.id).all()

    def later(self, **seconds: float) -> None:
        """Time passes: what is due or leased becomes so much older."""
        by = dt.timedelta(**seconds)
        with Session(self.engine, future=True) as session:
            for row in session.query(Inbox).filter(Inbox.state.in_(("waiting", "working"))):
                row.due_at -= by
                row.leased_until = row.leased_until and row.leased_until - by
            session.commit()


@pytest.fixture
def post(bot_engine: Engine, keys: Keys) -> Post:
    """On an empty database of the bot, of each kind."""
    return Post(bot_engine, keys)


class Dialogue:
    """In place of the agent: answers "to <text>", does what `behaviour` does before."""

    def __init__(self, post: Post, behaviour: Callable[[Message], Any] | None = None) -> None:
        self.post = post
        self.behaviour = behaviour
        self.inside: list[str] = []
        self.met: list[tuple[str, ...]] = []

    async def turn(self, message: Message) -> list[dict[str, Any]]:
        self.inside.append(message.text)
        self.met.append(tuple(self.inside))
        try:
            if self.behaviour:
                await self.behaviour(message)
            await asyncio.to_thread(self._commit, message)
        finally:
            self.inside.remove(message.text)
        return []

    def _commit(self, message: Message) -> None:
        with Session(self.post.engine, future=True) as session:
            inbox.settle(session, message)
            answer = {"name": "utter_said", "text": f"to {message.text}", "buttons": []}
            outbox.say(session, self.post.keys, message.conversation, [answer], inbox=message.id)
            session.commit()

    def apology(self, message: Message, row: Conversation) -> dict[str, Any]:
        return {"name": "utter_error_unavailable", "text": "sorry", "buttons": []}


def make_due(post: Post) -> None:
    with Session(post.engine, future=True) as session:
        session.execute(update(Inbox).values(due_at=dt.datetime.now(dt.timezone.utc)))
        session.commit()

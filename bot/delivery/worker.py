"""Takes messages from the inbox and has them answered; conversations side by side, each in its order.

A turn ends by itself with one transaction (`bot/turn.py`). What is decided here is only what becomes of one that
failed: tried again after 1, 5 and 25 seconds, then dead, and the citizen is told so once.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import logs, metrics
from bot.delivery import inbox, outbox
from bot.delivery.bell import Bell
from bot.delivery.inbox import LeaseLost, Message
from bot.delivery.models import Conversation, Outbox
from bot.keys import Keys

log = logging.getLogger(__name__)

SIDE_BY_SIDE = 16
"""Turns at the same time; most of a turn's waiting is for the action server."""
AT_ONCE = 4
"""Messages taken in one transaction; more would wait here while another worker has nothing to do."""
LOOK_EVERY = 0.25
"""Seconds between two looks when nothing rings: messages put off become due, leases end."""
LONGEST_TURN = 45.0
"""Seconds; several actions may each take their time-out."""
FOR_THE_OTHERS = 5.0
"""Seconds that a suspect message waits for turns that were at work before it."""
FAREWELL = 10.0
"""Seconds that turns in work are given when the worker ends."""


_keeper = ThreadPoolExecutor(1, thread_name_prefix="leases")
"""Leases are renewed also while all other threads wait for a database."""


class TurnFailed(Exception):
    """Something that the turn needed was away; the text names it and holds nothing that was typed."""


class Dialogue(Protocol):
    """What answers: `bot.turn.Assistant`."""

    async def turn(self, message: Message) -> list[dict[str, Any]]:
        """Answers and settles, in one transaction; raises TurnFailed, LeaseLost or what went wrong."""

    def apology(self, message: Message, row: Conversation) -> dict[str, Any]: ...


class Worker:
    def __init__(self, engine: Engine, keys: Keys, bell: Bell, dialogue: Dialogue) -> None:
        self.engine = engine
        self.keys = keys
        self.bell = bell
        self.dialogue = dialogue
        self.owner = inbox.new_owner()
        self._at_work: dict[asyncio.Task, Message] = {}

    async def run(self, over: asyncio.Event) -> None:
        """Until `over`; turns in work are then finished or put back."""
        keeping = asyncio.create_task(self._keep_leases())
        ending = asyncio.create_task(over.wait())
        try:
            while not over.is_set():
                self.bell.inbox.clear()
                await self._take_all(over)
                ringing = asyncio.create_task(self.bell.inbox.wait())
                slot_free = list(self._at_work) if len(self._at_work) >= SIDE_BY_SIDE else []
                waiting = [ringing, ending] if not slot_free else [ending, *slot_free]
                await asyncio.wait(waiting, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
                ringing.cancel()
        finally:
            ending.cancel()
            await self._finish()
            keeping.cancel()

    async def step(self) -> bool:
        """Work on one message, if there is one, until its turn is over."""
        message = await asyncio.to_thread(inbox.claim, self.engine, self.keys, self.owner)
        if message is not None:
            await self._work(message)
        return message is not None

    async def _take_all(self, over: asyncio.Event) -> None:
        while (room := SIDE_BY_SIDE - len(self._at_work)) > 0 and not over.is_set():
            if any(message.is_suspect for message in self._at_work.values()):
                return  # it is worked on alone
            try:
                messages = await asyncio.to_thread(
                    inbox.claim_some, self.engine, self.keys, self.owner, min(room, AT_ONCE)
                )
            except SQLAlchemyError as error:
                log.error("the inbox cannot be read: %s", type(error).__name__)
                return
            if not messages:
                return
            for message in messages:
                others = list(self._at_work)
                task = asyncio.create_task(self._alone(message, others) if message.is_suspect else self._work(message))
                self._at_work[task] = message
                task.add_done_callback(self._done)

    async def _alone(self, message: Message, others: list[asyncio.Task]) -> None:
        """One over which workers died takes nobody else's turn with it, should it happen again."""
        if others:
            await asyncio.wait(others, timeout=FOR_THE_OTHERS)
        await self._work(message)

    def _done(self, task: asyncio.Task) -> None:
        self._at_work.pop(task, None)
        self.bell.ring_inbox()  # the next message of this conversation may be waiting

    async def _work(self, message: Message) -> None:
        with logs.bound(conversation=message.conversation):
            await self._answer(message)

    async def _answer(self, message: Message) -> None:
        if message.claims == 1:
            metrics.QUEUE_AGE.observe(max(0.0, (_now() - message.received_at).total_seconds()))
        began, outcome = time.monotonic(), "failed"
        try:
            if message.claims > inbox.MOST_CLAIMS:
                raise TurnFailed("workers died over it")
            await asyncio.wait_for(self.dialogue.turn(message), LONGEST_TURN)
            outcome = "answered"
        except LeaseLost:
            outcome = "taken_over"
            log.warning("another worker has this message")
        except Exception as error:
            expected = isinstance(error, (TurnFailed, SQLAlchemyError, asyncio.TimeoutError))
            cause = (
                str(error) if isinstance(error, TurnFailed) else type(error).__name__ if expected else logs.place(error)
            )
            log.error("turn failed: attempt=%d cause=%s", message.attempts + 1, cause)
            await self._put_off(message, cause)
        finally:
            metrics.TURN.labels(outcome).observe(time.monotonic() - began)
        self.bell.ring_outbox(message.conversation)

    async def _put_off(self, message: Message, cause: str) -> None:
        try:
            await asyncio.to_thread(self._after_failure, message, cause)
        except LeaseLost:
            log.warning("another worker has this message")
        except SQLAlchemyError as error:  # its lease ends by itself
            log.error("a failed turn could not be noted: %s", type(error).__name__)

    def _after_failure(self, message: Message, cause: str) -> None:
        with Session(self.engine, future=True) as session:
            conversation = session.get(Conversation, message.conversation, with_for_update={"key_share": True})
            if inbox.put_off(session, message, cause) and not self._was_told(session, message):
                sorry = self.dialogue.apology(message, conversation)
                outbox.say(session, self.keys, message.conversation, [sorry], inbox=message.id)
            session.commit()

    def _was_told(self, session: Session, message: Message) -> bool:
        """Replayed by an operator, it failed again: she was told the first time."""
        return session.scalar(select(Outbox.id).where(Outbox.inbox == message.id).limit(1)) is not None

    async def _keep_leases(self) -> None:
        while True:
            try:
                at_work = list(self._at_work.values())
                await asyncio.get_running_loop().run_in_executor(_keeper, inbox.renew, self.engine, at_work)
                if await asyncio.to_thread(inbox.free_the_dead, self.engine, [self.owner]):
                    self.bell.ring_inbox()
            except SQLAlchemyError as error:
                log.error("leases cannot be renewed: %s", type(error).__name__)
            await asyncio.sleep(inbox.RENEW_EVERY)

    async def _finish(self) -> None:
        if self._at_work:
            await asyncio.wait(list(self._at_work), timeout=FAREWELL)
        left = dict(self._at_work)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(list(left), timeout=1)
            await asyncio.to_thread(inbox.put_back, self.engine, list(left.values()))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)

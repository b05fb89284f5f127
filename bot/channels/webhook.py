"""The routes of a messenger's webhook: `/webhooks/<channel>/webhook`, as Rasa names them.

200 only after the commit: what was acknowledged is nowhere else. Whatever fails before is delivered again. Each message
of ours brings three statuses back, so requests that come while others are being written share the next transaction.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, text
from sqlalchemy.exc import OperationalError

from bot import metrics
from bot.channels.base import Channel, Incoming, Progress
from bot.channels.body import read_body
from bot.channels.door import Door
from bot.delivery import received
from bot.delivery.engine import unsynced

SIDE_BY_SIDE = 4
"""Transactions at the same time; on SQLite, which has one writer, one."""


def add_webhook(app: Sanic, door: Door, channel: Channel) -> None:
    path = f"/webhooks/{channel.name}/webhook"
    intake = Intake(door, channel)

    @app.get(path, name=f"{channel.name}_handshake")
    async def handshake(request: Request) -> HTTPResponse:
        return text(channel.handshake({name: values[0] for name, values in request.args.items()}))

    @app.post(path, name=f"{channel.name}_webhook", stream=True)
    async def webhook(request: Request) -> HTTPResponse:
        began = time.perf_counter()
        body = await read_body(request, channel.largest_body)
        channel.prove({name.lower(): value for name, value in request.headers.items()}, body)
        await intake.take(channel.read(body))
        door.bell.ring_inbox()
        metrics.ACKNOWLEDGE.labels(channel.name).observe(time.perf_counter() - began)
        return text("")


class Intake:
    """What requests brought, written for several of them at once."""

    def __init__(self, door: Door, channel: Channel) -> None:
        self.door, self.channel = door, channel
        self._side_by_side = 1 if door.engine.dialect.name == "sqlite" else SIDE_BY_SIDE
        self._threads = ThreadPoolExecutor(self._side_by_side, thread_name_prefix="webhook")
        self._waiting: list[tuple[Sequence[Incoming], asyncio.Future[None]]] = []
        self._writing: set[asyncio.Task] = set()

    async def take(self, items: Sequence[Incoming]) -> None:
        """Returns once they are committed; raises what kept them from it."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((items, done))
        if len(self._writing) < self._side_by_side:
            self._writing.add(asyncio.create_task(self._write_all()))
        await done

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._write(self._next())
        finally:  # at once, not in a callback: who comes in between would wait for nobody
            self._writing.discard(asyncio.current_task())

    def _next(self) -> list[tuple[Sequence[Incoming], asyncio.Future[None]]]:
        """As many as fit into one transaction."""
        count = size = 0
        for items, _ in self._waiting:
            size += len(items)
            if count and size > received.AT_ONCE:
                break
            count += 1
        some, self._waiting = self._waiting[:count], self._waiting[count:]
        return some

    async def _write(self, some: Sequence[tuple[Sequence[Incoming], asyncio.Future[None]]]) -> None:
        error = await self._tried([item for items, _ in some for item in items])
        if error is not None and len(some) > 1 and not _is_away(error):
            for each in some:  # what spoils one takes no other along
                await self._write([each])
            return
        for _, done in some:
            if not done.done():  # else its request is gone
                done.set_result(None) if error is None else done.set_exception(error)

    async def _tried(self, items: Sequence[Incoming]) -> Exception | None:
        try:
            taken = await asyncio.get_running_loop().run_in_executor(self._threads, self._take, items)
        except Exception as error:
            return error
        for kind, count in taken.items():
            metrics.RECEIVED.labels(self.channel.name, kind).inc(count)
        return None

    def _take(self, items: Sequence[Incoming]) -> Counter[str]:
        # word of our own messages may be forgotten when the power fails: the provider knows it still
        only_word = all(isinstance(item, Progress) for item in items)
        engine = unsynced(self.door.engine) if only_word else self.door.engine
        return received.take(engine, self.door.keys, self.channel, items)


def _is_away(error: Exception) -> bool:
    """The database: each request would wait as long for it again. One that PostgreSQL names (`pgcode`: a statement that
    took too long, say) is of one request."""
    return isinstance(error, OperationalError) and getattr(error.orig, "pgcode", None) is None

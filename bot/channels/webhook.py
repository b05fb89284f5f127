"""The routes of a messenger's webhook: `/webhooks/<channel>/webhook`, as Rasa names them.

200 only after the commit: what was acknowledged is nowhere else. Whatever fails before is delivered again.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, text

from bot import metrics
from bot.channels.base import Channel, Progress
from bot.channels.door import Door
from bot.channels.errors import TooLarge, TooSlow
from bot.delivery import received
from bot.delivery.engine import unsynced

LONGEST_BODY_TIME = 30.0
"""Seconds in which a request has to arrive."""

_acceptors = ThreadPoolExecutor(4, thread_name_prefix="webhook")


def add_webhook(app: Sanic, door: Door, channel: Channel) -> None:
    path = f"/webhooks/{channel.name}/webhook"

    @app.get(path, name=f"{channel.name}_handshake")
    async def handshake(request: Request) -> HTTPResponse:
        return text(channel.handshake({name: values[0] for name, values in request.args.items()}))

    @app.post(path, name=f"{channel.name}_webhook", stream=True)
    async def webhook(request: Request) -> HTTPResponse:
        began = time.perf_counter()
        try:
            body = await asyncio.wait_for(_body(request, channel.largest_body), LONGEST_BODY_TIME)
        except asyncio.TimeoutError:
            raise TooSlow from None
        headers = {name.lower(): value for name, value in request.headers.items()}
        await asyncio.get_running_loop().run_in_executor(_acceptors, partial(_take, door, channel, headers, body))
        door.bell.ring_inbox()
        metrics.ACKNOWLEDGE.labels(channel.name).observe(time.perf_counter() - began)
        return text("")


def _take(door: Door, channel: Channel, headers: dict[str, str], body: bytes) -> None:
    channel.prove(headers, body)
    items = channel.read(body)
    # word of our own messages may be forgotten when the power fails: the provider knows it still
    only_word = all(isinstance(item, Progress) for item in items)
    engine = unsynced(door.engine) if only_word else door.engine
    for kind, count in received.take(engine, door.keys, channel, items).items():
        metrics.RECEIVED.labels(channel.name, kind).inc(count)


async def _body(request: Request, most: int) -> bytes:
    """All of it, or TooLarge once the rest was read, so that the refusal can be heard."""
    parts, size = [], 0
    async for part in request.stream:
        size += len(part)
        if size <= most:
            parts.append(part)
        elif size > 2 * most:
            break
    if size > most:
        raise TooLarge(f"body: at most {most} bytes")
    return b"".join(parts)

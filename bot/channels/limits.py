"""How often is often enough. An address may be a family, an office or thousands behind a mobile operator, so what
counts is the conversation; the limits of an address only stop floods.

With `RATE_LIMIT_STORAGE=redis://…` all doors count together, by the `limits` library. Alone, a door counts in its own
memory: the library's memory storage keeps every key for ever and looks at all of them every ten milliseconds (a quarter
of a core with 20,000 conversations).
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sanic.request import Request

from bot.channels.errors import TooMany

if TYPE_CHECKING:
    from bot.settings import Settings

log = logging.getLogger(__name__)

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class Limit:
    """At most `amount` in any stretch of so many seconds."""

    name: str
    amount: int
    seconds: int


# of an address
REQUESTS = Limit("requests", 6000, MINUTE)
CONVERSATIONS = Limit("conversations", 1000, HOUR)
STREAMS_OF_ADDRESS = 2000
# of a conversation
MESSAGES = Limit("messages", 30, MINUTE)
READS = Limit("reads", 120, MINUTE)  # history and connecting
DOCUMENTS = Limit("documents", 10, HOUR)
RENEWALS = Limit("renewals", 20, HOUR)
STREAMS_OF_CONVERSATION = 8  # tabs
STREAM_RETRY = 15
"""Seconds after which to try again for a stream: Sanic has noticed by then that an old one is gone."""
AWAY = 1.0
"""Seconds that Redis may take."""
ASK_AGAIN = 10.0
"""Seconds after which a Redis that was away is asked again."""


class OwnMemory:
    """A moving window: the moments of the newest hits, at most as many as the limit allows."""

    def __init__(self) -> None:
        self._hits: dict[str, deque[float]] = {}
        self._swept = time.monotonic()

    def hit(self, limit: Limit, who: str) -> float:
        """0, or the seconds until there is room."""
        now = time.monotonic()
        if now > self._swept + MINUTE:
            self._swept = now
            self._hits = {key: hits for key, hits in self._hits.items() if hits[-1] > now - HOUR}
        hits = self._hits.setdefault(f"{limit.name}:{who}", deque(maxlen=limit.amount))
        if len(hits) == limit.amount and (wait := hits[0] + limit.seconds - now) > 0:
            return wait
        hits.append(now)
        return 0


class Redis:
    """The same, counted by all doors together."""

    def __init__(self, url: str) -> None:
        from limits.storage import storage_from_string

        self._storage = storage_from_string(url, socket_timeout=AWAY, socket_connect_timeout=AWAY)

    def hit(self, limit: Limit, who: str) -> float:
        key = f"door:{limit.name}:{who}"
        if self._storage.acquire_entry(key, limit.amount, limit.seconds):
            return 0
        oldest = self._storage.storage.lindex(key, limit.amount - 1)
        return float(oldest or 0) + limit.seconds - time.time()


class Limits:
    def __init__(self, settings: Settings) -> None:
        self.on = settings.rate_limits
        self._own = OwnMemory()
        self._shared = None
        if settings.rate_limit_storage.startswith("redis"):
            self._shared = Redis(settings.rate_limit_storage)
        self._shared_from = 0.0
        self._streams: Counter[str] = Counter()

    async def take(self, limit: Limit, who: str) -> None:
        """One more; raises TooMany."""
        if not self.on:
            return
        shared = self._shared and time.monotonic() >= self._shared_from
        wait = await self._shared_hit(limit, who) if shared else self._own.hit(limit, who)
        if wait > 0:
            raise TooMany(wait)

    async def _shared_hit(self, limit: Limit, who: str) -> float:
        try:
            return await asyncio.to_thread(self._shared.hit, limit, who)
        except Exception as error:  # Redis away: this door alone goes on counting
            self._shared_from = time.monotonic() + ASK_AGAIN
            log.warning("rate limits: the shared storage is away: %s", type(error).__name__)
            return self._own.hit(limit, who)

    @contextmanager
    def stream(self, conversation: str, address: str) -> Iterator[None]:
        """One more open stream of this process; raises TooMany."""
        mine = {f"conversation:{conversation}": STREAMS_OF_CONVERSATION, f"address:{address}": STREAMS_OF_ADDRESS}
        if self.on and any(self._streams[key] >= most for key, most in mine.items()):
            raise TooMany(STREAM_RETRY)
        self._streams.update(mine.keys())
        try:
            yield
        finally:
            self._streams.subtract(mine.keys())
            self._streams += Counter()  # forgets who has none


def address(request: Request) -> str:
    """Who is asking, as far as the network says. Of IPv6 the first half: the rest is one household's to choose."""
    seen = request.remote_addr or request.ip or ""
    try:
        found = ipaddress.ip_address(seen.strip("[]"))
    except ValueError:
        return seen[:64]
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)

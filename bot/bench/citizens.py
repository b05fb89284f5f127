"""Citizens as their widget behaves, whatever dies on the other side: a message goes out under an id made here, again
and again until it is acknowledged; a stream is held, and after each break taken up at the last number that was read."""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from contextlib import suppress
from typing import Any

import aiohttp

PATIENCE = 5.0
"""Seconds for one request."""
SILENCE = 40.0
"""Seconds after which a stream that says nothing is taken for dead."""
PAUSE = 0.05, 0.15
"""Seconds between two attempts, shorter than a widget's: the kills are closer together as well."""


class Refused(Exception):
    """The door said no for good, which it never should here; the text is its status and code."""


class Citizen:
    """One conversation. `seen` is every line that its streams carried, in the order of coming."""

    def __init__(self, http: aiohttp.ClientSession, url: str, chance: random.Random) -> None:
        self.http = http
        self.base = f"{url}/web/v1/conversations"
        self.chance = chance
        self.conversation = ""
        self.token = ""
        self.acknowledged: dict[str, float] = {}
        """Given id → the moment (Unix time), in the order in which they were sent."""
        self.seen: list[dict[str, Any]] = []
        self.reconnected = 0
        self.sent_again = 0
        self._came = asyncio.Condition()
        self._listening: asyncio.Task | None = None

    async def begin(self) -> Citizen:
        while True:
            with suppress(aiohttp.ClientError, asyncio.TimeoutError, ConnectionError):
                status, body = await self._post("", {"language": "ar"})
                if status == 201:
                    break
                _check(status, body)
            await self._pause()
        self.conversation, self.token = body["conversation"], body["token"]
        self._listening = asyncio.create_task(self._listen())
        return self

    async def end(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    @property
    def last(self) -> int:
        return self.seen[-1]["number"] if self.seen else 0

    async def send(self, *, twice: bool = False, **content: str) -> str:
        """`text` or `button`, until it is acknowledged; `twice`: by two requests at the same moment."""
        given = uuid.UUID(int=self.chance.getrandbits(128)).hex
        sending = [self._until_acknowledged({"id": given, **content}) for _ in range(2 if twice else 1)]
        await asyncio.gather(*sending)
        self.acknowledged[given] = time.time()
        return given

    async def answer(self, given: str, patience: float) -> list[dict[str, Any]]:
        """The lines from the first that answers it to the last that came. Raises asyncio.TimeoutError."""

        def found() -> int | None:
            heard = (event["heard"] and event["heard"]["id"] for event in self.seen)
            return next((place for place, known in enumerate(heard) if known == given), None)

        async with self._came:
            await asyncio.wait_for(self._came.wait_for(lambda: found() is not None), patience)
        return self.seen[found() :]

    async def _until_acknowledged(self, message: dict[str, str]) -> None:
        while True:
            with suppress(aiohttp.ClientError, asyncio.TimeoutError, ConnectionError):
                status, body = await self._post(f"/{self.conversation}/messages", message)
                if status == 202:
                    return
                _check(status, body)
            self.sent_again += 1
            await self._pause()

    async def _post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        limit = aiohttp.ClientTimeout(total=PATIENCE)
        async with self.http.post(self.base + path, json=body, headers=self._headers(), timeout=limit) as response:
            return response.status, await response.json()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def _listen(self) -> None:
        limit = aiohttp.ClientTimeout(total=None, sock_connect=PATIENCE, sock_read=SILENCE)
        while True:
            headers = {**self._headers(), "Last-Event-ID": str(self.last)}
            with suppress(aiohttp.ClientError, asyncio.TimeoutError, ConnectionError):
                url = f"{self.base}/{self.conversation}/events"
                async with self.http.get(url, headers=headers, timeout=limit) as response:
                    if response.status == 200:
                        await self._read(response)
            self.reconnected += 1
            await self._pause()

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        """What is cut off in the middle is thrown away: it comes again."""
        text = b""
        async for part, is_whole in response.content.iter_chunks():
            text += part
            if not is_whole:
                continue
            *blocks, text = text.split(b"\n\n")
            events = [event for block in blocks if (event := _event(block.decode())) is not None]
            if events:
                async with self._came:
                    self.seen += events
                    self._came.notify_all()

    async def _pause(self) -> None:
        await asyncio.sleep(self.chance.uniform(*PAUSE))


def _event(block: str) -> dict[str, Any] | None:
    fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
    if fields.get("event") != "answer":
        return None
    event = json.loads(fields["data"])
    assert int(fields["id"]) == event["number"], "the stream's id is not the line's number"
    return event


def _check(status: int, body: Any) -> None:
    if status < 500 and status != 429:
        raise Refused(f"{status} {body.get('error', {}).get('code') if isinstance(body, dict) else ''}")

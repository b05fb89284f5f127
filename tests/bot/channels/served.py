"""The web channel as a real server on a free port, a browser's side of it, and the outbox written by hand in the place
of a worker."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import json
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, ClientSession, ClientTimeout
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.channels.door import Door
from bot.channels.web import add_web, close_streams
from bot.delivery import outbox
from bot.delivery.bell import Bell
from bot.delivery.models import Inbox
from bot.keys import Keys
from bot.settings import read
from tests.scenarios.runner import free_port
from tests.servers import listening

PATIENCE = 10.0
"""Seconds until a test that waits gives up."""
LONGEST_TEST = 180.0
ANSWERS = Answers()
CITIZEN = 7


def running(test: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """An async test, on an event loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **named: Any) -> Any:
        return asyncio.run(asyncio.wait_for(test(*args, **named), LONGEST_TEST))

    return run


class Web:
    """The server under test and how its surroundings stand."""

    def __init__(self, engine: Engine, **settings: Any) -> None:
        self.engine = engine
        self.keys = Keys(("a secret of the tests, long enough",))
        self.bell = Bell(engine)
        self.citizen: int | None = None
        """Who is verified, in whatever conversation."""
        self.settings = dataclasses.replace(read({}), **settings)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.app = Sanic(f"web-{uuid.uuid4().hex}", configure_logging=False)
        self.app.config.MOTD = False
        self.answered: set[tuple[str, int]] = set()
        """Route and status of every answer."""
        self.app.register_middleware(self._note, "response")
        add_web(self.app, Door(engine, self.keys, self.bell, lambda: ANSWERS, self.settings, lambda _: self.citizen))

    async def _note(self, request: Request, response: HTTPResponse) -> None:
        self.answered.add((request.route.path if request.route else "", response.status))

    async def begin(self, **body: str) -> Page:
        async with self.http.post(f"{self.url}/web/v1/conversations", json=body) as response:
            assert response.status == 201, await response.text()
            return Page(self, await response.json())

    async def ask(self, method: str, path: str, **more: Any) -> Reply:
        async with self.http.request(method, self.url + path, **more) as response:
            return Reply(response.status, response.headers, await response.read())

    def say(self, conversation: str, *texts: str, citizen: int | None = None, **more: Any) -> None:
        """What a worker does at the end of a turn. `citizen`: whose data it shows."""
        answers = [
            {"text": text, "buttons": [], "name": "utter_case_court", "personal": citizen is not None, **more}
            for text in texts
        ]
        with Session(self.engine, future=True) as session:
            outbox.say(session, self.keys, conversation, answers, citizen=citizen)
            session.commit()

    def inbox(self) -> list[dict[str, Any]]:
        with Session(self.engine, future=True) as session:
            rows = session.scalars(select(Inbox).order_by(Inbox.id)).all()
            opened = [(row, row.shown and self.keys.unseal(row.shown), self.keys.unseal(row.sealed)) for row in rows]
            return [{"id": row.given_id, "shown": shown, **content} for row, shown, content in opened]


@dataclasses.dataclass
class Reply:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return self.json["error"]["code"]


class Page:
    """One conversation as a browser holds it."""

    def __init__(self, web: Web, begun: dict[str, str]) -> None:
        self.web = web
        self.begun = begun
        self.conversation = begun["conversation"]
        self.path = f"/web/v1/conversations/{self.conversation}"
        self.headers = {"Authorization": f"Bearer {begun['token']}"}

    async def ask(self, method: str, what: str, headers: dict[str, str] | None = None, **more: Any) -> Reply:
        return await self.web.ask(method, f"{self.path}/{what}", headers={**self.headers, **(headers or {})}, **more)

    async def send(self, given_id: str | None = None, **content: Any) -> Reply:
        return await self.ask("POST", "messages", json={"id": given_id or secrets.token_hex(8), **content})

    async def history(self, **query: Any) -> dict[str, Any]:
        reply = await self.ask("GET", "history", params=query)
        assert reply.status == 200, reply.body
        return reply.json

    @asynccontextmanager
    async def stream(self, seen: int | None = None, **headers: str) -> AsyncIterator[Stream]:
        if seen is not None:
            headers["Last-Event-ID"] = str(seen)
        url = f"{self.web.url}{self.path}/events"
        async with self.web.http.get(url, headers={**self.headers, **headers}) as response:
            assert response.status == 200, await response.text()
            yield Stream(response)


class Stream:
    """Server-sent events, one at a time: (event, id, data); a comment is ("", None, its words)."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response

    async def next(self) -> tuple[str, int | None, Any]:
        lines = []
        while True:
            line = (await asyncio.wait_for(self.response.content.readline(), PATIENCE)).decode()
            if not line:
                raise EOFError
            if line == "\n":
                break
            lines.append(line.rstrip("\n").partition(": "))
        fields = {name: value for name, _, value in lines}
        if set(fields) == {""}:
            return "", None, fields[""]
        return fields["event"], int(fields["id"]) if "id" in fields else None, json.loads(fields["data"])

    async def answers(self, count: int) -> list[dict[str, Any]]:
        """The next so many lines, whatever else comes between."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            name, number, data = await self.next()
            if name == "answer":
                assert number == data["number"]
                found.append(data)
        return found

    async def rest(self) -> list[str]:
        """Until the server ends it."""
        names = []
        with contextlib.suppress(EOFError):
            while True:
                names.append((await self.next())[0])
        return names


@asynccontextmanager
async def served(engine: Engine, **settings: Any) -> AsyncIterator[Web]:
    web = Web(engine, **{"rate_limits": False, **settings})
    web.bell.start()
    try:
        async with listening(web.app, web.port):
            async with ClientSession(timeout=ClientTimeout(total=PATIENCE * 3)) as web.http:
                yield web
            close_streams(web.app)
    finally:
        await web.bell.stop()

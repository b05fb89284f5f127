"""A world with WhatsApp connected: doors, worker and sender as processes of their own, the pretend Graph API and the
people who write in this one."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import os
import random
import re
import signal
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from sanic import Sanic
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.bench.fleet import Fleet
from bot.delivery.deliveries import OPEN
from bot.delivery.engine import reading
from bot.delivery.inbox import OPEN as INBOX_OPEN
from bot.delivery.models import Delivery, Inbox, Outbox
from bot.phone import deliveries, graph
from bot.phone.deliveries import Person, Value
from bot.phone.graph import Fault, PretendGraph, sign, wire
from bot.phone.limits import Refused
from tests.reliability import standin
from tests.reliability.world import World
from tests.scenarios.runner import free_port
from tests.servers import listening

NUMBER, TOKEN, SECRET = "1001", "token", "secret"
LEASE = 0.8
UNSURE = 1.5
"""Seconds in which word of a message has to come before it is sent again."""
PATIENCE = 60.0
"""Seconds for everything to be answered; what takes longer is stuck."""
LINE = re.compile(r"utter_stand_in_\d: .*")


@dataclass(frozen=True)
class Death:
    """The sender is killed as its message arrives: `before` it is accepted, or `after`, and then its statuses come
    after so many seconds, or never."""

    when: str
    status_after: float | None = 0.05


class Phones(PretendGraph):
    """The pretend Graph API of a number that has several doors."""

    def __init__(self, doors: Sequence[str]) -> None:
        super().__init__(NUMBER, TOKEN, SECRET, doors[0])
        self.told: dict[str, Any] = {}
        """What was sent along with a message → when a door had taken the first status of it."""
        self.deaths: dict[str | None, list[Death | None]] = {}
        """Phone → for each of the next messages to it."""
        self.kill_sender: Callable[[], None] = lambda: None
        self._next_door = itertools.cycle(doors)

    def signed(self, values: Sequence[Value]) -> tuple[bytes, str]:
        body = wire(self._envelope(list(values), None))
        return body, sign(SECRET, body)

    async def _post(self, body: bytes, signature: str | None) -> int:
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature or ""}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=graph.PATIENCE)) as session,
            session.post(next(self._next_door), data=body, headers=headers) as response,
        ):
            return response.status

    async def _insist(self, value: Value) -> None:
        await super()._insist(value)
        self.told.setdefault(value["statuses"][0]["biz_opaque_callback_data"], graph.now())

    def _accept(self, payload: dict[str, Any], call: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        deaths = self.deaths.get(payload.get("to"))
        death = deaths.pop(0) if deaths else None
        if death and death.when == "after":
            fault = Fault("drop_after", status_after=death.status_after)
            super()._accept(payload, call, fault)
        if death:
            self.kill_sender()
            raise Refused(131000, "nobody hears this")
        return super()._accept(payload, call, fault)


class Line(World):
    """One number, its doors and everything behind them; what people wrote, and what they were sent."""

    def __init__(self, folder: Path, bot_url: str, graph_port: int, doors: int) -> None:
        self.ports = {f"door-{number}": free_port() for number in range(1, doors + 1)}
        super().__init__(folder, bot_url, workers=1, lease=LEASE)
        self.environ |= {
            "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
            "WHATSAPP_ACCESS_TOKEN": TOKEN,
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_VERIFY_TOKEN": "a word",
            "WHATSAPP_GRAPH_VERSION": "v26.0",
            "WHATSAPP_API_URL": f"http://127.0.0.1:{graph_port}{graph.PREFIX}",
        }
        self.names = [*self.ports, "worker-1", "sender"]
        self.fleet = Fleet({name: self.starter(name) for name in self.names})
        self.doors = [f"http://127.0.0.1:{port}/webhooks/whatsapp/webhook" for port in self.ports.values()]
        self.phones = Phones(self.doors)
        self.phones.kill_sender = self._kill_sender
        self.said: dict[Person, list[str]] = defaultdict(list)
        self.reached = folder / standin.REACHED
        self.deaths = 0
        """Of processes that were told when to die; whoever watches starts them again."""

    def starter(self, name: str, point: standin.Point | None = None) -> Callable[[], standin.Started]:
        role, port = name.partition("-")[0], self.ports.get(name, self.port)
        return lambda: standin.start(role, {**self.environ, "BOT_PORT": str(port)}, self.log, point, self.lease, UNSURE)

    async def restart(self, name: str, point: standin.Point) -> None:
        """With the point, and without it from then on."""
        self.reached.unlink(missing_ok=True)
        self.deaths += 1
        self.fleet.starts = {**self.fleet.starts, name: self.starter(name, point)}
        await self.fleet.kill(name)
        self.fleet.starts = {**self.fleet.starts, name: self.starter(name)}

    def _kill_sender(self) -> None:
        """Dead when this returns, so that it hears nothing more."""
        sender = self.fleet.running["sender"]
        if sender.poll() is None:  # else it had sent two messages at once, and died with the other one
            os.kill(sender.pid, signal.SIGKILL)
            sender.wait(10)
            self.deaths += 1

    # what people do

    def values(self, said: Sequence[tuple[Person, str]]) -> list[Value]:
        """Noted as said: whoever asks for them sees that they are taken."""
        for person, text in said:
            self.said[person].append(text)
        return [deliveries.text(person, text) for person, text in said]

    async def write(self, *said: tuple[Person, str], times: int = 1) -> None:
        """In one delivery, again and again until it is acknowledged, as the provider does."""
        await self.insist(self.values(said), times)

    async def insist(self, values: list[Value], times: int = 1) -> None:
        async def taken() -> None:
            while not await self.is_taken(values, times):
                await asyncio.sleep(0.05)

        await asyncio.wait_for(taken(), PATIENCE)

    async def is_taken(self, values: list[Value], times: int = 1) -> bool:
        try:
            return await self.phones.deliver(values, times=times) == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    # what must hold

    async def until(self, holds: Callable[[], bool], patience: float = PATIENCE) -> None:
        deadline = asyncio.get_running_loop().time() + patience
        while not await asyncio.to_thread(holds):
            assert asyncio.get_running_loop().time() < deadline, f"it never came\n{self.printed()}"
            await asyncio.sleep(0.02)

    async def check(self) -> None:
        """Wait until all is sent; then nothing is lost, twice or out of order."""
        await self.until(lambda: not self._waiting())
        broken = [each for person in self.said for each in self._broken(person)]
        assert not broken, "\n".join([*broken, self.printed()])
        assert sum(self.fleet.ended_by_themselves.values()) <= self.deaths, self.printed()

    def _waiting(self) -> bool:
        waiting = [
            select(Inbox.id).where(Inbox.state.in_(INBOX_OPEN)),
            select(Outbox.id).where(Outbox.to_push),
            select(Delivery.id).where(Delivery.kind == "message", Delivery.state.in_(OPEN)),
        ]
        with Session(reading(self.engine), future=True) as session:
            return any(session.scalar(each.limit(1)) is not None for each in waiting)

    def stored(self) -> int:
        """Messages that a door has committed."""
        with Session(reading(self.engine), future=True) as session:
            return len(session.scalars(select(Inbox.id)).all())

    def is_working(self) -> bool:
        with Session(reading(self.engine), future=True) as session:
            return session.scalar(select(Inbox.id).where(Inbox.state == "working").limit(1)) is not None

    def arrived(self, person: Person) -> list[dict[str, Any]]:
        return [each for each in self.phones.messages if each["payload"].get("to") == person.phone]

    def repeats(self, person: Person) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Messages that arrived again, each with the one that stands before it."""
        got, known, found = self.arrived(person), set(), []
        for number, each in enumerate(got):
            if _token(each) in known:
                found.append((got[number - 1], each))
            known.add(_token(each))
        return found

    def _broken(self, person: Person) -> list[str]:
        again = self.repeats(person)
        heard = [line for each in self.arrived(person) if each not in [b for _, b in again] for line in _lines(each)]
        wanted = [f"{name}: {text}" for text in self.said[person] for name in standin.names(text)]
        found = [f"{person.name} was told {heard} in place of {wanted}"] if heard != wanted else []
        for first, second in again:
            told = self.phones.told.get(_opaque(first))
            waited = (second["at"] - first["at"]).total_seconds()
            if _token(first) != _token(second):
                found.append(f"{person.name}: {_lines(second)} came again after {_lines(first)}")
            elif (told and told < second["at"]) or waited < UNSURE:
                found.append(f"{person.name}: {_lines(second)} came twice, after {waited:.2f} seconds, told: {told}")
        return found


def _opaque(message: dict[str, Any]) -> str:
    return message["payload"]["biz_opaque_callback_data"]


def _token(message: dict[str, Any]) -> str:
    return _opaque(message).partition(".")[0]


def _lines(message: dict[str, Any]) -> list[str]:
    content = message["payload"]
    return LINE.findall(content["text"]["body"] if "text" in content else content["interactive"]["body"]["text"])


def people(count: int) -> list[Person]:
    return [Person(f"+96650000{number:04}", f"SA.134900000000{number:04}", f"شخص {number}") for number in range(count)]


@asynccontextmanager
async def connected(folder: Path, bot_url: str, doors: int = 1) -> AsyncIterator[Line]:
    port = free_port()
    line = Line(folder, bot_url, port, doors)
    app = Sanic(f"phones-{uuid.uuid4().hex}", configure_logging=False)
    app.config.MOTD = False
    app.blueprint(line.phones.blueprint())
    async with listening(app, port):
        line.fleet.start_all()
        watching = asyncio.create_task(line.fleet.watch())
        try:
            yield line
        finally:
            watching.cancel()
            await line.phones.close()
            await asyncio.to_thread(line.fleet.end)
            line.engine.dispose()
            line.cases.dispose()


def meet(barrier: Any) -> None:
    """In each of the processes that post together."""
    global _barrier
    _barrier = barrier


_barrier: Any = None


def post_together(doors: Sequence[str], bodies: Sequence[tuple[bytes, str]]) -> list[int]:
    """Each body to every door, at the moment at which the others do."""
    statuses = []
    for body, signature in bodies:
        for door in doors:
            _barrier.wait(PATIENCE)
            where = urlsplit(door)
            connection = http.client.HTTPConnection(where.hostname, where.port, timeout=PATIENCE)
            connection.request("POST", where.path, body, {"X-Hub-Signature-256": signature})
            statuses.append(connection.getresponse().status)
            connection.close()
    return statuses


def own(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311

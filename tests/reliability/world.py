"""A database, its processes with the stand-in for the agent, and citizens who write to them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.case_db.engine import make_engine
from actions.case_db.engine import upgrade as upgrade_cases
from bot.bench import promises
from bot.bench.citizens import Citizen
from bot.bench.fleet import Fleet
from bot.bench.promises import Broken
from bot.delivery.engine import upgrade
from bot.keys import Keys
from tests.reliability import standin
from tests.scenarios.runner import free_port

SECRET = "a secret of the tests long enough for one"  # noqa: S105
PATIENCE = 30.0
"""Seconds for everything to be answered and seen; what takes longer is stuck."""
CLIENT_GOES_ON = 60.0


class World:
    def __init__(self, folder: Path, bot_url: str, workers: int, lease: float | None = None) -> None:
        self.folder, self.bot_url = folder, bot_url
        self.case_url = f"sqlite:///{folder / 'case.db'}"
        upgrade_cases(self.case_url)
        upgrade(bot_url)
        self.engine, self.cases = make_engine(bot_url), make_engine(self.case_url)
        self.keys = Keys((SECRET,))
        self.port = free_port()
        self.log = folder / "processes.log"
        self.environ = {
            "BOT_DATABASE_URL": bot_url,
            "CASE_DATABASE_URL": self.case_url,
            "BOT_PORT": str(self.port),
            "BOT_SECRETS": SECRET,
            "RATE_LIMITS": "off",
        }
        self.lease = lease
        self.names = ["door", *(f"worker-{number}" for number in range(1, workers + 1))]
        self.fleet = Fleet({name: self.starter(name) for name in self.names})
        self.wanted: dict[str, list[str]] = {}

    def starter(self, name: str, point: standin.Point | None = None) -> Callable[[], standin.Started]:
        role = name.partition("-")[0]
        return lambda: standin.start(role, self.environ, self.log, point, self.lease)

    async def citizen(self, chance: random.Random) -> Citizen:
        return await asyncio.wait_for(
            Citizen(self.http, f"http://127.0.0.1:{self.port}", chance).begin(), CLIENT_GOES_ON
        )

    async def send(self, citizen: Citizen, words: str, twice: bool = False) -> str:
        given = await asyncio.wait_for(citizen.send(text=words, twice=twice), CLIENT_GOES_ON)
        self.wanted[given] = standin.names(words)
        return given

    async def press(self, citizen: Citizen, button: dict[str, str]) -> str:
        given = await asyncio.wait_for(citizen.send(button=button["payload"]), CLIENT_GOES_ON)
        self.wanted[given] = standin.names(button["title"])
        return given

    async def check(self, citizens: Sequence[Citizen]) -> list[Broken]:
        """Wait until it is quiet; then what is broken."""
        await promises.settled(self.engine, citizens, PATIENCE)
        return await asyncio.to_thread(promises.broken, self.engine, self.keys, citizens, self.wanted.get)

    def cut_database(self) -> None:
        """Every connection of every process, as a restart of the server does."""
        with Session(self.engine, future=True) as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8")[-4000:]


@asynccontextmanager
async def running(folder: Path, bot_url: str, workers: int = 1, lease: float | None = None) -> AsyncIterator[World]:
    world = World(folder, bot_url, workers, lease)
    world.fleet.start_all()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as world.http:
        watching = asyncio.create_task(world.fleet.watch())
        try:
            yield world
        finally:
            watching.cancel()
            await asyncio.to_thread(world.fleet.end)
            world.engine.dispose()
            world.cases.dispose()


def size_of(engine: Engine, table: str) -> int:
    with Session(engine, future=True) as session:
        return session.scalar(text(f"SELECT COUNT(*) FROM {table}"))  # noqa: S608  a constant

"""A worker that stands still, a message that kills, a database that goes away and comes back."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.bench.citizens import Citizen
from bot.delivery.models import Inbox
from tests.reliability import standin
from tests.reliability.world import World, running

LEASE = 0.8
CUTS = 6


def test_a_worker_that_wakes_after_its_lease_changes_nothing(tmp_path: Path, bot_url: str) -> None:
    """Another one has answered, and answered what came after; the late one's work is thrown away."""
    asyncio.run(_sleeper(tmp_path, bot_url))


async def _sleeper(folder: Path, bot_url: str) -> None:
    async with running(folder, bot_url, workers=2, lease=LEASE) as world:
        for number in range(3):
            citizen = await world.citizen(random.Random(number))  # noqa: S311
            first = await world.send(citizen, f"{standin.SLOW} {number}")
            sleeper = await _who_works(world)
            await _stop(world, sleeper)
            try:
                await citizen.answer(first, 20)
                second = await world.send(citizen, "وبعدها")
                await citizen.answer(second, 20)
            finally:
                os.kill(sleeper, signal.SIGCONT)
            await asyncio.sleep(standin.SLOW_SECONDS + 0.5)
            assert not await world.check([citizen]), world.printed()
            await citizen.end()
        assert "another worker has this message" in world.printed(), "nobody came late: this showed nothing"
        assert not world.fleet.ended_by_themselves


async def _stop(world: World, pid: int) -> None:
    """Not in the middle of a transaction: on SQLite nobody else could write then."""
    for _ in range(100):
        os.kill(pid, signal.SIGSTOP)
        if world.bot_url.startswith("postgresql") or _is_writable(world):
            return
        os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(0.01)
    raise AssertionError("it is always writing")


def _is_writable(world: World) -> bool:
    with closing(sqlite3.connect(world.engine.url.database, timeout=0.2, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


async def _who_works(world: World) -> int:
    """The process id of the worker that has a message, once its turn has begun."""
    leased_by = select(Inbox.leased_by).where(Inbox.state == "working")
    for _ in range(500):
        with Session(world.engine, future=True) as session:
            owner = session.scalar(leased_by)
        if owner:
            await asyncio.sleep(standin.SLOW_SECONDS / 4)  # past reading the tracker
            return int(owner.split(":")[1])
        await asyncio.sleep(0.01)
    raise AssertionError("nobody works")


def test_a_message_that_kills_every_worker_is_given_up_and_holds_up_nobody(tmp_path: Path, bot_url: str) -> None:
    asyncio.run(_deadly(tmp_path, bot_url))


async def _deadly(folder: Path, bot_url: str) -> None:
    async with running(folder, bot_url, lease=LEASE) as world:
        hers, his = [await world.citizen(random.Random(number)) for number in range(2)]  # noqa: S311
        await hers.answer(await world.send(hers, "الأولى"), 20)
        deadly = await world.send(hers, standin.DEADLY)
        world.wanted[deadly] = ["utter_error_unavailable"]
        for number in range(3):
            await world.send(his, f"رسالة {number}")
        after = await world.send(hers, "وبعدها")
        await hers.answer(after, 60)
        broken = await world.check([hers, his])
        assert broken == [("dead", "1 messages")], broken


def test_connections_that_are_cut_lose_nothing(tmp_path: Path, postgres_url: str) -> None:
    """As when the server is started again: every connection of every process ends, wherever it is."""
    asyncio.run(_cuts(tmp_path, postgres_url))


async def _cuts(folder: Path, bot_url: str) -> None:
    async with running(folder, bot_url, workers=2, lease=LEASE) as world:
        for number in range(CUTS):
            chance = random.Random(number)  # noqa: S311
            citizens = [await world.citizen(random.Random(f"{number} {each}")) for each in range(4)]  # noqa: S311
            await asyncio.gather(_cut(world, chance), *(_three(world, citizen) for citizen in citizens))
            broken = await world.check(citizens)
            assert not broken, f"{broken}\n{world.printed()}"
            for citizen in citizens:
                await citizen.end()
        assert not world.fleet.ended_by_themselves, world.printed()


async def _three(world: World, citizen: Citizen) -> None:
    for number in range(3):
        await world.send(citizen, f"رسالة {number}")
        await asyncio.sleep(citizen.chance.uniform(0, 0.2))


async def _cut(world: World, chance: random.Random) -> None:
    await asyncio.sleep(chance.uniform(0, 0.4))
    await asyncio.to_thread(world.cut_database)

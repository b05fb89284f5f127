"""A process dies right before or right after each of its commits, or the database's answer to the commit is lost."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.case_db.models import Citizen as Person
from actions.case_db.models import Notice, Verification
from bot.bench.citizens import Citizen
from bot.delivery.models import Outbox
from tests.reliability import standin
from tests.reliability.world import World, running

LEASE = 0.8
"""Seconds: a message that nobody knows to be his is free again after it."""
MOST = 25
"""Commits that a few messages cannot cause."""


@pytest.mark.parametrize("when", standin.WHENS)
@pytest.mark.parametrize("role", ["door", "worker-1"])
def test_at_each_commit(tmp_path: Path, bot_url: str, role: str, when: str) -> None:
    reached = asyncio.run(_points(tmp_path, bot_url, role, when))
    assert reached >= 5, "two conversations and three messages; two claims and three ends"


async def _points(folder: Path, bot_url: str, role: str, when: str) -> int:
    async with running(folder, bot_url, lease=LEASE) as world:
        for number in range(1, MOST):
            (folder / standin.REACHED).unlink(missing_ok=True)
            await _restart(world, role, standin.Point(when, number))
            citizens = await _three_messages(world)
            broken = await world.check(citizens)
            for citizen in citizens:
                await citizen.end()
            assert not broken, f"{when} commit {number} of {role}: {broken}\n{world.printed()}"
            if not (folder / standin.REACHED).exists():
                return number - 1
    raise AssertionError("it commits without end")


async def _restart(world: World, name: str, point: standin.Point) -> None:
    """With the point, and without it from then on."""
    world.fleet.starts = {**world.fleet.starts, name: world.starter(name, point)}
    await world.fleet.kill(name)
    world.fleet.starts = {**world.fleet.starts, name: world.starter(name)}


async def _three_messages(world: World) -> list[Citizen]:
    citizens = [await world.citizen(random.Random(number)) for number in range(2)]  # noqa: S311
    await asyncio.gather(world.send(citizens[0], "الأولى"), world.send(citizens[1], "رسالة غيرها"))
    await world.send(citizens[0], "والثانية")
    return citizens


@pytest.mark.parametrize("when", standin.WHENS)
def test_a_notice_is_told_once_wherever_its_sender_dies(tmp_path: Path, bot_url: str, when: str) -> None:
    """Two databases, no common transaction: between the two commits the line is there and the notice not marked."""
    asyncio.run(_notices(tmp_path, bot_url, when))


async def _notices(folder: Path, bot_url: str, when: str) -> None:
    async with running(folder, bot_url) as world:
        world.fleet.starts = {**world.fleet.starts, "sender": world.starter("sender")}
        world.fleet.start("sender")
        citizen = await world.citizen(random.Random(1))  # noqa: S311
        person = _verified_person(world, citizen)
        for number in range(1, 5):
            key = f"payment_confirmed:{when}{number}"
            _add_notice(world, person, key)
            await _restart(world, "sender", standin.Point(when, number))
            await _until_handed_over(world, key)
            with Session(world.engine, future=True) as session:
                told = session.scalars(select(Outbox.number).where(Outbox.unique_key == f"notice:{key}")).all()
            assert len(told) == 1
        assert not await world.check([citizen])


def _verified_person(world: World, citizen: Citizen) -> int:
    now = dt.datetime.now(dt.timezone.utc)
    with Session(world.cases, future=True) as session:
        person = Person(national_id="1900100015", name="تجربة", mobile="+966500000001")
        session.add(person)
        session.flush()
        session.add(Verification(conversation=citizen.conversation, citizen_id=person.id, verified_at=now, used_at=now))
        session.commit()
        return person.id


def _add_notice(world: World, person: int, key: str) -> None:
    values = {"invoice_number": "700000000001", "amount": str(Decimal("100.00"))}
    with Session(world.cases, future=True) as session:
        now = dt.datetime.now(dt.timezone.utc)
        session.add(Notice(citizen_id=person, kind="payment_confirmed", values=values, unique_key=key, due_at=now))
        session.commit()


async def _until_handed_over(world: World, key: str) -> None:
    for _ in range(300):
        with Session(world.cases, future=True) as session:
            if session.scalar(select(Notice.handed_over_at).where(Notice.unique_key == key)):
                return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not handed over\n{world.printed()}")

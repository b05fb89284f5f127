"""WhatsApp with processes killed: what was acknowledged is answered once and in order, as the phones see it.

A message that was accepted while nobody heard it is sent again only when no status told of it in time.
"""

from __future__ import annotations

import asyncio
import os
import random
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sanic import Sanic

from bot.phone.deliveries import Person
from bot.phone.graph import Fault
from tests.reliability import standin
from tests.reliability.messenger import Death, Line, connected, meet, own, people, post_together

CLIENTS = 3
COMMITS = 8
SEED = int(os.environ.get("KILL_SEED") or 20261122)


@pytest.fixture(autouse=True)
def several_servers_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sanic, "test_mode", True)


def test_a_delivery_from_three_processes_at_two_doors_is_answered_once(tmp_path: Path, bot_url: str) -> None:
    asyncio.run(_three_clients(tmp_path, bot_url))


async def _three_clients(folder: Path, bot_url: str) -> None:
    async with connected(folder, bot_url, doors=2) as line:
        everybody = people(12)
        for number in range(2):  # until both doors listen
            await line.write((everybody[0], f"قبل البداية {number}"))
        alone = [(everybody[1], "رسالة وحدها")]
        batch = [(person, f"من دفعة {number}") for number in range(5) for person in everybody]
        other = [(person, f"من أخرى {number}") for number in range(3) for person in reversed(everybody)]
        bodies = [line.phones.signed(line.values(said)) for said in (alone, batch, other)]
        together = (standin.CONTEXT.Barrier(CLIENTS),)
        with ProcessPoolExecutor(CLIENTS, standin.CONTEXT, meet, together) as clients:
            post = partial(asyncio.get_running_loop().run_in_executor, clients, post_together)
            statuses = await asyncio.gather(
                *(post(line.doors[:: 1 if number % 2 else -1], bodies) for number in range(CLIENTS))
            )
        assert statuses == [[200] * len(bodies) * len(line.doors)] * CLIENTS, line.printed()
        await line.check()
        assert line.stored() == 2 + len(alone) + len(batch) + len(other)


def test_the_door_dies_between_acknowledge_and_answer(tmp_path: Path, bot_url: str) -> None:
    asyncio.run(_acknowledged(tmp_path, bot_url))


async def _acknowledged(folder: Path, bot_url: str) -> None:
    async with connected(folder, bot_url) as line:
        her, him = people(2)
        for number in range(3):
            await line.write((her, f"{standin.SLOW} {number}"), (him, f"رسالة {number}"))
            await line.fleet.kill("door-1")
            assert len(line.arrived(her)) <= number, "it was answered before the door died: this shows nothing"
            await line.check()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_door_that_dies_while_it_takes_a_batch_is_given_it_again(tmp_path: Path, bot_url: str, when: str) -> None:
    """Before the commit nothing of it is stored, after it all; neither is acknowledged."""
    asyncio.run(_batch(tmp_path, bot_url, when))


async def _batch(folder: Path, bot_url: str, when: str) -> None:
    async with connected(folder, bot_url) as line:
        everybody = people(10)
        line.phones.statuses = False  # they are commits of the door as well
        await line.write((everybody[0], "قبلها"))
        await line.check()
        await line.restart("door-1", standin.Point(when, 1))
        values = line.values([(person, f"من دفعة {number}") for number in range(4) for person in everybody])
        while not line.reached.exists():
            assert not await line.is_taken(values), "acknowledged, and the commit was not made"
        assert line.stored() == 1 + (len(values) if when == "after" else 0)
        await line.insist(values, times=2)
        await line.check()
        assert line.stored() == 1 + len(values)


def test_the_worker_dies_in_the_middle_of_a_turn(tmp_path: Path, bot_url: str) -> None:
    asyncio.run(_turn(tmp_path, bot_url))


async def _turn(folder: Path, bot_url: str) -> None:
    async with connected(folder, bot_url) as line:
        her, him = people(2)
        for number in range(3):
            await line.write((her, f"{standin.SLOW} {number}"), (her, f"وبعدها {number}"), (him, f"{standin.SLOW}"))
            await line.until(line.is_working)
            await asyncio.sleep(standin.SLOW_SECONDS / 4)
            await line.fleet.kill("worker-1")
            assert len(line.arrived(her)) <= 2 * number, "it was answered before the worker died: this shows nothing"
        await line.check()


SENDER_DIES = {
    "before its message is accepted": (Death("before"), False),
    "after it, and a status comes": (Death("after", status_after=0.05), False),
    "after it, and no status ever comes": (Death("after", status_after=None), True),
}


@pytest.mark.parametrize("moment", SENDER_DIES)
def test_the_sender_dies_with_a_message_on_its_way(tmp_path: Path, bot_url: str, moment: str) -> None:
    """Each answer is three messages, and each of them is once the one. They come again only if nobody can know."""
    asyncio.run(_on_its_way(tmp_path, bot_url, *SENDER_DIES[moment]))


async def _on_its_way(folder: Path, bot_url: str, death: Death, again: bool) -> None:
    async with connected(folder, bot_url) as line:
        everybody = people(3)
        for number, person in enumerate(everybody):
            line.phones.deaths[person.phone] = [*[None] * number, death]
        await line.write(*((person, text) for text in (standin.APART, "وبعدها") for person in everybody))
        await line.check()
        assert not any(line.phones.deaths.values()), "not everything was sent"
        if again:
            assert all(line.repeats(person) for person in everybody), "nobody knew, and it was not sent again"


def test_the_sender_dies_at_each_of_its_commits(tmp_path: Path, bot_url: str) -> None:
    asyncio.run(_commits(tmp_path, bot_url))


async def _commits(folder: Path, bot_url: str) -> None:
    async with connected(folder, bot_url) as line:
        everybody = iter(people(2 * COMMITS))
        for number in range(1, COMMITS + 1):
            for when in ("before", "after"):
                await line.restart("sender", standin.Point(when, number))
                await line.write((next(everybody), standin.APART))
                await line.until(line.reached.exists)
        await line.check()


LASTS = 4.0
FAULTS = [
    Fault("error", code=131056), Fault("error", code=130429), Fault("error", code=131000, status=500),
    Fault("http", status=502), Fault("drop_before"), Fault("drop_after", status_after=0.1), Fault("drop_after"),
]  # fmt: skip


def test_anything_at_any_moment(tmp_path: Path, bot_url: str) -> None:
    """KILL_SEED=… chooses people, kills and faults."""
    asyncio.run(_anything(tmp_path, bot_url))


async def _anything(folder: Path, bot_url: str) -> None:
    async with connected(folder, bot_url, doors=2) as line:
        chance = own(SEED)
        everybody = people(8)
        await line.write(*((person, "البداية") for person in everybody))
        writing = asyncio.gather(*(_talk(line, person, SEED) for person in everybody))
        troubles = [asyncio.create_task(each) for each in (_kill(line, own(f"{SEED} k")), _fail(line, chance))]
        await writing
        for trouble in troubles:
            await trouble
        line.phones.faults.clear()
        await line.check()
        assert len(line.fleet.kills) >= LASTS


async def _talk(line: Line, person: Person, seed: int) -> None:
    chance = own(f"{seed} {person.user_id}")
    for number in range(8):
        texts = [f"رسالة {number} {'ب' * chance.randint(1, 3)}"]
        if chance.random() < 0.2:
            texts.append(f"{standin.APART} {number}")
        await line.write(*((person, text) for text in texts), times=chance.choice((1, 1, 2)))
        await asyncio.sleep(chance.uniform(0, 2 * LASTS / 8))


async def _kill(line: Line, chance: random.Random) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + LASTS
    while loop.time() < end:
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        await line.fleet.kill(chance.choice(line.names), again_after=chance.uniform(0, 0.2))


async def _fail(line: Line, chance: random.Random) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + LASTS
    while loop.time() < end:
        await asyncio.sleep(chance.uniform(0.05, 0.3))
        line.phones.faults.append(chance.choice(FAULTS))

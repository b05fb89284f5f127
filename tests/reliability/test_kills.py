"""Processes killed at random moments under load: every message that was acknowledged is answered once and in order.

A round that broke something names its seed; KILL_SEED=… runs the same again, as far as processes can be the same.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from bot.bench.citizens import Citizen
from tests.reliability.world import World, running

ROUNDS = 25
CITIZENS = 4
MESSAGES = 3
LASTS = 0.5
"""Seconds in which a round's kills fall."""
SEED = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(10**6))


@pytest.mark.parametrize("workers", [1, 3])
def test_every_accepted_message_is_answered_once_and_in_order(tmp_path: Path, bot_url: str, workers: int) -> None:
    print(f"KILL_SEED={SEED}")
    asyncio.run(_rounds(tmp_path, bot_url, workers))


async def _rounds(folder: Path, bot_url: str, workers: int) -> None:
    async with running(folder, bot_url, workers) as world:
        for number in range(1, ROUNDS + 1):
            chance = random.Random(f"{SEED} {workers} {number}")  # noqa: S311
            citizens = await asyncio.gather(*(world.citizen(_own(chance)) for _ in range(CITIZENS)))
            talks = [_talk(world, citizen, number) for citizen in citizens]
            await asyncio.gather(_kill(world, chance), *talks)
            broken = await world.check(citizens)
            for citizen in citizens:
                await citizen.end()
            assert not broken, f"round {number} of KILL_SEED={SEED}: {broken}\n{world.printed()}"
            assert not world.fleet.ended_by_themselves, world.printed()
        assert len(world.fleet.kills) >= ROUNDS


async def _talk(world: World, citizen: Citizen, round_number: int) -> None:
    """Some wait for the answer and press its button, some write on, some send the same twice."""
    for number in range(MESSAGES):
        given = await world.send(
            citizen, f"رسالة {round_number} {'ب' * (number + 1)}", twice=citizen.chance.random() < 0.3
        )
        if citizen.chance.random() < 0.3:
            lines = await citizen.answer(given, 30)
            buttons = [button for line in lines for button in line["buttons"]]
            if buttons:
                await world.press(citizen, buttons[-1])
        await asyncio.sleep(citizen.chance.uniform(0, LASTS / MESSAGES))


async def _kill(world: World, chance: random.Random) -> None:
    for moment in sorted(chance.uniform(0, LASTS) for _ in range(chance.randint(1, 3))):
        name = chance.choice(world.names)
        if world.bot_url.startswith("postgresql") and chance.random() < 0.1:
            await asyncio.to_thread(world.cut_database)
        await asyncio.sleep(moment / 3)
        how = signal.SIGTERM if chance.random() < 0.15 else signal.SIGKILL  # a new version is a SIGTERM
        await world.fleet.kill(name, how, again_after=chance.uniform(0, 0.2))


def _own(chance: random.Random) -> random.Random:
    return random.Random(chance.random())  # noqa: S311

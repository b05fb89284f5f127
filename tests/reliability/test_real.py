"""The same with nothing stood in for: `bot serve --role …` with the real agent and action server. What a turn changes
in the case database is changed once, also when the worker dies between that commit and its own."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import aiohttp
import pytest

from bot.bench import rounds
from bot.bench.rounds import Stage, Tally
from bot.project import ROOT
from tests.reliability.test_kills import SEED

DIES_AT = "dies-at"


@pytest.fixture
def case_url(bot_url: str, tmp_path: Path) -> str:
    """One PostgreSQL database holds both."""
    return f"sqlite:///{tmp_path / 'case.db'}" if bot_url.startswith("sqlite") else bot_url


def test_rounds_with_the_real_agent(
    tmp_path: Path, bot_url: str, case_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two commits on both databases; whatever else dies, on SQLite."""
    kills = [_dies_at("utter_invoice_issued"), _dies_at("utter_lift_filed")]
    if bot_url.startswith("sqlite"):
        kills += [_kill("actions"), _kill("door"), _kill("sender", "worker-1")]
    print(f"KILL_SEED={SEED}")
    monkeypatch.setattr(rounds, "ASKERS", 2)
    monkeypatch.setattr(rounds, "TRAVELLERS", 1)
    asyncio.run(_rounds(Stage(tmp_path, bot_url, case_url, workers=1), kills))


async def _rounds(stage: Stage, kills: Sequence[Callable]) -> None:
    stage.fleet.starts = {**stage.fleet.starts, "worker-1": _mortal(stage)}
    stage.fleet.start_all()
    watching = asyncio.create_task(stage.fleet.watch())
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            await stage.ready(http)
            expected, tally = await rounds.rehearse(stage, http), Tally()
            for number, kill in enumerate(kills, 1):
                broken = await rounds.round_(stage, http, expected, f"{SEED} {number}", tally, kill)
                died = [each for each in broken if each.what == "worker-1 ended by itself"]
                assert len(died) == (1 if number <= 2 else 0), broken
                assert broken == died, f"round {number}, KILL_SEED={SEED}: {broken}\n{stage.printed()}"
            assert tally.journeys >= len(kills) - 1, "one code may have been lost with the action server"
    finally:
        watching.cancel()
        await asyncio.to_thread(stage.close)


def _mortal(stage: Stage) -> Callable[[], subprocess.Popen]:
    def start() -> subprocess.Popen:
        with stage.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.reliability.mortal_worker"],
                cwd=ROOT,
                env={
                    **stage.environ,
                    "OPS_PORT": str(stage.ops["worker-1"]),
                    "DIES_AT": str(stage.folder / DIES_AT),
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    return start


def _dies_at(answer: str) -> rounds.Killer:
    async def kill(stage: Stage, chance: random.Random) -> None:
        (stage.folder / DIES_AT).write_text(answer)

    return kill


def _kill(*names: str) -> Callable[[Stage, random.Random], Awaitable[None]]:
    async def kill(stage: Stage, chance: random.Random) -> None:
        for name in names:
            await asyncio.sleep(chance.uniform(0, 1.5))
            await stage.fleet.kill(name)

    return kill

"""Counting: in a door's own memory, and in Redis for all doors together where there is one on this machine."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels import limits
from bot.channels.errors import TooMany
from bot.channels.limits import Limit, Limits, OwnMemory, Redis
from bot.settings import read
from tests.scenarios.runner import free_port

THREE = Limit("three", 3, 60)


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    server = shutil.which("redis-server")
    if server is None:
        missing = "no redis-server on this machine"
        pytest.fail(missing) if os.environ.get("TEST_ALL") == "1" else pytest.skip(missing)
    port = free_port()
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        import redis

        client = redis.Redis(port=port)
        deadline = time.monotonic() + 10
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(params=["own memory", "redis"])
def storage(request: pytest.FixtureRequest) -> OwnMemory | Redis:
    return OwnMemory() if request.param == "own memory" else Redis(request.getfixturevalue("redis_url"))


def test_so_many_and_then_the_time_to_wait(storage: OwnMemory | Redis) -> None:
    assert [storage.hit(THREE, "a") for _ in range(3)] == [0, 0, 0]
    assert 55 < storage.hit(THREE, "a") <= 60
    assert storage.hit(THREE, "b") == 0
    assert storage.hit(Limit("other", 3, 60), "a") == 0


def test_the_oldest_makes_room(storage: OwnMemory | Redis) -> None:
    short = Limit("short", 2, 1)
    assert [storage.hit(short, "a"), storage.hit(short, "a")] == [0, 0]
    wait = storage.hit(short, "a")
    assert 0 < wait <= 1
    time.sleep(wait + 0.05)
    assert storage.hit(short, "a") == 0


def test_a_refused_one_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    storage = OwnMemory()
    for _ in range(10):
        storage.hit(THREE, "a")
    now += 60
    assert storage.hit(THREE, "a") == 0


def test_who_is_gone_for_an_hour_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    storage = OwnMemory()
    for who in range(1000):
        storage.hit(THREE, str(who))
    now += 3601
    storage.hit(THREE, "newcomer")
    assert list(storage._hits) == ["three:newcomer"]


def test_two_doors_count_together(redis_url: str) -> None:
    doors = [Redis(redis_url), Redis(redis_url)]
    assert [doors[number % 2].hit(THREE, "a") for number in range(3)] == [0, 0, 0]
    assert doors[0].hit(THREE, "a") > 0


def test_without_redis_a_door_counts_alone(caplog: pytest.LogCaptureFixture) -> None:
    settings = dataclasses.replace(read({}), rate_limit_storage=f"redis://127.0.0.1:{free_port()}")

    async def take() -> None:
        counted = Limits(settings)
        for _ in range(3):
            await counted.take(THREE, "a")
        with pytest.raises(TooMany):
            await counted.take(THREE, "a")

    asyncio.run(take())
    assert "shared storage is away" in caplog.text

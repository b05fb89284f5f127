"""The operators' listener, as a real server on a free port."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sanic import Sanic

from bot import ops
from bot.project import ROOT
from tests.scenarios.runner import free_port
from tests.servers import Reply, ask, listening

FINE_DEPTH = {"waiting": 2, "dead": 0, "oldest_seconds": 0.5}


@pytest.fixture(autouse=True)
def same_name_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sanic, "test_mode", True)


async def fine() -> None:
    pass


async def fails() -> None:
    raise ConnectionError("postgresql://bot:secret@db/bot has 1058529940")


async def hangs() -> None:
    await asyncio.Event().wait()


async def depth() -> Mapping[str, float]:
    return FINE_DEPTH


def asked(
    *requests: tuple[str, str | None],
    depth: Callable[[], Awaitable[Mapping[str, float]]] = depth,
    patience: float = 5,
    **checks: ops.Check,
) -> list[Reply]:
    """Each request (path, Host) on one server, one after the other."""

    async def run() -> list[Reply]:
        port = free_port()
        async with listening(ops.ops_app(checks, depth, patience), port):
            return [await ask(port, path, (host or "127.0.0.1:{}").format(port)) for path, host in requests]

    return asyncio.run(run())


def test_is_ready_when_everything_is():
    (reply,) = asked(("/readyz", None), database=fine, model=fine, actions=fine)
    assert (reply.status, json.loads(reply.body)) == (
        200, {"ready": True, "checks": {"database": "ok", "model": "ok", "actions": "ok"}},
    )  # fmt: skip


def test_names_what_is_not_ready_and_never_why_in_its_words(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR, "bot.ops"):
        (reply,) = asked(("/readyz", None), database=fails, model=fine)
    assert reply.status == 503
    assert json.loads(reply.body) == {"ready": False, "checks": {"database": "ConnectionError", "model": "ok"}}
    assert caplog.messages == ["not ready: database ConnectionError"]


def test_a_check_that_hangs_is_not_ready_and_holds_nobody_up():
    (reply,) = asked(("/readyz", None), actions=hangs, model=fine, patience=0.05)
    assert reply.status == 503
    assert json.loads(reply.body)["checks"] == {"actions": "TimeoutError", "model": "ok"}


def test_probes_of_something_that_hangs_do_not_pile_up():
    begun = []

    async def hangs_in_a_thread() -> None:
        begun.append(1)
        await hangs()

    replies = asked(*[("/readyz", None)] * 3, database=hangs_in_a_thread, patience=0.05)
    assert [reply.status for reply in replies] == [503, 503, 503]
    assert len(begun) == 1


def test_is_ready_again_once_the_trouble_is_over():
    states = iter([fails, fine])

    async def recovers() -> None:
        await next(states)()

    before, after = asked(("/readyz", None), ("/readyz", None), database=recovers)
    assert (before.status, after.status) == (503, 200)


def test_metrics_are_what_prometheus_reads():
    (reply,) = asked(("/metrics", None))
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    told = {family.name: family.samples for family in text_string_to_metric_families(reply.body.decode())}
    assert told["assistant_waiting_messages"][0].value == 2


@pytest.mark.parametrize("absent", [fails, hangs])
def test_metrics_are_told_without_the_database_too(absent: ops.Check):
    (reply,) = asked(("/metrics", None), depth=absent, patience=0.05)
    assert reply.status == 200
    assert b"assistant_dead_letters NaN" in reply.body


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "127.0.0.1", "localhost:{}", "LOCALHOST", "[::1]:{}", "[::1]"])
def test_answers_under_the_names_of_this_machine(host: str):
    (reply,) = asked(("/readyz", host), database=fine)
    assert reply.status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:{}", "127.0.0.1.evil.example", "localhost.evil.example:{}",
        "evil.example@127.0.0.1", "127.0.0.1:{}, evil.example", "0.0.0.0:{}", "[::]:{}",
        "127.0.0.1:", "127.0.0.1:x", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/readyz", "/metrics", "/nothing"])
def test_a_page_that_rebinds_its_name_to_this_machine_reads_nothing(host: str, path: str):
    (reply,) = asked((path, host or " "), database=fine)
    assert reply.status == 403
    assert b"checks" not in reply.body
    assert b"assistant_" not in reply.body


def test_a_request_with_no_host_or_with_two_is_refused():
    async def run() -> list[int]:
        port = free_port()
        async with listening(ops.ops_app({"database": fine}, depth), port):
            own = f"127.0.0.1:{port}"
            return [
                (await ask(port, "/readyz", None)).status,
                (await ask(port, "/readyz", own, ("Host", "evil.example"))).status,
            ]

    assert all(status in (400, 403) for status in asyncio.run(run()))


def test_the_operators_manual_names_only_settings_that_are_read():
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[A-Z].*?) \|", manual, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    sources = [ROOT / name for name in ("bot/settings.py", "actions/settings.py", "actions/logs.py")]
    read = set(re.findall(r'"([A-Z][A-Z_]+)"', "".join(path.read_text(encoding="utf-8") for path in sources)))
    assert len(named) > 8
    assert named <= read | {"ACTION_PORT"}

"""Turns side by side, each conversation in order; what fails is tried again, then said once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from bot.delivery import inbox, worker
from bot.delivery.bell import Bell
from bot.delivery.inbox import Message
from bot.delivery.worker import TurnFailed, Worker
from tests.bot.delivery.conftest import Dialogue, Post, make_due

PATIENCE = 10.0


def run(post: Post, dialogue: Dialogue, until: Callable[[], bool], meanwhile: Callable | None = None) -> Worker:
    """A worker until `until` holds; it then ends as on SIGTERM."""

    async def work() -> Worker:
        bell, over = Bell(post.engine), asyncio.Event()
        bell.start()
        made = Worker(post.engine, post.keys, bell, dialogue)
        running = asyncio.create_task(made.run(over))
        deadline = asyncio.get_running_loop().time() + PATIENCE
        try:
            while not await asyncio.to_thread(until):
                assert asyncio.get_running_loop().time() < deadline, post.rows()
                if meanwhile:
                    await asyncio.to_thread(meanwhile)
                await asyncio.sleep(0.02)
        finally:
            over.set()
            await running
            await bell.stop()
        return made

    return asyncio.run(work())


def done(post: Post, count: int) -> Callable[[], bool]:
    return lambda: [row.state for row in post.rows()].count("done") == count


def test_every_message_is_answered_once_and_in_order(post: Post) -> None:
    for number in range(12):
        post.accept((post.hers, post.his)[number % 2], f"m{number}")
    dialogue = Dialogue(post)
    run(post, dialogue, done(post, 12))
    assert post.texts(post.hers) == [f"to m{n}" for n in range(0, 12, 2)]
    assert post.texts(post.his) == [f"to m{n}" for n in range(1, 12, 2)]
    assert all(len({"even" if int(text[1:]) % 2 else "odd" for text in met}) == len(met) for met in dialogue.met)


def test_a_message_that_comes_while_it_runs_is_taken(post: Post) -> None:
    sent = []

    def send_one() -> None:
        if not sent:
            sent.append(post.accept(post.hers, "late"))

    run(post, Dialogue(post), done(post, 1), send_one)
    assert post.texts(post.hers) == ["to late"]


def test_a_stuck_message_holds_up_no_other_conversation(post: Post) -> None:
    async def stuck(message: Message) -> None:
        if message.conversation == post.hers:
            await asyncio.sleep(3600)

    post.accept(post.hers, "stuck")
    post.accept(post.hers, "behind it")
    post.accept(post.his, "free")
    dialogue = Dialogue(post, stuck)
    worker_patience, worker.FAREWELL = worker.FAREWELL, 0.1
    try:
        run(post, dialogue, done(post, 1))
    finally:
        worker.FAREWELL = worker_patience
    assert post.texts(post.his) == ["to free"]
    assert [row.state for row in post.rows()] == ["waiting", "waiting", "done"], "the stuck one was put back at the end"
    assert [row.attempts for row in post.rows()] == [0, 0, 0]


def test_a_turn_that_takes_for_ever_is_a_failed_one(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck(message: Message) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(worker, "LONGEST_TURN", 0.05)
    post.accept(post.hers, "stuck")
    run(post, Dialogue(post, stuck), lambda: post.rows()[0].attempts == 1)
    assert post.rows()[0].failure == "TimeoutError"


@pytest.mark.parametrize(
    "error", [TurnFailed("action x: away"), ValueError("1058529940")], ids=["expected", "a defect"]
)
def test_what_finally_fails_is_said_once_and_kept_for_an_operator(
    post: Post, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    async def fails(message: Message) -> None:
        if message.text == "bad":
            raise error

    post.accept(post.hers, "bad")
    post.accept(post.hers, "good")
    with caplog.at_level(logging.ERROR):
        run(post, Dialogue(post, fails), done(post, 1), lambda: make_due(post))
    assert post.texts(post.hers) == ["sorry", "to good"], "told once, and it goes on"
    (dead,) = inbox.dead(post.engine)
    assert dead.attempts == 4
    assert dead.failure.startswith(str(error) if isinstance(error, TurnFailed) else "ValueError at test_worker.py:")
    assert len([record for record in caplog.records if "turn failed" in record.message]) == 4
    assert "1058529940" not in caplog.text


def test_what_is_replayed_and_fails_again_is_not_said_again(post: Post) -> None:
    async def fails(message: Message) -> None:
        raise TurnFailed("away")

    post.accept(post.hers, "bad")
    for _ in range(2):
        run(post, Dialogue(post, fails), lambda: post.rows()[0].state == "dead", lambda: make_due(post))
        inbox.replay(post.engine, post.rows()[0].id)
    assert post.texts(post.hers) == ["sorry"]


def test_a_failure_that_passes_is_never_heard_of(post: Post) -> None:
    tries = []

    async def fails_twice(message: Message) -> None:
        tries.append(message.attempts)
        if len(tries) < 3:
            raise TurnFailed("away")

    post.accept(post.hers, "m1")
    run(post, Dialogue(post, fails_twice), done(post, 1), lambda: make_due(post))
    assert tries == [0, 1, 2]
    assert post.texts(post.hers) == ["to m1"]


def test_who_lost_the_lease_leaves_nothing(post: Post) -> None:
    taken_over: list[Any] = []

    async def loses_it(message: Message) -> None:
        while not taken_over:  # the worker may just be renewing its lease
            post.later(seconds=16)
            taken_over.extend([taken] if (taken := post.claim("another")) else [])

    post.accept(post.hers, "m1")
    run(post, Dialogue(post, loses_it), lambda: bool(taken_over))
    assert post.texts(post.hers) == []
    post.settle(taken_over[0])


def test_turns_in_work_are_finished_at_the_end(post: Post) -> None:
    began = []

    async def slow(message: Message) -> None:
        began.append(message.text)
        await asyncio.sleep(0.3)

    post.accept(post.hers, "m1")
    run(post, Dialogue(post, slow), lambda: bool(began))
    assert post.texts(post.hers) == ["to m1"]

"""The real processes (door, worker, sender: `bot.serve.Process`) with a stand-in for the agent alone, which answers at
once and starts in a second. A process may be told to die at one of its commits.

They are forked from a process that has imported everything (multiprocessing's "forkserver"), so a start takes a moment.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Engine

from actions.case_db import unit_of_work
from bot import serve
from bot.channels import web
from bot.channels.connected import connected
from bot.delivery import deliveries, inbox, sender
from bot.delivery.engine import make_engine
from bot.keys import keys
from bot.live_answers import LiveAnswers
from bot.settings import settings
from bot.tracker_store import TurnTrackerStore
from bot.turn import Assistant

SLOW = "على مهل"
"""A message with these words takes SLOW_SECONDS."""
SLOW_SECONDS = 0.5
DEADLY = "قاتلة"
"""A message with this word kills whoever works on it."""
APART = "متفرقة"
"""Each line that answers a message with this word has a button: over a messenger each is a message of its own."""

REACHED = "point-reached"
SENDS_LEASE = 3.0
"""Seconds; only the end of a send that could not be noted has to wait for it."""
ANSWERS = LiveAnswers()
"""Read once, before the fork; it is half of a start."""

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["pytest", "tests.reliability.standin"])


def names(text: str) -> list[str]:
    """Of the lines that answer a message or a button with these words on it."""
    if APART in text:
        return [f"utter_stand_in_{number}" for number in (1, 2, 3)]
    return [f"utter_stand_in_{number}" for number in range(1, 2 + len(text) % 3)]


def title(text: str) -> str:
    """Of the button under the last line."""
    return f"زر {len(text) % 10}"


class StandIn:
    """What `bot.turn.Assistant` needs of an agent, through the real tracker store."""

    def __init__(self, engine: Engine) -> None:
        self.domain = SimpleNamespace(slots=[], session_config=SimpleNamespace(session_expiration_time=60))
        self.nlg = ANSWERS
        self.processor = self
        self.store = TurnTrackerStore(engine, self.domain)

    async def open(self) -> None:
        """It asks no action server."""

    async def close(self) -> None:
        pass

    async def parse_message(self, message: UserMessage) -> dict[str, Any]:
        intent = {"name": "stand_in", "confidence": 1.0}
        return {"text": message.text, "intent": intent, "entities": [], "intent_ranking": [intent], "band": "sure"}

    async def handle_message(self, message: UserMessage) -> None:
        tracker = await self.store.retrieve(message.sender_id)
        if tracker is None:
            tracker = DialogueStateTracker(message.sender_id, [])
        parse = message.parse_data
        tracker.update(
            UserUttered(
                message.text, parse["intent"], [], parse,
                input_channel=message.input_channel, message_id=message.message_id, metadata=message.metadata,
            )
        )  # fmt: skip
        if DEADLY in message.text:
            os.kill(os.getpid(), signal.SIGKILL)
        await asyncio.sleep(SLOW_SECONDS if SLOW in message.text else random.uniform(0, 0.03))  # noqa: S311
        for name in names(message.text):
            said = {"text": f"{name}: {message.text}", "utter_action": name, "buttons": []}
            if name == names(message.text)[-1] or APART in message.text:
                said["buttons"] = [{"title": title(message.text), "payload": "/stand_in"}]
            tracker.update(ActionExecuted(name))
            tracker.update(BotUttered(said["text"], metadata={"utter_action": name}))
            await message.output_channel.send_response(message.sender_id, said)
        await self.store.save(tracker)


@dataclass(frozen=True)
class Point:
    """Something happens at the commit with this number, of the bot's or of the case database, counted from the start:
    the process dies before it or after it, or the commit is made and its answer is lost."""

    when: str
    number: int


WHENS = ("before", "after", "unheard")


@dataclass(frozen=True)
class Started:
    """Satisfies bot.bench.fleet.Running."""

    process: Any

    @property
    def pid(self) -> int:
        return self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> None:
        self.process.join(timeout)


def start(
    role: str,
    environ: dict[str, str],
    log: Path,
    point: Point | None = None,
    lease: float | None = None,
    unsure: float | None = None,
) -> Started:
    """`lease`, `unsure`: seconds in place of those that a message in work is leased for, and that one of which nobody
    knows whether it was sent waits for word of it; other pauses of the sender are then as short."""
    process = CONTEXT.Process(target=_run, args=(role, environ, log, point, lease, unsure), daemon=True)
    process.start()
    return Started(process)


def _run(
    role: str, environ: dict[str, str], log: Path, point: Point | None, lease: float | None, unsure: float | None
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end us
    os.environ.update(environ)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    logging.basicConfig(format=f"%(asctime)s {role} {os.getpid()} %(name)s %(message)s", force=True)
    if lease:
        inbox.LEASE, inbox.RENEW_EVERY = inbox.dt.timedelta(seconds=lease), lease / 4
    if unsure:
        _hurry(unsure)
    web.COMMENT_EVERY = 3600.0  # a stream that nobody wakes shows: it does not look by itself in time
    serve.LiveAnswers = lambda operator: ANSWERS
    engine = make_engine(settings().bot_database_url)
    if point:
        _arm(point, log.with_name(REACHED), engine, unit_of_work._engine())
    channels = connected(settings())
    assistant = Assistant(StandIn(engine), engine, keys(), channels) if role == "worker" else None
    asyncio.run(serve.Process(replace(settings(), ops_port=0), (role,), engine, channels, assistant, None).serve())


def _hurry(unsure: float) -> None:
    deliveries.UNSURE_WAITS = deliveries.IN_ORDER = deliveries.dt.timedelta(seconds=unsure)
    deliveries.pause = lambda attempt: deliveries.dt.timedelta(seconds=min(0.1 * 2**attempt, unsure))
    deliveries.LEASE = deliveries.dt.timedelta(seconds=SENDS_LEASE)
    sender.LONGEST_SEND = sender.LONGEST_SEEN = SENDS_LEASE * 2 / 3
    sender.LOST_EVERY, sender.SLOWED = 0.3, 0.2


def _arm(point: Point, reached: Path, *engines: Engine) -> None:
    """`reached`: a file that is made when it happens."""
    done = 0

    def deadly(engine: Engine, commit: Callable) -> Callable:
        def run(connection: Any) -> None:
            nonlocal done
            done += 1
            at = point.when if done == point.number else ""
            if at:
                reached.touch()
            if at == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            commit(connection)
            if at == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            if at == "unheard":
                raise engine.dialect.dbapi.OperationalError("the answer to the commit was lost")

        return run

    for engine in engines:
        engine.dialect.do_commit = deadly(engine, engine.dialect.do_commit)

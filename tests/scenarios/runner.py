"""Runs a scenario file through the real agent, the real action server and real database files.

The action server is a process of its own, as in `bot serve`; the agent runs in this one. What a scenario may hold is
said in README.md beside this file.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Date, DateTime, text, update
from sqlalchemy.orm import Session

from actions.case_db.engine import make_engine, upgrade
from actions.case_db.models import Base
from actions.case_db.seed import PERSONAS, seed
from bot.delivery import inbox, outbox
from bot.delivery.bell import Bell
from bot.delivery.conversations import conversation_at
from bot.delivery.engine import upgrade as upgrade_bot
from bot.delivery.models import Base as BotBase
from bot.delivery.models import Inbox
from bot.delivery.notifier import hand_over
from bot.delivery.worker import Worker
from bot.keys import Keys
from bot.project import ROOT
from bot.settings import settings as bot_settings

FOLDER = Path(__file__).parent
CODE_PATIENCE = 5.0
"""Seconds that an SMS may take; it is sent after the answer."""
OF_PERSON = "JOIN citizen p ON p.id = c.citizen_id WHERE p.national_id = :id"
SETTLE = 0.25
"""Seconds given to an SMS on its way, where an older one already lies there."""


DOCUMENT_KINDS = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}


class Died(BaseException):
    """In place of kill -9, which would take the tests along."""


class Stage:
    """The agent, the action server and their files, for any number of scenarios one after the other."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.case_url = environ.get("CASE_DATABASE_URL") or f"sqlite:///{folder / 'case.db'}"
        self.bot_url = environ.get("BOT_DATABASE_URL") or f"sqlite:///{folder / 'bot.db'}"
        self.sms_file = folder / "sms.jsonl"
        self.port = free_port()
        self.environ = {
            "CASE_DATABASE_URL": self.case_url,
            "PRETEND_SMS_FILE": str(self.sms_file),
            "ACTION_PORT": str(self.port),
            "DOCUMENTS_DIR": str(folder / "documents"),
            **environ,
        }
        upgrade(self.case_url)
        upgrade_bot(self.bot_url)
        self.cases = make_engine(self.case_url)
        self.bot = make_engine(self.bot_url)
        seed(self.cases)
        self._people = self._snapshot()
        self.actions: subprocess.Popen | None = None
        self.start_actions()
        self.keys = Keys(("a secret of the tests, long enough for one",))
        self.assistant = self._assistant()
        self.worker = Worker(self.bot, self.keys, Bell(self.bot), self.assistant)

    def upload(self, kind: str) -> dict[str, Any]:
        """As the door stored it."""
        document = {"id": uuid.uuid4().hex, "kind": kind, "size": 1234}
        (self.folder / "documents").mkdir(exist_ok=True)
        (self.folder / "documents" / document["id"]).touch()
        return document

    def start_actions(self, **environ: str) -> None:
        self.log = self.folder / "actions.log"
        self.actions = subprocess.Popen(
            [sys.executable, "-m", "actions.server"],
            cwd=ROOT,
            env={**os.environ, **self.environ, **environ},
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )
        wait_for_port(self.port, self.actions)

    def stop_actions(self) -> None:
        self.actions.terminate()
        self.actions.wait(10)

    def _assistant(self) -> Any:
        os.environ.update(self.environ)  # the agent looks up who asks in the same database
        from actions.case_db import unit_of_work
        from actions.settings import settings

        settings.cache_clear()
        bot_settings.cache_clear()
        unit_of_work._engine.cache_clear()
        from bot import agent
        from bot.training.model import model_path
        from bot.turn import Assistant

        loaded = agent.load(model_path(), self.bot, f"http://127.0.0.1:{self.port}/webhook", 10)
        return Assistant(loaded, self.bot, self.keys)

    def close(self) -> None:
        self.stop_actions()
        self.cases.dispose()
        self.bot.dispose()

    def reset(self) -> None:
        """The population as seeded, no conversation, no SMS."""
        with Session(self.cases, future=True) as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(table.delete())
            for table in Base.metadata.sorted_tables:
                if self._people[table.name]:
                    session.execute(table.insert(), self._people[table.name])
            session.commit()
        with Session(self.bot, future=True) as session:
            for table in reversed(BotBase.metadata.sorted_tables):
                session.execute(table.delete())
            session.commit()
        self.sms_file.unlink(missing_ok=True)

    def _snapshot(self) -> dict[str, list[dict]]:
        with Session(self.cases, future=True) as session:
            return {
                table.name: [dict(row._mapping) for row in session.execute(table.select())]
                for table in Base.metadata.sorted_tables
            }

    def age(self, minutes: float) -> None:
        """Let time pass: every moment that the databases hold moves back."""
        by = dt.timedelta(minutes=minutes)
        for engine, base in ((self.cases, Base), (self.bot, BotBase)):
            with Session(engine, future=True) as session:
                for table in base.metadata.sorted_tables:
                    for column in table.columns:
                        kind = getattr(column.type, "impl", column.type)
                        if not isinstance(kind, DateTime) or isinstance(kind, Date):
                            continue
                        keys = list(table.primary_key.columns)
                        for row in session.execute(table.select().where(column.is_not(None))).all():
                            same = [key == row._mapping[key] for key in keys]
                            session.execute(table.update().where(*same).values({column: row._mapping[column] - by}))
                session.commit()
        with Session(self.bot, future=True) as session:
            session.execute(text("UPDATE tracker_event SET timestamp = timestamp - :by"), {"by": by.total_seconds()})
            rows = session.execute(text("SELECT id, data FROM tracker_event")).all()
            for row in rows:
                data = json.loads(row.data) if isinstance(row.data, str) else row.data
                data["timestamp"] -= by.total_seconds()
                session.execute(
                    text("UPDATE tracker_event SET data = :data WHERE id = :id"),
                    {"id": row.id, "data": json.dumps(data, ensure_ascii=False)},
                )
            session.commit()


class Phone:
    """One conversation on the stage; what it sends goes the way of every message: inbox, worker, outbox."""

    def __init__(self, stage: Stage, address: str = "phone", channel: str = "test") -> None:
        self.stage = stage
        self.conversation = conversation_at(stage.bot, channel, address)
        self.told = 0

    async def send(self, **what: Any) -> list[dict]:
        return await self.answered(self.deliver(uuid.uuid4().hex, what))

    async def answered(self, accepted: inbox.Accepted) -> list[dict]:
        """What waits to be tried again is tried at once."""
        while (lines := outbox.answers_to(self.stage.bot, self.stage.keys, accepted.message_id)) is None:
            self._make_due()
            assert await self.stage.worker.step(), "nothing to work on, and no answer"
        return [_said(line) for line in lines]

    async def send_twice(self, **what: Any) -> list[dict]:
        """The process dies in the middle; when all is done the message is delivered again."""
        given = uuid.uuid4().hex
        accepted = self.deliver(given, what)
        first = await self._dies_before_its_end()
        answers = await self.answered(accepted)
        assert not self.deliver(given, what).new, "delivered again when done"
        assert not await self.stage.worker.step()
        assert [a["name"] for a in first] == [a["name"] for a in answers], "answered otherwise the second time"
        assert [a["text"] for a in first] == [a["text"] for a in answers]
        return answers

    def deliver(self, given: str, what: dict[str, Any]) -> inbox.Accepted:
        return inbox.accept(self.stage.bot, self.stage.keys, conversation=self.conversation, given_id=given, **what)

    async def _dies_before_its_end(self) -> list[dict]:
        """The process dies after the case database was changed and before the turn was stored."""
        assistant, seen = self.stage.assistant, []

        def die(turn: Any, message: Any, answers: list[dict], before: Any) -> None:
            seen.extend(answers)
            raise Died

        commit, assistant._commit = assistant._commit, die
        try:
            with suppress(Died):
                await self.stage.worker.step()
        finally:
            assistant._commit = commit
        return seen

    def _make_due(self) -> None:
        """No waiting for the next try, nor for the lease of whoever died."""
        with Session(self.stage.bot, future=True) as session:
            now = dt.datetime.now(dt.timezone.utc)
            session.execute(update(Inbox).where(Inbox.state == "waiting").values(due_at=now))
            session.execute(update(Inbox).where(Inbox.state == "working").values(leased_until=now))
            session.commit()

    def notices(self) -> list[dict]:
        """What came unasked since the last look, as the notifier hands it over."""
        hand_over(self.stage.bot, self.stage.keys, self.stage.assistant.answers)
        lines = outbox.read(self.stage.bot, self.stage.keys, self.conversation, after=self.told)
        unasked = [line for line in lines if line.answers_message is None]
        self.told = max([self.told, *(line.number for line in unasked)])
        return [_said(line) for line in unasked]


class Player(Phone):
    """Plays one scenario and compares each turn with what the file says."""

    def __init__(self, stage: Stage, scenario: dict[str, Any], twice: bool = False) -> None:
        super().__init__(stage, channel=scenario.get("channel", "test"))
        self.scenario = scenario
        self.twice = twice
        self.persona = next((p for p in PERSONAS if p.key == scenario.get("as")), None)
        self.last: list[dict] = []
        self.said: list[str] = []

    async def play(self) -> None:
        for number, turn in enumerate(self.scenario["turns"], 1):
            where = f"turn {number}: {turn}"
            if "user" in turn:
                self.last = await self.send(text=self.fill(turn["user"]))
            elif "button" in turn:
                self.last = await self.send(button=self.offered(turn["button"], where))
            elif "document" in turn:
                self.last = await self.send(document=self.stage.upload(DOCUMENT_KINDS[turn["document"]]))
            elif "keep" in turn:
                self.kept = self.offered(turn["keep"], where)
                continue
            elif "press_kept" in turn:
                self.last = await self.send(button=self.kept)
            elif "demo" in turn:
                self.demo(self.fill(turn["demo"]))
                continue
            elif "age" in turn:
                self.stage.age(float(turn["age"]))
                continue
            elif "conversation" in turn:
                self.to(turn["conversation"])
                continue
            elif "notices" in turn:
                self.last = await self.told_unasked()
                assert self.names() == turn["notices"], f"{where}\nsaid {self.names()}"
            self.compare(turn, where)
        self.compare_database()

    async def told_unasked(self) -> list[dict]:
        return self.notices()

    def to(self, name: str) -> None:
        """Go on in another conversation."""
        self.conversation = conversation_at(self.stage.bot, "test", name)

    async def send(self, **what: Any) -> list[dict]:
        answers = await (self.send_twice if self.twice else super().send)(**what)
        self.said += [answer["text"] for answer in answers]
        return answers

    def compare(self, turn: dict, where: str) -> None:
        if "says" in turn:
            assert self.names() == turn["says"], f"{where}\nsaid {self.names()}\n{self.text()}"
        for part in turn.get("text_has", []):
            assert self.fill(part) in self.text(), f"{where}\n{self.fill(part)!r} is missing in\n{self.text()}"
        for part in turn.get("text_lacks", []):
            assert self.fill(part) not in self.text(), f"{where}\n{self.fill(part)!r} stands in\n{self.text()}"
        if "buttons" in turn:
            titles = [button["title"] for answer in self.last for button in answer["buttons"]]
            assert titles == turn["buttons"], f"{where}\noffered {titles}"

    def compare_database(self) -> None:
        for held in self.scenario.get("database", []):
            query = self.fill(held["select"])
            with Session(self.stage.cases, future=True) as session:
                found = [list(row) for row in session.execute(text(query))]
            wanted = [[self.fill(cell) if isinstance(cell, str) else cell for cell in row] for row in held["is"]]
            assert found == wanted, f"{held['select']}\nholds {found}"

    def names(self) -> list[str]:
        return [answer["name"] for answer in self.last]

    def text(self) -> str:
        return re.sub("[\u2066-\u2069]", "", "\n".join(answer["text"] for answer in self.last))

    def offered(self, title: str, where: str) -> str:
        for answer in self.last:
            for button in answer["buttons"]:
                if button["title"] == self.fill(title):
                    return button["payload"]
        titles = [button["title"] for answer in self.last for button in answer["buttons"]]
        raise AssertionError(f"{where}\nno such button; offered: {titles}")

    def fill(self, words: str) -> str:
        """{ID}, {CODE} (the last SMS), {CASE_1}… and {INVOICE} of the persona …"""
        if "{" not in str(words):
            return str(words)
        return re.sub(r"\{([A-Z_0-9]+)\}", lambda match: self.value(match.group(1)), str(words))

    def value(self, name: str) -> str:
        assert self.persona, "the scenario names nobody (`as:`)"
        if name == "ID":
            return self.persona.national_id
        if name == "ID_SPACED":  # as people write it: Arabic digits, in groups
            spelled = self.persona.national_id.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
            return f"{spelled[:4]} {spelled[4:7]}-{spelled[7:]}"
        if name == "CODE":
            return self.code()
        if name == "FIRST_CODE":
            return self.code(first=True)
        if name == "WRONG_CODE":
            return f"{(int(self.code()) + 1) % 1_000_000:06}"
        if name == "INVOICE":
            query = f"SELECT i.number FROM invoice i JOIN cases c ON c.id = i.case_id {OF_PERSON} ORDER BY i.id DESC"  # noqa: S608  a constant
        elif name.startswith("CASE_"):
            query = f"SELECT c.number FROM cases c {OF_PERSON} ORDER BY c.id"  # noqa: S608  a constant
        else:
            raise AssertionError(f"unknown value {{{name}}}")
        with Session(self.stage.cases, future=True) as session:
            rows = session.execute(text(query), {"id": self.persona.national_id}).scalars().all()
        return rows[int(name.split("_")[1]) - 1 if name.startswith("CASE_") else 0]

    def code(self, first: bool = False) -> str:
        time.sleep(SETTLE)
        deadline = time.monotonic() + CODE_PATIENCE
        while time.monotonic() < deadline:
            if self.stage.sms_file.exists():
                lines = self.stage.sms_file.read_text(encoding="utf-8").splitlines()
                found = re.search(r"(?<!\d)\d{6}(?!\d)", json.loads(lines[0 if first else -1])["text"])
                if found:
                    return found.group()
            time.sleep(0.05)
        raise AssertionError("no SMS with a code was sent")

    def demo(self, words: str) -> None:
        """`pay <invoice>`, `advance <case>`: the command as the operator of a demonstration runs it."""
        from bot.cli import main

        assert main(["demo", *words.split()]) == 0, words


def _said(line: outbox.Line) -> dict:
    return {**line.body, "name": line.name, "personal": line.personal}


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def play(stage: Stage, path: Path, twice: bool = False) -> Player:
    stage.reset()
    player = Player(stage, load(path), twice)
    asyncio.run(player.play())
    return player


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen, patience: float = 30) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        assert process.poll() is None, "the action server ended at its start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the action server does not listen")

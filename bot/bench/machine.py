"""What every bench needs of this machine: temporary databases, processes of our roles, their CPU time."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.bench.load import Person
from bot.project import ROOT

HOST = "127.0.0.1"
START_PATIENCE = 120.0
PEOPLE = 1500
"""Invented people that a bench adds to the demonstration's, each with one case of an enforcement court in force."""
TICK = os.sysconf("SC_CLK_TCK")


class CannotMeasure(Exception):
    """Why, for whoever started the bench."""


@contextmanager
def databases(server: str | None, folder: Path, *names: str) -> Iterator[dict[str, str]]:
    """Name → URL of an empty database: a file in `folder`, or made on this PostgreSQL server and dropped afterwards."""
    if not server:
        yield {name: f"sqlite:///{folder / name}.db" for name in names}
        return
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url

    url = make_url(server)
    engine = create_engine(url, isolation_level="AUTOCOMMIT", future=True)
    made = {name: f"bench_{name}_{uuid.uuid4().hex[:12]}" for name in names}
    try:
        with engine.connect() as connection:
            for database in made.values():
                connection.exec_driver_sql(f"CREATE DATABASE {database}")
        yield {
            name: url.set(database=database).render_as_string(hide_password=False) for name, database in made.items()
        }
    finally:
        with engine.connect() as connection:
            for database in made.values():
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        engine.dispose()


def fill_cases(url: str) -> list[Person]:
    """Migrated, with the demonstration's people and ours."""
    from sqlalchemy.orm import Session

    from actions.case_db.engine import make_engine, upgrade
    from actions.case_db.models import Case, Citizen, Measure
    from actions.case_db.seed import population
    from bot.text.national_id import check_digit

    upgrade(url)
    engine = make_engine(url, wait=0)
    today = dt.date.today()
    people = []
    with Session(engine, future=True) as session:
        session.add_all(population(today))
        for number in range(PEOPLE):
            nine = f"18{number:07}"
            person = Person(f"{nine}{check_digit(nine)}", f"+9665100{number:05}")
            people.append(person)
            case = Case(
                number=f"46{number:08}",
                kind="court",
                state="in_force",
                opened_on=today - dt.timedelta(65),
                court="محكمة التنفيذ بالرياض",
                circuit="دائرة التنفيذ 3",
                creditor="مؤسسة ركن الواحة للتجارة",
                claim=1000 + number,
                referred_on=today - dt.timedelta(60),
                decision_34_on=today - dt.timedelta(50),
                decision_46_on=today - dt.timedelta(40),
                measures=[Measure(kind="travel_ban", ordered_on=today - dt.timedelta(40))],
            )
            session.add(Citizen(national_id=person.national_id, name="شخص مخترع", mobile=person.mobile, cases=[case]))
        session.commit()
    engine.dispose()
    return people


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Processes:
    """Named child processes, their logs in a folder; all end with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str, command: list[str], **environ: str) -> subprocess.Popen:
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, **environ},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        self.running[name] = process
        return process

    def log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"

    def wait_for(self, name: str, url: str) -> None:
        """Until it answers with 200."""
        deadline = time.monotonic() + START_PATIENCE
        while time.monotonic() < deadline:
            if self.running[name].poll() is not None:
                break
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  our own, on this machine
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise CannotMeasure(f"{name} did not start:\n{self.log(name).read_text(errors='replace')[-2000:]}")

    def cpu(self) -> dict[str, float]:
        """CPU seconds by name; `load` is this process, `postgres` its server, `machine` everything that ran here."""
        used = {name: cpu_of(process.pid) for name, process in self.running.items()}
        used["load"] = cpu_of(os.getpid())
        if postgres := [pid for pid in _pids() if _command(pid) == "postgres"]:
            used["postgres"] = sum(cpu_of(pid) for pid in postgres)
        return {**used, "machine": machine_cpu()}


def roles(
    processes: Processes, bot_url: str, case_url: str, sms_file: Path, workers: int, **more: str
) -> tuple[int, dict[str, str]]:
    """Door, workers, sender and action server, each a process of its own; the door's port once all are ready."""
    door, actions = free_port(), free_port()
    environ = {
        "BOT_DATABASE_URL": bot_url,
        "CASE_DATABASE_URL": case_url,
        "PRETEND_SMS_FILE": str(sms_file),
        "BOT_ENV": "demo",
        "BOT_HOST": HOST,
        "BOT_PORT": str(door),
        "ACTION_PORT": str(actions),
        "BOT_SECRETS": secrets.token_urlsafe(40),
        "RATE_LIMITS": "off",
        **more,
    }
    named = {"actions": "actions", "door": "door", "sender": "sender"}
    named |= {f"worker {number}": "worker" for number in range(1, workers + 1)}
    ports = {}
    for name, role in named.items():
        ports[name] = free_port()
        command = ["-m", "bot", "serve", "--role", role, "--no-seed"]
        processes.start(name, command, **environ, OPS_PORT=str(ports[name]))
    for name, role in named.items():
        where = f"http://{HOST}:{actions}/health" if role == "actions" else f"http://{HOST}:{ports[name]}/readyz"
        processes.wait_for(name, where)
    return door, environ


def cpu_of(pid: int) -> float:
    """User and system time of all its threads; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def machine_cpu() -> float:
    """Of all cores, idle and waiting left out."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def _pids() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


class SmsFile:
    """The codes in a pretend SMS file, read as it grows."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._read = 0
        self._codes: dict[str, str] = {}

    def code(self, mobile: str) -> str | None:
        if mobile not in self._codes and self.file.exists():
            self._more()
        return self._codes.get(mobile)

    def _more(self) -> None:
        import json
        import re

        with self.file.open("rb") as lines:
            lines.seek(self._read)
            new = lines.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            message = json.loads(line)
            if found := re.search(r"(?<!\d)\d{6}(?!\d)", message["text"]):
                self._codes[message["to"]] = found.group()

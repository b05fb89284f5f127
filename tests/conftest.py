"""Databases for tests. SQLite always; PostgreSQL at TEST_DATABASE_URL (or the usual place on this machine) where it
answers, and where it does not, the test is skipped, or fails when TEST_ALL=1."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import OperationalError

from actions.case_db.engine import make_engine, upgrade
from actions.case_db.seed import seed
from actions.case_db.unit_of_work import UnitOfWork, call_now
from tests.fakes import Clock, FakeSms, FakeTickets

if TYPE_CHECKING:
    from tests.scenarios.runner import Stage


def sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("case_db") / "migrated.db"
    upgrade(sqlite_url(file))
    return file


@pytest.fixture(scope="session")
def seeded_file(migrated_file: Path) -> Path:
    file = migrated_file.with_name("seeded.db")
    shutil.copy(migrated_file, file)
    engine = make_engine(sqlite_url(file))
    seed(engine)
    engine.dispose()
    return file


def _copy(original: Path, folder: Path) -> Iterator[Engine]:
    file = folder / "case.db"
    shutil.copy(original, file)
    engine = make_engine(sqlite_url(file))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated SQLite database of this test's own."""
    yield from _copy(migrated_file, tmp_path)


@pytest.fixture
def seeded_engine(seeded_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """The demonstration population, in a SQLite database of this test's own."""
    yield from _copy(seeded_file, tmp_path)


@pytest.fixture(scope="session")
def postgres_server() -> URL:
    url = make_url(os.environ.get("TEST_DATABASE_URL") or "postgresql://postgres@127.0.0.1:5432/postgres")
    try:
        create_engine(url, connect_args={"connect_timeout": 2}, future=True).connect().close()
    except OperationalError:
        missing = "no PostgreSQL answers (TEST_DATABASE_URL)"
        pytest.fail(missing) if os.environ.get("TEST_ALL") == "1" else pytest.skip(missing)
    return url


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """An empty database, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT", future=True)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """An empty, migrated PostgreSQL database of this test's own."""
    upgrade(postgres_url)
    engine = make_engine(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_engine(request: pytest.FixtureRequest) -> Engine:
    """The test runs on each of the two databases."""
    return request.getfixturevalue("engine" if request.param == "sqlite" else "postgres_engine")


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The real agent and action server, once for all tests; `make test` has trained the model before."""
    from tests.scenarios.runner import Stage  # with it comes Rasa, which light tests do not need

    made = Stage(tmp_path_factory.mktemp("stage"))
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sms() -> FakeSms:
    return FakeSms()


@pytest.fixture
def tickets() -> FakeTickets:
    return FakeTickets()


@pytest.fixture
def uow(seeded_engine: Engine, clock: Clock, sms: FakeSms, tickets: FakeTickets) -> Iterator[UnitOfWork]:
    """On the demonstration population; what waits for the commit runs at once."""
    with UnitOfWork(seeded_engine, sms=sms, tickets=tickets, clock=clock, background=call_now) as entered:
        yield entered


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line at the end: what this machine could not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted({str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped})
    left_out = f"{len(skipped)} tests: {'; '.join(reasons)}" if skipped else "nothing"
    terminalreporter.write_line(f"left out: {left_out}")

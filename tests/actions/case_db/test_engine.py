"""How writers meet on SQLite."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from actions.case_db import engine as engines
from actions.case_db.engine import reading
from tests.conftest import sqlite_url


@pytest.fixture
def counted(tmp_path: Path) -> Engine:
    made = engines.make_engine(sqlite_url(tmp_path / "counted.db"))
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE counted (n INTEGER)"))
        connection.execute(text("INSERT INTO counted VALUES (0)"))
    yield made
    made.dispose()


def test_writers_follow_each_other_and_none_is_lost(counted: Engine):
    def add() -> None:
        for _ in range(20):
            with counted.begin() as connection:
                n = connection.scalar(text("SELECT n FROM counted"))
                time.sleep(0.001)
                connection.execute(text("UPDATE counted SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with counted.connect() as connection:
        assert connection.scalar(text("SELECT n FROM counted")) == 120


def test_who_waits_too_long_for_a_writer_gets_the_database_s_error_and_may_try_again(
    counted: Engine, monkeypatch: pytest.MonkeyPatch
):
    with counted.begin() as holder:
        holder.execute(text("UPDATE counted SET n = 1"))
        monkeypatch.setattr(engines, "WAIT", 0.1)
        with pytest.raises(OperationalError), counted.begin():
            pass
        with reading(counted).connect() as reader:  # waits for no writer
            assert reader.scalar(text("SELECT n FROM counted")) == 0
    with counted.begin() as connection:
        assert connection.scalar(text("SELECT n FROM counted")) == 1


def test_a_statement_waits_as_long_as_before(counted: Engine):
    """Not only transactions meet others: a file that is recovered after a crash is locked for a moment."""
    for _ in range(2):
        with counted.begin() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == engines.WAIT * 1000

"""The engine of the case database, and its migrations run from code.

The two databases are made to behave alike: foreign keys hold, a writer waits at most five seconds for another, and
no call waits for ever on a server that went away.
"""

from __future__ import annotations

import json
import sqlite3
import time
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.pool import QueuePool

MIGRATIONS = Path(__file__).parent / "migrations"
WAIT = 5
"""Seconds a statement may take, waiting for locks included."""
BETWEEN_LOOKS = 0.001
"""Seconds between two looks whether SQLite's one writer is done."""

_json = partial(json.dumps, ensure_ascii=False)


def make_engine(url: str, *, wait: int = WAIT) -> Engine:
    """`wait=0` lets a PostgreSQL statement run as long as it needs (migrations, seeding)."""
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return create_engine(
        url,
        future=True,
        json_serializer=_json,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 3,
            "options": f"-c statement_timeout={wait * 1000}",
            # a cut network is noticed as well: the server's own time-outs cannot reach us then
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 6000,
        },
    )


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        future=True,
        json_serializer=_json,
        poolclass=QueuePool,
        connect_args={"timeout": WAIT, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection, record) -> None:
        connection.isolation_level = None  # the driver's own late BEGIN would let two processes read, then both write
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("only_reads"):
            wanted = "NORMAL" if options.get("unsynced") else "FULL"
            if connection.info.get("synchronous", "FULL") != wanted:
                connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
                connection.info["synchronous"] = wanted
        if options.get("only_reads"):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection)

    return engine


def _begin_writing(connection: Connection) -> None:
    """SQLite itself, once it has met another writer a few times, sleeps up to a tenth of a second between two looks:
    whoever came later is served first, and everybody waits longer than anybody writes."""
    driver = connection.connection.dbapi_connection
    until = time.monotonic() + WAIT
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    break
            time.sleep(BETWEEN_LOOKS)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # its error is SQLAlchemy's
    finally:
        driver.execute(f"PRAGMA busy_timeout={WAIT * 1000:.0f}")


def reading(engine: Engine) -> Engine:
    """The same database for units of work that only read: on SQLite they wait for no writer and hold none up."""
    return engine.execution_options(only_reads=True)


def unsynced(engine: Engine) -> Engine:
    """The same database for changes that may be forgotten when the power fails: on SQLite they do not wait for the
    disk. Killing a process loses none of them."""
    return engine.execution_options(unsynced=True)


def upgrade(url: str, migrations: Path = MIGRATIONS) -> None:
    """Bring the database to the newest migration; a file and its folder are made where missing. Two that start at
    the same moment follow each other."""
    from alembic import command  # here: the action server imports this module and never migrates
    from alembic.config import Config

    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    engine = make_engine(url, wait=0)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()

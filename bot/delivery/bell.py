"""Who waits for a row is woken when one is committed, by whatever process.

PostgreSQL carries it itself (LISTEN/NOTIFY, sent within the writer's transaction). For SQLite files a look at
`PRAGMA data_version` every LOOK_EVERY seconds costs some ten microseconds. A ring may be lost with its connection, so
whoever waits also looks by himself from time to time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

INBOX, OUTBOX = "assistant_inbox", "assistant_outbox"
LOOK_EVERY = 0.02
RECONNECT_AFTER = 1.0


def notify(session: Session, channel: str, conversation: str) -> None:
    """Heard by every process when the caller's transaction commits; on SQLite the commit itself is noticed."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_notify(:channel, :conversation)"), {"channel": channel, "conversation": conversation}
        )


class Bell:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.inbox = asyncio.Event()
        """Set when a message came in; whoever waits clears it before looking."""
        self.outgoing = asyncio.Event()
        """Set when something may be there for a messenger: new lines, or a message that is to be marked as read."""
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task | None = None

    def start(self) -> None:
        hear = self._postgresql if self._engine.dialect.name == "postgresql" else self._sqlite
        self._task = asyncio.create_task(hear())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @contextmanager
    def listening(self, conversation: str) -> Iterator[asyncio.Event]:
        """An event that is set when the conversation has new lines; clear it before reading them."""
        rung = asyncio.Event()
        self._listeners[conversation].add(rung)
        try:
            yield rung
        finally:
            self._listeners[conversation].discard(rung)
            if not self._listeners[conversation]:
                del self._listeners[conversation]

    def ring_inbox(self) -> None:
        self.inbox.set()
        self.outgoing.set()

    def ring_outbox(self, conversation: str) -> None:
        self.outgoing.set()
        for rung in self._listeners.get(conversation, ()):
            rung.set()

    def ring_all(self) -> None:
        self.ring_inbox()
        for conversation in list(self._listeners):
            self.ring_outbox(conversation)

    async def _sqlite(self) -> None:
        file = self._engine.url.database
        while True:
            try:
                with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=1)) as connection:
                    await self._watch(connection)
            except sqlite3.Error as error:
                log.error("the bell cannot read the bot's database: %s", type(error).__name__)
                self.ring_all()
                await asyncio.sleep(RECONNECT_AFTER)

    async def _watch(self, connection: sqlite3.Connection) -> None:
        """Ids of one SQLite file are given in the order of commits."""
        version = heard_in = heard_out = -1
        while True:
            (now,) = connection.execute("PRAGMA data_version").fetchone()
            if now != version:
                newest_in, newest_out = connection.execute(
                    "SELECT (SELECT max(id) FROM inbox), (SELECT max(id) FROM outbox)"
                ).fetchone()
                if newest_in != heard_in:
                    self.ring_inbox()
                if newest_out != heard_out and version != -1:
                    new = "SELECT DISTINCT conversation FROM outbox WHERE id > ?"
                    for (conversation,) in connection.execute(new, (heard_out or 0,)):
                        self.ring_outbox(conversation)
                elif version == -1:
                    self.ring_all()
                version, heard_in, heard_out = now, newest_in, newest_out
            await asyncio.sleep(LOOK_EVERY)

    async def _postgresql(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection = None
            try:
                connection = await asyncio.to_thread(self._listen)
                self.ring_all()  # whatever was missed while nobody listened
                readable = asyncio.Event()
                number = connection.fileno()  # a broken connection no longer knows it
                loop.add_reader(number, readable.set)
                try:
                    while True:
                        await readable.wait()
                        readable.clear()
                        connection.poll()
                        while connection.notifies:
                            heard = connection.notifies.pop(0)
                            if heard.channel == INBOX:
                                self.ring_inbox()
                            else:
                                self.ring_outbox(heard.payload)
                finally:
                    loop.remove_reader(number)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # the server went away; psycopg2 has many words for it
                log.error("the bell lost the bot's database: %s", type(error).__name__)
                self.ring_all()
                await asyncio.sleep(RECONNECT_AFTER)
            finally:
                if connection is not None:
                    with contextlib.suppress(Exception):
                        connection.close()

    def _listen(self) -> Any:
        wrapped = self._engine.raw_connection()
        connection = wrapped.driver_connection
        wrapped.detach()  # ours alone: it never goes back to the pool
        connection.rollback()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {INBOX}")
            cursor.execute(f"LISTEN {OUTBOX}")
        return connection

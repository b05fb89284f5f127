"""Our side of WhatsApp on a database, with the pretend Graph API behind it: what comes in may be put in by hand, what
goes out is seen as the provider sees it."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import socket
import tempfile
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sanic import Sanic
from sqlalchemy import create_engine, select, update
from sqlalchemy.engine import URL, Engine
from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.channels.base import Incoming, Person, Progress, Said
from bot.channels.door import Door
from bot.channels.errors import add_errors
from bot.channels.webhook import add_webhook
from bot.channels.whatsapp import WhatsApp
from bot.delivery import deliveries, inbox, outbox, received, staging
from bot.delivery.bell import Bell
from bot.delivery.engine import make_engine, unsynced, upgrade
from bot.delivery.models import Base, Conversation, Delivery, Inbox
from bot.delivery.sender import Sender
from bot.keys import Keys
from bot.phone.graph import PREFIX, PretendGraph
from bot.settings import read
from tests.servers import listening

NUMBER_ID, TOKEN, APP_SECRET, VERIFY = "1001", "token", "app secret", "كلمة verify"
KEYS = Keys(("a secret of the tests, long enough for one",))
ANSWERS = Answers()
TEMPLATE = "update_waits"
_numbers = itertools.count(1)


def person(phone: str | None = None, user: str | None = None) -> Person:
    names = (("user", user), ("phone", phone))
    return Person(tuple((kind, name) for kind, name in names if name))


HER = person("+966500000011", "SA.1349000000000001")
HIM = person("+966500000022", "SA.1349000000000002")
UNSEEN = person(user="SA.1349000000000003")
"""Her number is hidden from us."""


def now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def said(who: Person = HER, text: str | None = "مرحبا", **more: Any) -> Said:
    given = more.pop("given", f"wamid.{next(_numbers)}")
    return Said(given, who, more.pop("at", now()), text=text, **more)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bot.db"
        upgrade(f"sqlite:///{file}")
        return file.read_bytes()


def sqlite_engine(folder: Path) -> Engine:
    """An empty SQLite database of the bot, migrated once for all tests; it does not wait for the disk."""
    (folder / "bot.db").write_bytes(_migrated())
    return unsynced(make_engine(f"sqlite:///{folder / 'bot.db'}"))


def migrated_postgres(server: URL) -> Iterator[Engine]:
    """A database of the bot for many tests; each begins with `emptied`."""
    name = f"test_{uuid.uuid4().hex}"
    administrator = create_engine(server, isolation_level="AUTOCOMMIT", future=True)
    with administrator.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = server.set(database=name).render_as_string(hide_password=False)
    upgrade(url)
    engine = make_engine(url)
    yield engine
    engine.dispose()
    with administrator.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    administrator.dispose()


def emptied(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY CASCADE")
    return engine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Line:
    def __init__(self, engine: Engine, keys: Keys = KEYS, template: str = TEMPLATE) -> None:
        self.engine, self.keys, self.port = engine, keys, free_port()
        self.host = f"http://127.0.0.1:{self.port}"
        self.graph = PretendGraph(NUMBER_ID, TOKEN, APP_SECRET, f"{self.host}/webhooks/whatsapp/webhook")
        self.graph.statuses = False
        self.channel = self.whatsapp(template)
        self.citizen: int | None = None
        """Who is verified, in whatever conversation."""
        self.door = Door(engine, keys, Bell(engine), lambda: ANSWERS, read({}), lambda _: self.citizen)
        self.sender = Sender(self.door, self.channel)

    def whatsapp(self, template: str = TEMPLATE) -> WhatsApp:
        return WhatsApp(NUMBER_ID, TOKEN, APP_SECRET, VERIFY, "v26.0", self.host + PREFIX, template)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Line]:
        app = Sanic(f"line-{uuid.uuid4().hex}", configure_logging=False)
        app.config.MOTD = False
        add_errors(app)
        add_webhook(app, self.door, self.channel)
        app.blueprint(self.graph.blueprint())
        try:
            async with listening(app, self.port):
                yield self
                await self.graph.close()
        finally:
            await self.channel.close()

    # what comes in

    def take(self, *items: Incoming, keys: Keys | None = None) -> Counter[str]:
        return received.take(self.engine, keys or self.keys, self.channel, items)

    def hear(self, who: Person = HER, text: str = "مرحبا", *, marked: bool = False, **more: Any) -> str:
        """She writes; her conversation. `marked`: leave the read mark to the sender."""
        item = said(who, text, **more)
        self.take(item)
        with Session(self.engine, future=True) as session:
            row = session.scalars(select(Inbox).filter_by(given_id=received.hashed(item.given))).one()
            if not marked:
                session.query(Delivery).filter_by(conversation=row.conversation, kind="seen").delete()
            session.commit()
            return row.conversation

    def claim(self) -> inbox.Message | None:
        return inbox.claim(self.engine, self.keys, inbox.new_owner())

    def turns(self) -> list[inbox.Message]:
        """Everything that waits, as a worker meets it."""
        found = []
        while (message := self.claim()) is not None:
            found.append(message)
            with Session(self.engine, future=True) as session:
                inbox.settle(session, message)
                session.commit()
        return found

    def told(self, state: str, row: Delivery | None = None, attempt: int | None = None, **more: Any) -> Counter[str]:
        """Word of a message of ours: the only one if not given, of its present attempt if not given."""
        row = row or self.row()
        opaque = f"{row.token}.{row.attempt if attempt is None else attempt}"
        return self.take(Progress(state, more.pop("at", now()), more.pop("opaque", opaque), **more))

    # what goes out

    def say(self, conversation: str, *texts: str, buttons: tuple[str, ...] = (), **more: Any) -> None:
        """One turn. `buttons`: titles under its last text. `citizen`: whose data it shows."""
        answers: list[dict[str, Any]] = [
            {"name": "utter_case_court", "text": text, "buttons": [], "personal": "citizen" in more} for text in texts
        ]
        answers[-1]["buttons"] = [{"title": title, "payload": "/greet"} for title in buttons]
        heard = inbox.new_row(self.keys, conversation, f"{next(_numbers)}", text="…")
        with Session(self.engine, future=True) as session:
            row = Inbox(**heard, conversation=conversation, state="done", received_at=now(), due_at=now())
            session.add(row)
            session.flush()
            outbox.say(session, self.keys, conversation, answers, inbox=row.id, **more)
            session.commit()

    def stage(self) -> None:
        with Session(self.engine, future=True) as session:
            staging.put(session, staging.stage(session, self.keys, self.channel, ANSWERS, set()))
            session.commit()

    def claim_to_send(self, owner: str = "host:1:one", most: int = 10) -> list[deliveries.Parcel]:
        with Session(self.engine, future=True) as session:
            parcels = deliveries.claim(session, self.keys, "whatsapp", owner, most)
            session.commit()
        return parcels

    def sent(self, parcel: deliveries.Parcel, given: str | None) -> None:
        with Session(self.engine, future=True) as session:
            deliveries.sent(session, [(parcel, given and received.hashed(given))])
            session.commit()

    def accepted(self, *texts: str, who: Person = HER) -> Delivery:
        """A message that left and was taken by the provider, of which nothing was heard yet."""
        self.say(self.hear(who), *(texts or ("جواب",)))
        self.stage()
        (parcel,) = self.claim_to_send()
        self.sent(parcel, "wamid.ours")
        return self.row()

    async def work_until(self, ready: Any, patience: float = 10.0) -> None:
        """Let the sender work as it does in a process until this is so."""
        over = asyncio.Event()
        running = asyncio.create_task(self.sender.run(over))
        try:
            for _ in range(int(patience / 0.01)):
                if ready():
                    return
                if running.done():
                    running.result()
                await asyncio.sleep(0.01)
            raise AssertionError(f"not within {patience} seconds: {self.states()}")
        finally:
            over.set()
            await running

    def rows(self, kind: str = "message") -> list[Delivery]:
        with Session(self.engine, future=True) as session:
            return session.query(Delivery).filter_by(kind=kind).order_by(Delivery.id).all()

    def row(self) -> Delivery:
        (row,) = self.rows()
        return row

    def states(self, kind: str = "message") -> list[str]:
        return [row.state for row in self.rows(kind)]

    def conversation(self, id: str) -> Conversation:
        with Session(self.engine, future=True) as session:
            return session.get(Conversation, id)

    def texts(self) -> list[str]:
        """What arrived on phones, in order."""
        return [body(message["payload"]) for message in self.graph.messages]

    def later(self, **by: float) -> None:
        """So much time passes: for what is on its way and for when she wrote last."""
        gone = dt.timedelta(**by)
        times = ("created_at", "due_at", "leased_until", "sent_at")
        with Session(self.engine, future=True) as session:
            for row in session.query(Delivery):
                for name in times:
                    setattr(row, name, getattr(row, name) and getattr(row, name) - gone)
            for row in session.query(Conversation):
                row.heard_at = row.heard_at and row.heard_at - gone
            session.commit()

    def change(self, **values: Any) -> None:
        with Session(self.engine, future=True) as session:
            session.execute(update(Delivery).values(**values))
            session.commit()

    def due(self) -> None:
        """The pauses of all that waits are over."""
        with Session(self.engine, future=True) as session:
            session.execute(update(Delivery).values(due_at=now()))
            session.commit()


def body(payload: dict[str, Any]) -> str:
    if payload["type"] == "template":
        return f"template {payload['template']['name']}"
    return payload["text"]["body"] if payload["type"] == "text" else payload["interactive"]["body"]["text"]


@asynccontextmanager
async def opened(engine: Engine, **more: Any) -> AsyncIterator[Line]:
    async with Line(engine, **more).open() as line:
        yield line

"""Plays a scenario as a WhatsApp conversation: signed deliveries to the webhook, what we send to a pretend Graph API.

What she presses and reads is taken from the messages that arrived on her phone, joined and split as the messenger
demands (the pretend Graph API refuses what is over its limits); the names of the answers from the outbox.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sanic import Sanic
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.door import Door
from bot.channels.errors import add_errors
from bot.channels.webhook import add_webhook
from bot.channels.whatsapp import WhatsApp
from bot.delivery.bell import Bell
from bot.delivery.models import Inbox
from bot.delivery.sender import Sender
from bot.phone import deliveries
from bot.phone.deliveries import Person
from bot.phone.graph import PretendGraph
from bot.settings import read
from tests.scenarios.runner import DOCUMENT_KINDS, Player, Stage, free_port, load
from tests.servers import listening

NUMBER_ID, TOKEN, SECRET = "1001", "token", "secret"


class Line:
    """Our side of WhatsApp on the stage: the webhook, a sender, and the provider that they talk to."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.port = stage, free_port()
        host = f"http://127.0.0.1:{self.port}"
        self.graph = PretendGraph(NUMBER_ID, TOKEN, SECRET, f"{host}/webhooks/whatsapp/webhook")
        self.channel = WhatsApp(NUMBER_ID, TOKEN, SECRET, "verify", "v26.0", f"{host}/pretend/graph", "update_waits")
        answers = stage.assistant.answers
        self.door = Door(stage.bot, stage.keys, Bell(stage.bot), lambda: answers, read({}))
        self.sender = Sender(self.door, self.channel)
        self.app = Sanic(f"whatsapp-{uuid.uuid4().hex}", configure_logging=False)
        add_errors(self.app)
        add_webhook(self.app, self.door, self.channel)
        self.app.blueprint(self.graph.blueprint())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Line]:
        self.stage.assistant.channels = {"whatsapp": self.channel}
        try:
            async with listening(self.app, self.port):
                yield self
                await self.graph.close()
        finally:
            await self.channel.close()
            self.stage.assistant.channels = {}


class OnWhatsApp(Player):
    """Each conversation of the scenario is another phone."""

    def __init__(self, line: Line, scenario: dict[str, Any]) -> None:
        super().__init__(line.stage, scenario)
        self.line = line
        self.people: dict[str, Person] = {}
        self.in_lists: set[str] = set()
        self.to("phone")

    def to(self, name: str) -> None:
        number = len(self.people) + 1
        self.person = self.people.setdefault(name, Person(f"+96650000000{number}", f"SA.13491{number}", name))

    async def send(self, **what: Any) -> list[dict]:
        seen = len(self.line.graph.messages)
        assert await self.line.graph.deliver(self.delivery(what)) == 200
        with Session(self.stage.bot, future=True) as session:
            row = session.scalars(select(Inbox).order_by(Inbox.id.desc()).limit(1)).one()
        self.conversation = row.conversation
        answers = await self.answered(row)
        await self.line.sender.settle()
        self.said += [answer["text"] for answer in answers]
        return self.arrived(answers, seen)

    async def told_unasked(self) -> list[dict]:
        seen = len(self.line.graph.messages)
        answers = self.notices()
        await self.line.sender.settle()
        return self.arrived(answers, seen)

    def delivery(self, what: dict[str, Any]) -> dict[str, Any]:
        if "text" in what:
            return deliveries.text(self.person, what["text"])
        if "button" in what:
            reply = deliveries.list_reply if what["button"] in self.in_lists else deliveries.button_reply
            return reply(self.person, what["button"], "…")
        kind = what["document"]["kind"]
        media = self.line.graph.add_media(FILES[kind], kind)
        return deliveries.document(self.person, media, f"مستند.{kind.rpartition('/')[2]}", mime=kind)

    def arrived(self, answers: list[dict], seen: int) -> list[dict]:
        """The answers, with the words and choices that are on her phone now under the last one."""
        payloads = [message["payload"] for message in self.line.graph.messages[seen:]]
        assert {payload["to"] for payload in payloads} <= {self.person.phone}, "sent to somebody else"
        texts = [text_of(payload) for payload in payloads]
        assert plain("".join(answer["text"] for answer in answers)) == plain("".join(texts)), "other words arrived"
        shown = [{**answer, "text": "", "buttons": []} for answer in answers]
        if shown:
            shown[-1] |= {"text": "\n".join(texts), "buttons": [b for each in payloads for b in self.choices(each)]}
        return shown

    def choices(self, payload: dict[str, Any]) -> list[dict[str, str]]:
        action = payload.get("interactive", {}).get("action", {})
        rows = [row for section in action.get("sections", ()) for row in section["rows"]]
        self.in_lists.update(row["id"] for row in rows)
        shown = [*(button["reply"] for button in action.get("buttons", ())), *rows]
        return [{"title": each.get("description") or each["title"], "payload": each["id"]} for each in shown]


def text_of(payload: dict[str, Any]) -> str:
    return payload["text"]["body"] if payload["type"] == "text" else payload["interactive"]["body"]["text"]


def plain(text: str) -> str:
    return re.sub("[\\s\u2066-\u2069]", "", text)


SIZE = 1234
"""As scenarios expect it."""


def _files() -> dict[str, bytes]:
    """A whole file of each kind, of SIZE bytes."""
    pdf, end = b"%PDF-1.4\n", b"\n%%EOF\n"
    jpeg = b"\xff\xd8\xff\xe0" + (SIZE - 6).to_bytes(2, "big")
    png, iend = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
    chunk = SIZE - len(png) - 12 - len(iend)
    made = {
        "pdf": pdf.ljust(SIZE - len(end)) + end,
        "jpeg": jpeg.ljust(SIZE - 2, b"\0") + b"\xff\xd9",
        "png": png + chunk.to_bytes(4, "big") + b"tEXt" + bytes(chunk + 4) + iend,
    }
    return {DOCUMENT_KINDS[name]: content for name, content in made.items()}


FILES = _files()


def play(stage: Stage, path: Path) -> None:
    async def on_whatsapp() -> None:
        async with Line(stage).open() as line:
            await OnWhatsApp(line, load(path)).play()

    stage.reset()
    asyncio.run(on_whatsapp())

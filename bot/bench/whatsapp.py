"""People who write on WhatsApp, for a load: signed deliveries to our webhook, and a pretend Graph API that takes what
we send to them and tells the webhook what became of it, as Meta does.

The read mark of a message says where its turn begins: what reaches her after it answers that message.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sanic import Sanic

from bot.answers import Answers
from bot.bench.load import Failed, Reply
from bot.bench.machine import HOST, SmsFile
from bot.delivery.deliveries import SEEN_WITHIN
from bot.phone import deliveries
from bot.phone.deliveries import Person, Value
from bot.phone.graph import PREFIX, PretendGraph
from bot.text.isolate import WITHOUT_MARKS

if TYPE_CHECKING:
    import aiohttp

WITHOUT_NUMBER_EVERY = 5
"""One person in five has a username and lets us see no phone number."""
KEEP_ALIVE = 75
"""Seconds for which the Graph API keeps an idle connection; our sender lets go of it earlier."""
NUMBER, TOKEN, SECRET = "100000000000009", "invented-token", "invented-secret"


def environ(graph_port: int) -> dict[str, str]:
    """What connects our processes to the pretend Graph API on this port."""
    return {
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "WHATSAPP_ACCESS_TOKEN": TOKEN,
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_VERIFY_TOKEN": TOKEN,
        "WHATSAPP_GRAPH_VERSION": PretendGraph.version,
        "WHATSAPP_API_URL": f"http://{HOST}:{graph_port}{PREFIX}",
    }


class Phone:
    """One person's. She sends the next message when the one before was answered."""

    def __init__(self, graph: Graph, person: Person) -> None:
        self.graph, self.person = graph, person
        self.out_of_order = 0
        self.twice = 0
        self._sent: list[str] = []
        self._sent_at = 0.0
        self._answered: asyncio.Future[bool] | None = None
        self._marked = -1
        """The place in `_sent` of the one that was marked as read last."""
        self._tokens: set[str] = set()
        self._texts: set[str] = set()
        """Of the turn that answers her newest message."""
        self._before: set[str] = set()
        """Of the one before."""

    async def say(self, text: str) -> Reply:
        value = deliveries.text(self.person, text)
        wamid = deliveries.wamid_of(value)
        self.graph.writers[wamid] = self
        self._sent.append(wamid)
        self._before, self._texts = self._texts, set()
        answered = self._answered = asyncio.get_running_loop().create_future()
        self._sent_at = time.perf_counter()
        status = await self.graph.deliver(value)
        if status != 200:
            raise Failed(str(status))
        return Reply(time.perf_counter() - self._sent_at, await answered)

    async def close(self) -> None:
        return

    def mark(self, wamid: str) -> None:
        place = self._sent.index(wamid)
        self.out_of_order += place <= self._marked
        self._marked = max(self._marked, place)

    def hear(self, payload: dict[str, Any]) -> None:
        text = _text(payload)
        token = payload.get("biz_opaque_callback_data", "").partition(".")[0]
        rest = self._marked < len(self._sent) - 1 and not self._mark_is_late()
        turn = self._before if rest else self._texts
        if token in self._tokens or text in turn:
            self.twice += 1
            return
        self._tokens.add(token)
        turn.add(text)
        if rest:  # of the turn before
            self.out_of_order += self._marked < 0
        elif self._answered and not self._answered.done():
            lines = text.translate(WITHOUT_MARKS).split("\n")
            self._answered.set_result(not self.graph.headings.isdisjoint(lines))

    def _mark_is_late(self) -> bool:
        """A mark that comes so late is left out; the answer is then known by its order alone."""
        return time.perf_counter() - self._sent_at > SEEN_WITHIN.total_seconds()


class Graph(PretendGraph):
    """Tells each person's phone what came for her. Its connections to the webhook stay open, and what became of a
    message is told as soon as it was accepted, in three requests."""

    def __init__(self, webhook_url: str, http: aiohttp.ClientSession) -> None:
        super().__init__(NUMBER, TOKEN, SECRET, webhook_url)
        self.http = http
        self.phones: dict[str, Phone] = {}
        """By the name that we send to."""
        self.writers: dict[str, Phone] = {}
        """By the id of her message."""
        self.told: list[float] = []
        """Seconds that the webhook took for each status, tries included."""
        self.headings = _headings()

    def _read(self, payload: dict[str, Any]) -> dict[str, Any]:
        answer = super()._read(payload)
        self.writers[payload["message_id"]].mark(payload["message_id"])
        return answer

    def _accept(self, payload: dict[str, Any], *more: Any) -> dict[str, Any]:
        answer = super()._accept(payload, *more)
        self.phones[payload.get("to") or payload["recipient"]].hear(payload)
        return answer

    async def _insist(self, value: Value) -> None:
        began = time.perf_counter()
        await super()._insist(value)
        self.told.append(time.perf_counter() - began)

    async def _post(self, body: bytes, signature: str | None) -> int:
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature or ""}
        async with self.http.post(self.webhook_url, data=body, headers=headers) as response:
            await response.read()
            return response.status


class People:
    """What `Load` measures: our webhook, reached by everybody's phone."""

    def __init__(self, graph: Graph, sms: SmsFile) -> None:
        self.graph = graph
        self.told = graph.told
        self.code = sms.code

    async def open(self) -> Phone:
        number = len(self.graph.phones)
        user_id, name = f"SA.{10**15 + number}", "شخص مخترع"
        if number % WITHOUT_NUMBER_EVERY == WITHOUT_NUMBER_EVERY - 1:
            person = Person(None, user_id, name, username=f"invented{number}")
        else:
            person = Person(f"+9665{number:08}", user_id, name)
        phone = self.graph.phones[person.phone or person.user_id] = Phone(self.graph, person)
        return phone


@asynccontextmanager
async def people(
    http: aiohttp.ClientSession, port: int, graph_socket: socket.socket, sms: SmsFile
) -> AsyncIterator[People]:
    """`port`: our door's. The pretend Graph API answers on `graph_socket` as long as this lasts."""
    graph = Graph(f"http://{HOST}:{port}/webhooks/whatsapp/webhook", http)
    app = Sanic(f"bench-graph-{graph_socket.getsockname()[1]}", configure_logging=False)
    app.config.MOTD = False
    app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE
    app.blueprint(graph.blueprint())
    server = await app.create_server(sock=graph_socket, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    await server.start_serving()
    try:
        yield People(graph, sms)
    finally:
        await graph.close()
        server.close()
        await server.wait_closed()


def _text(payload: dict[str, Any]) -> str:
    return payload["text"]["body"] if payload["type"] == "text" else payload["interactive"]["body"]["text"]


def _headings() -> frozenset[str]:
    """The first lines of the steps of guides, by which a citizen tells one."""
    guides = (answer for answer in Answers().answers.values() if (answer.custom or {}).get("guide"))
    variants = (variant for answer in guides for shown in answer.variants.values() for variant in shown)
    return frozenset(variant.text.split("\n")[0].translate(WITHOUT_MARKS) for variant in variants)

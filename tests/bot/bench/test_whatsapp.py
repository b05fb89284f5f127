"""The load that comes by WhatsApp: what counts as the answer to which message, and a small load through a real webhook
and a real sender."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sanic import Sanic
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.bench import whatsapp
from bot.bench.load import Failed, Load, Mix, Person, Reply, Result
from bot.bench.machine import SmsFile, free_port
from bot.bench.whatsapp import Phone
from bot.channels.door import Door
from bot.channels.webhook import add_webhook
from bot.channels.whatsapp import WhatsApp
from bot.delivery import inbox, outbox
from bot.delivery.bell import Bell
from bot.delivery.models import Address
from bot.delivery.sender import Sender
from bot.keys import Keys
from bot.phone import deliveries
from bot.settings import read
from tests.bot.delivery.line import sqlite_engine
from tests.servers import listening

ANSWERS = Answers()
KEYS = Keys(("a secret of the tests, long enough for one",))
PEOPLE = [Person(f"18000{number:05}", f"+9665{number:08}") for number in range(100)]
NUMBERS = itertools.count(1)


@pytest.fixture(autouse=True)
def several_servers_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sanic, "test_mode", True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = sqlite_engine(tmp_path)
    yield made
    made.dispose()


# what counts as the answer


class Silent:
    """In the place of the Graph API: takes whatever is delivered."""

    def __init__(self) -> None:
        self.writers: dict[str, Phone] = {}
        self.headings = whatsapp._headings()
        self.status = 200

    async def deliver(self, value: Any) -> int:
        return self.status

    @property
    def newest(self) -> str:
        return list(self.writers)[-1]


def message(body: str = "جواب", token: str | None = None) -> dict[str, Any]:
    opaque = f"{token or secrets.token_hex(16)}.0"
    return {"type": "text", "text": {"body": body}, "biz_opaque_callback_data": opaque}


def talk(scene: Any) -> tuple[Phone, Any]:
    """The phone after the scene, and what the scene returned."""

    async def played() -> tuple[Phone, Any]:
        phone = Phone(Silent(), deliveries.Person("+966500000011", "SA.1", "نورة"))
        return phone, await asyncio.wait_for(scene(phone), 5)

    return asyncio.run(played())


async def asked(phone: Phone) -> asyncio.Task:
    said = asyncio.create_task(phone.say("سؤال"))
    await asyncio.sleep(0)
    return said


def test_what_comes_after_a_read_mark_answers_the_marked_message() -> None:
    async def scene(phone: Phone) -> Reply:
        said = await asked(phone)
        phone.mark(phone.graph.newest)
        phone.hear(message())
        return await said

    phone, reply = talk(scene)
    assert reply.acknowledged is not None
    assert (phone.out_of_order, phone.twice) == (0, 0)


def test_the_rest_of_a_turn_does_not_answer_the_next_message() -> None:
    async def scene(phone: Phone) -> bool:
        first = await asked(phone)
        phone.mark(phone.graph.newest)
        phone.hear(message("أول"))
        await first
        second = await asked(phone)
        phone.hear(message("بقية الأول"))
        await asyncio.sleep(0)
        early = second.done()
        phone.mark(phone.graph.newest)
        phone.hear(message("ثان"))
        await second
        return early

    phone, early = talk(scene)
    assert not early
    assert (phone.out_of_order, phone.twice) == (0, 0)


def test_where_the_read_mark_was_left_out_the_order_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatsapp, "SEEN_WITHIN", whatsapp.SEEN_WITHIN * 0)

    async def scene(phone: Phone) -> Reply:
        said = await asked(phone)
        phone.hear(message())
        return await said

    phone, _ = talk(scene)
    assert phone.out_of_order == 0


def test_an_answer_before_anything_was_read_is_out_of_order() -> None:
    async def scene(phone: Phone) -> bool:
        said = await asked(phone)
        phone.hear(message())
        await asyncio.sleep(0)
        said.cancel()
        return said.done()

    phone, answered = talk(scene)
    assert not answered
    assert phone.out_of_order == 1


def test_messages_marked_in_another_order_than_they_were_sent_are_counted() -> None:
    async def scene(phone: Phone) -> None:
        for _ in range(2):
            said = await asked(phone)
            said.cancel()
        first, second = phone.graph.writers
        phone.mark(second)
        phone.mark(first)

    assert talk(scene)[0].out_of_order == 1


@pytest.mark.parametrize("again", [message("آخر", "a"), message("جواب")], ids=["sent again", "answered again"])
def test_what_comes_twice_is_counted(again: dict[str, Any]) -> None:
    async def scene(phone: Phone) -> None:
        said = await asked(phone)
        phone.mark(phone.graph.newest)
        phone.hear(message("جواب", "a"))
        await said
        phone.hear(again)

    phone, _ = talk(scene)
    assert phone.twice == 1


def test_what_comes_twice_is_counted_also_after_her_next_message() -> None:
    async def scene(phone: Phone) -> None:
        said = await asked(phone)
        phone.mark(phone.graph.newest)
        phone.hear(message("جواب"))
        await said
        said = await asked(phone)
        phone.hear(message("جواب"))
        said.cancel()

    assert talk(scene)[0].twice == 1


def test_the_same_answer_to_two_questions_is_none_twice() -> None:
    async def scene(phone: Phone) -> None:
        for _ in range(2):
            said = await asked(phone)
            phone.mark(phone.graph.newest)
            phone.hear(message("جواب"))
            await said

    assert talk(scene)[0].twice == 0


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_step_of_a_guide_is_known_by_its_first_line(language: str) -> None:
    step = ANSWERS.render("utter_guide_pay_2", language, "whatsapp")["text"]

    async def scene(phone: Phone) -> tuple[Reply, Reply]:
        replies = []
        for body in (f"تمهيد\n\n{step}", "جواب آخر"):
            said = await asked(phone)
            phone.mark(phone.graph.newest)
            phone.hear(message(body))
            replies.append(await said)
        return replies[0], replies[1]

    _, (guided, other) = talk(scene)
    assert guided.guide
    assert not other.guide


def test_a_delivery_that_is_refused_is_an_error() -> None:
    async def scene(phone: Phone) -> None:
        phone.graph.status = 503
        await phone.say("سؤال")

    with pytest.raises(Failed, match="503"):
        talk(scene)


# a small load


class Desk:
    """Answers in a worker's place, each message with a line of its own."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.heard = 0
        self.twice: set[int] = set()
        """Which messages are answered two times."""
        self.never: set[int] = set()

    async def run(self) -> None:
        while True:
            if not self._answer():
                await asyncio.sleep(0.005)

    def _answer(self) -> bool:
        waiting = inbox.claim(self.door.engine, KEYS, "desk:1:one")
        if waiting is None:
            return False
        self.heard += 1
        body = {"name": "utter_greet", "text": f"جواب {next(NUMBERS)}", "buttons": []}
        with Session(self.door.engine, future=True) as session:
            if self.heard not in self.never:
                answers = [body, body] if self.heard in self.twice else [body]
                for answer in answers:  # lines of one turn would be joined
                    outbox.say(session, KEYS, waiting.conversation, [answer])
            inbox.settle(session, waiting)
            session.commit()
        return True


def load(engine: Engine, tmp_path: Path, **kept: set[int]) -> tuple[Result, whatsapp.Graph]:
    """Twenty messages in a second. `kept`: see Desk."""

    async def loaded() -> tuple[Result, whatsapp.Graph]:
        port, graph = free_port(), socket.create_server(("127.0.0.1", 0))
        sms = SmsFile(tmp_path / "sms.jsonl")
        sms.code = lambda mobile: "123456"
        settings = read(whatsapp.environ(graph.getsockname()[1]))
        channel = WhatsApp(**settings.whatsapp)
        bell = Bell(engine)
        door = Door(engine, KEYS, bell, lambda: ANSWERS, settings, lambda _: None)
        desk, over = Desk(door), asyncio.Event()
        desk.__dict__.update(kept)
        app = Sanic(f"bench-{uuid.uuid4().hex}", configure_logging=False)
        app.config.MOTD = False
        add_webhook(app, door, channel)
        bell.start()
        async with (
            aiohttp.ClientSession() as http,
            listening(app, port),
            whatsapp.people(http, port=port, graph_socket=graph, sms=sms) as people,
        ):
            sending, answering = asyncio.create_task(Sender(door, channel).run(over)), asyncio.create_task(desk.run())
            result = await Load(people, Mix(PEOPLE)).run(20, 1, drain=3)
            for _ in range(100):
                if len(people.told) >= 3 * len(people.graph.messages):
                    break
                await asyncio.sleep(0.02)
            answering.cancel()
            over.set()
            await sending
        await channel.close()
        await bell.stop()
        return result, people.graph

    return asyncio.run(asyncio.wait_for(loaded(), 60))


def test_everything_is_acknowledged_answered_and_told_of(engine: Engine, tmp_path: Path) -> None:
    result, graph = load(engine, tmp_path)
    assert len(result.ok()) == len(result.acknowledged()) == 20
    assert (result.errors, result.lost, result.out_of_order, result.twice) == (0, 0, 0, 0)
    assert len(graph.told) == 3 * len(graph.messages) == 60


def test_one_person_in_five_is_known_by_her_user_id_alone(engine: Engine, tmp_path: Path) -> None:
    _, graph = load(engine, tmp_path)
    people = [phone.person for phone in graph.phones.values()]
    assert [person.phone is None for person in people[:10]] == [False] * 4 + [True] + [False] * 4 + [True]
    assert {"to", "recipient"} == {"to" if "to" in each["payload"] else "recipient" for each in graph.messages}
    with Session(engine, future=True) as session:
        kinds = [kind for (kind,) in session.query(Address.kind)]
    assert kinds.count("user") > kinds.count("phone") > 0


def test_what_is_answered_twice_or_never_shows(engine: Engine, tmp_path: Path) -> None:
    result, _ = load(engine, tmp_path, twice={2}, never={5})
    assert result.twice == 1
    assert result.lost == 1

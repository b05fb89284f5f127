"""The door of a messenger: what is taken, what is refused, and that nothing is acknowledged before it is kept."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from sanic import Sanic
from sqlalchemy import text as sql
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import metrics
from bot.channels.connected import connected
from bot.channels.webhook import Intake
from bot.delivery import received
from bot.delivery.models import Address, Base, Inbox, WebhookNote
from bot.phone import deliveries, graph
from bot.phone.deliveries import Person
from bot.phone.graph import sign, wire
from bot.serve import door_app
from bot.settings import read
from tests.bot.delivery.line import (
    APP_SECRET,
    NUMBER_ID,
    VERIFY,
    Line,
    emptied,
    migrated_postgres,
    opened,
    sqlite_engine,
)

HER = Person("+966500000011", "SA.1349000000000001", "نورة")
PATH = "/webhooks/whatsapp/webhook"
PATIENCE = 60


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = sqlite_engine(tmp_path)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def postgres(postgres_server: URL) -> Iterator[Engine]:
    yield from migrated_postgres(postgres_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Engine:
    """On each of the two databases."""
    if request.param == "sqlite":
        return request.getfixturevalue("engine")
    return emptied(request.getfixturevalue("postgres"))


def play(engine: Engine, scene: Callable[[Line], Any]) -> None:
    async def on_stage() -> None:
        async with opened(engine) as line:
            await scene(line)

    asyncio.run(asyncio.wait_for(on_stage(), PATIENCE))


def stored(engine: Engine) -> dict[str, int]:
    with Session(engine, future=True) as session:
        counted = {name: session.query(table).count() for name, table in Base.metadata.tables.items()}
    return {name: count for name, count in counted.items() if count}


async def get(line: Line, query: str) -> tuple[int, str, str]:
    async with aiohttp.ClientSession() as http, http.get(f"{line.host}{PATH}?{query}") as response:
        return response.status, await response.text(), response.headers["Content-Type"]


def asked(**query: str) -> str:
    return "&".join(f"hub.{name}={quote(value)}" for name, value in query.items())


# verification


def test_who_knows_our_word_gets_the_challenge_back_bare(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        status, answer, kind = await get(line, asked(mode="subscribe", verify_token=VERIFY, challenge="1158201444"))
        assert (status, answer, kind.partition(";")[0]) == (200, "1158201444", "text/plain")

    play(engine, scene)


@pytest.mark.parametrize(
    "query",
    [
        asked(mode="subscribe", verify_token="wrong", challenge="1"),  # noqa: S106 - not one
        asked(mode="subscribe", verify_token="كلمة", challenge="1"),  # noqa: S106 - not one
        asked(mode="subscribe", challenge="1"),
        asked(verify_token=VERIFY, challenge="1"),
        asked(mode="unsubscribe", verify_token=VERIFY, challenge="1"),
        asked(mode="subscribe", verify_token=VERIFY),
        asked(mode="subscribe", verify_token=VERIFY, challenge="a\r\nb"),
        asked(mode="subscribe", verify_token=VERIFY, challenge="1" * 5000),
        "hub.mode=subscribe&hub.verify_token=%ff%fe&hub.challenge=1",
        "",
    ],
    ids=["wrong", "not ASCII", "none", "no mode", "other mode", "no challenge", "lines", "long", "no text", "nothing"],
)
def test_who_does_not_is_refused(engine: Engine, query: str) -> None:
    async def scene(line: Line) -> None:
        status, answer, _ = await get(line, query)
        assert status == 403
        assert VERIFY not in answer

    play(engine, scene)


def test_without_settings_there_is_no_webhook(engine: Engine) -> None:
    channels = connected(read({}))
    assert channels == {}
    line = Line(engine)

    def paths(channels: dict[str, Any]) -> set[str]:
        settings = dataclasses.replace(read({}), whatsapp=None)
        app: Sanic = door_app(settings, line.door, channels)
        return {f"/{route.path}" for route in app.router.routes}

    assert PATH not in paths(channels)
    assert PATH in paths({"whatsapp": line.channel})


# signatures


def test_what_is_signed_over_its_escaped_bytes_is_taken_with_its_arabic(either: Engine) -> None:
    async def scene(line: Line) -> None:
        text = "مرحبا / 👍 @ “é”"
        assert await line.graph.deliver(deliveries.text(HER, text)) == 200
        (message,) = line.turns()
        assert message.text == text

    play(either, scene)


@pytest.mark.parametrize("signature", ["wrong", "none", "sha256=", "sha1=abc", "", "sha256=توقيع", "é" * 64])
def test_what_is_not_signed_is_refused_and_nothing_of_it_is_kept(
    engine: Engine, signature: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(line: Line) -> None:
        assert await line.graph.deliver(deliveries.text(HER, "سر"), signature=signature) == 403
        body = b"not even JSON"
        assert await line.graph.deliver(body=body, signature=signature) == 403

    play(engine, scene)
    assert stored(engine) == {}
    assert "Traceback" not in caplog.text


def test_a_signature_of_upper_case_digits_or_of_other_bytes_is_wrong(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        body = wire({"object": "whatsapp_business_account", "entry": []})
        right = sign(APP_SECRET, body)
        for header in (right.upper(), right + "0", right[7:], sign(APP_SECRET, body + b" ")):
            assert await line.graph.deliver(body=body, signature=header) == 403
        assert await line.graph.deliver(body=body, signature=right) == 200

    play(engine, scene)


def test_a_signature_header_that_is_no_text_is_refused(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\nX-Hub-Signature-256: "
        writer.write(head.encode() + b"sha256=\xff\xfe\r\n\r\n{}")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert answer.split()[1] in (b"400", b"403")

    play(engine, scene)
    assert stored(engine) == {}


# what is no delivery


@pytest.mark.parametrize(
    "body", [b"not JSON", b"", b"\xff\xfe", b"[1]", b'"text"', pytest.param(b"[" * 100_000, id="deep")]
)
def test_what_is_signed_and_no_json_object_is_a_bad_request(engine: Engine, body: bytes) -> None:
    async def scene(line: Line) -> None:
        assert await line.graph.deliver(body=body) == 400

    play(engine, scene)
    assert stored(engine) == {}


def test_more_than_three_megabytes_are_too_much_and_less_is_not(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        most = line.channel.largest_body
        whole = b'{"x":"%s"}'
        fits = whole % (b"x" * (most - len(whole) + 2))
        assert len(fits) == most
        assert await line.graph.deliver(body=fits) == 200
        assert await line.graph.deliver(body=fits + b" ") == 413

    play(engine, scene)
    assert stored(engine) == {"webhook_note": 1}


def test_a_body_that_never_ends_is_not_waited_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.body.LONGEST_BODY_TIME", 0.1)

    async def scene(line: Line) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{{".encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
        writer.close()
        assert answer.split()[1] == b"408"

    play(engine, scene)


@pytest.mark.parametrize(
    "nonsense",
    [
        {},
        {"object": "page", "entry": []},
        {"object": "whatsapp_business_account"},
        {"object": "whatsapp_business_account", "entry": [None, 1, {"changes": 7}, {"changes": [[], {"value": "x"}]}]},
    ],
    ids=["empty", "another object", "no entry", "odd parts"],
)
def test_signed_nonsense_is_acknowledged_and_noted_and_nothing_comes_of_it(engine: Engine, nonsense: Any) -> None:
    async def scene(line: Line) -> None:
        assert await line.graph.deliver(body=wire(nonsense)) == 200
        assert line.turns() == []

    play(engine, scene)
    assert set(stored(engine)) == {"webhook_note"}


# kept before it is acknowledged


def test_while_the_database_is_away_nothing_is_acknowledged_and_the_next_delivery_is_taken_once(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(line: Line) -> None:
        value = deliveries.text(HER, "كلام سري")
        with engine.begin() as connection:
            connection.execute(sql("ALTER TABLE inbox RENAME TO away"))
        assert await line.graph.deliver(value) == 503
        with engine.begin() as connection:
            connection.execute(sql("ALTER TABLE away RENAME TO inbox"))
        assert stored(engine) == {}
        assert [await line.graph.deliver(value) for _ in range(2)] == [200, 200]
        (message,) = line.turns()
        assert message.text == "كلام سري"

    play(engine, scene)
    assert [each for each in ("سري", HER.wa_id, HER.user_id) if each in caplog.text] == []


def test_two_hundred_comes_after_the_commit_alone(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Session):
        def commit(self) -> None:
            self.flush()
            raise OSError("the disk is full")

    async def scene(line: Line) -> None:
        value = deliveries.text(HER, "نعم")
        monkeypatch.setattr(received, "Session", Broken)
        assert await line.graph.deliver(value) == 503
        assert not line.door.bell.inbox.is_set()
        monkeypatch.undo()
        assert stored(either) == {}
        assert await line.graph.deliver(value) == 200
        assert [message.text for message in line.turns()] == ["نعم"]

    play(either, scene)


def test_a_locked_database_keeps_nobody_else_waiting(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop goes on: another request is answered meanwhile."""
    entered = threading.Event()
    take = Intake._take

    def noted(*given: Any) -> Counter[str]:
        entered.set()
        return take(*given)

    monkeypatch.setattr(Intake, "_take", noted)

    async def scene(line: Line) -> None:
        with engine.connect() as holder:
            holder.begin()  # the one writer of the file
            waiting = asyncio.create_task(line.graph.deliver(deliveries.text(HER, "نعم")))
            while not entered.is_set():
                await asyncio.sleep(0.01)
            query = asked(mode="subscribe", verify_token=VERIFY, challenge="1")
            assert (await get(line, query))[0] == 200
            assert not waiting.done()
            holder.rollback()
        assert await waiting == 200

    play(engine, scene)


# together


def takes(monkeypatch: pytest.MonkeyPatch, refuses: Callable[[int], Exception | None]) -> list[int]:
    """How many items each transaction had; `refuses`: what it fails with."""
    sizes: list[int] = []
    take = received.take

    def counted(engine: Engine, keys: Any, channel: Any, items: Any) -> Counter[str]:
        sizes.append(len(items))
        time.sleep(0.1)  # the others come meanwhile
        if error := refuses(len(items)) or next((SPOILT for item in items if item.text == "spoilt"), None):
            raise error
        return take(engine, keys, channel, items)

    monkeypatch.setattr(received, "take", counted)
    return sizes


SPOILT = ValueError()
PEOPLE = [Person(f"+9665000000{number}", f"SA.{number}", "نورة") for number in range(11, 23)]


def test_requests_that_come_together_share_a_transaction(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = takes(monkeypatch, lambda size: None)

    async def scene(line: Line) -> None:
        told = await asyncio.gather(*(line.graph.deliver(deliveries.text(who, "نعم")) for who in PEOPLE))
        assert told == [200] * len(PEOPLE)
        assert len(line.turns()) == len(PEOPLE)

    play(engine, scene)
    assert sum(sizes) == len(PEOPLE)
    assert len(sizes) < len(PEOPLE) / 2


def test_one_that_spoils_a_transaction_takes_no_other_along(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    takes(monkeypatch, lambda size: None)
    texts = ["نعم", "نعم", "spoilt", "نعم"]

    async def scene(line: Line) -> None:
        values = [deliveries.text(who, text) for who, text in zip(PEOPLE, texts, strict=False)]
        told = await asyncio.gather(*map(line.graph.deliver, values))
        assert told == [503 if text == "spoilt" else 200 for text in texts]
        assert [message.text for message in line.turns()] == ["نعم"] * 3

    play(engine, scene)


def test_one_that_comes_as_the_writing_ends_is_written(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the very moment of the end nobody is taken for still writing, or whoever comes then would wait for nobody."""
    write, writing = Intake._write, []

    async def then_look(self: Intake, some: Any) -> None:
        await write(self, some)
        asyncio.get_running_loop().call_soon(lambda: writing.append(len(self._writing)))  # before any callback of it

    monkeypatch.setattr(Intake, "_write", then_look)

    async def scene(line: Line) -> None:
        await Intake(line.door, line.channel).take([])
        await asyncio.sleep(0.01)
        assert writing == [0]

    play(engine, scene)


def test_a_database_that_is_away_is_waited_for_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once more by each of those that came together."""
    sizes = takes(monkeypatch, lambda size: OperationalError("", {}, Exception()))

    async def scene(line: Line) -> None:
        told = await asyncio.gather(*(line.graph.deliver(deliveries.text(who, "نعم")) for who in PEOPLE))
        assert set(told) == {503}

    play(engine, scene)
    assert sum(sizes) == len(PEOPLE)
    assert len(sizes) < len(PEOPLE) / 2


# once


def test_the_same_delivery_twice_or_ten_times_at_once_is_one_message(either: Engine) -> None:
    async def scene(line: Line) -> None:
        value = deliveries.text(HER, "نعم")
        assert await line.graph.deliver(value, times=10) == 200
        assert await line.graph.deliver(value) == 200
        assert await line.graph.deliver([value, value]) == 200
        assert [message.text for message in line.turns()] == ["نعم"]
        assert await line.graph.deliver(value) == 200
        assert line.turns() == []

    play(either, scene)
    with Session(either, future=True) as session:
        assert session.query(Address).count() == 2


def test_a_thousand_updates_are_taken_and_each_in_its_order(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "PATIENCE", PATIENCE)
    people = [Person(f"+96650000{number:04}", f"SA.{number}", "نورة") for number in range(1, 101)]

    async def scene(line: Line) -> None:
        row = line.accepted()
        values = []
        for number in range(1000):
            who = people[number % 100]
            if number == 500:
                values.append(deliveries.message(who, "text", {"no": "body"}))
            elif number % 10 == 7:
                values.append(deliveries.status(who, "wamid.x", "read", f"{row.token}.0" if number == 7 else "0.0"))
            else:
                values.append(deliveries.text(who, f"{number}"))
        line.turns()
        batch = deliveries.joined(*values)
        assert len(batch["messages"]) + len(batch["statuses"]) == 1000
        assert await line.graph.deliver(batch) == 200
        assert line.row().state == "read"

    play(either, scene)
    expected = [f"{number}" for number in range(1000) if number != 500 and number % 10 != 7]
    line = Line(either)
    with Session(either, future=True) as session:
        rows = session.query(Inbox).filter_by(state="waiting").order_by(Inbox.id).all()
        assert [note.kind for note in session.query(WebhookNote)] == ["malformed"]
    assert [line.keys.unseal(row.sealed)["text"] for row in rows] == expected
    assert len({row.conversation for row in rows}) == 90
    by_conversation: dict[str, list[int]] = {}
    for row in rows:
        by_conversation.setdefault(row.conversation, []).append(int(line.keys.unseal(row.sealed)["text"]) % 100)
    assert all(len(set(who)) == 1 for who in by_conversation.values())


def test_what_is_of_another_number_is_noted_and_no_turn(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        value = deliveries.text(HER, "نعم")
        value["metadata"] = {"phone_number_id": NUMBER_ID + "1"}
        assert await line.graph.deliver(value) == 200
        assert line.turns() == []

    play(engine, scene)
    assert stored(engine) == {"webhook_note": 1}


def test_what_is_acknowledged_is_counted_and_rings(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        def counted(kind: str) -> float:
            return metrics.RECEIVED.labels("whatsapp", kind)._value.get()

        before = counted("message"), counted("note_reaction")
        value = deliveries.text(HER, "نعم")
        assert not line.door.bell.inbox.is_set()
        await line.graph.deliver([value, value, deliveries.reaction(HER, "wamid.x")])
        await line.graph.deliver(value)
        assert line.door.bell.inbox.is_set()
        assert line.door.bell.outgoing.is_set()
        assert (counted("message") - before[0], counted("note_reaction") - before[1]) == (1, 1)

    play(engine, scene)


def test_logs_tell_nothing_of_a_delivery(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(line: Line) -> None:
        value = deliveries.text(HER, "كلام سري")
        await line.graph.deliver([value, deliveries.unknown(HER), deliveries.account_error()])
        await line.graph.deliver(value, signature="wrong")
        await line.graph.deliver(body=b"not JSON " + HER.wa_id.encode())

    caplog.set_level(logging.DEBUG)
    play(engine, scene)
    assert [each for each in (HER.wa_id, HER.user_id, "سري", "wamid") if each in caplog.text] == []

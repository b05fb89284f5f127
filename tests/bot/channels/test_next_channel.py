"""The channel in docs/channels.md, taken out of that page and run: the real webhook, inbox, worker, outbox and sender,
between somebody who writes and a pretend provider on loopback. Most of this is true of any channel."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import importlib.util
import itertools
import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from sanic import Sanic
from sqlalchemy import select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.channels import connected
from bot.channels.base import Channel, Media, MediaGone, NotSent, Person, Piece, Remedy
from bot.channels.door import Door
from bot.channels.errors import add_errors
from bot.channels.pieces import units
from bot.channels.webhook import add_webhook
from bot.delivery import deliveries, inbox, offers, outbox, sender
from bot.delivery.bell import Bell
from bot.delivery.inbox import Message
from bot.delivery.models import Conversation, Delivery, Inbox, TrackerEvent, WebhookNote
from bot.delivery.sender import Sender
from bot.delivery.worker import Dialogue, Worker
from bot.keys import Keys
from bot.project import ROOT
from bot.settings import read
from tests.bot.channels.served import running
from tests.scenarios.runner import free_port
from tests.servers import listening

if TYPE_CHECKING:
    from tests.scenarios.runner import Stage

PAGE = ROOT / "docs" / "channels.md"
LONGEST = 60
KEY, SECRET = "the key", "the secret"
KEYS = Keys(("a secret of the tests, long enough",))
WORDS = Answers()
ANSWERS = {
    "two": [("هل نبدأ؟", ["نعم", "لا"])],
    "three": [("بم نبدأ؟", ["قضاياي", "السداد", "موظف"])],
    "long": [("\n\n".join(f"{number} {'كلمة ' * 48}".strip() for number in range(4)), [])],
    "several": [("أولًا", []), ("ثانيًا", ["نعم"]), ("ثالثًا", [])],
}
"""What is said to whom: texts, and the titles of the buttons below."""
_ids = itertools.count(1)


def example() -> str:
    (code,) = (code for code in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S))
    return code


@pytest.fixture(scope="module")
def pigeon(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    file = tmp_path_factory.mktemp("channels") / "pigeon.py"
    file.write_text(example(), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("pigeon", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are over at once, and what may have arrived waits until a test says so (`Line.due`)."""
    monkeypatch.setattr(deliveries, "pause", lambda attempt: dt.timedelta(0))
    monkeypatch.setattr(deliveries, "UNSURE_WAITS", dt.timedelta(hours=1))
    monkeypatch.setattr(sender, "SLOWED", 0.05)
    monkeypatch.setattr(sender, "FIRST_STOP", 0.05)


# both sides


class Provider:
    """Pigeon: takes what its rules allow, has the trouble that stands next in `troubles`, and tells nothing of its own
    accord.

    <code>     refused with this error
    cut        accepted, and the connection is cut
    broken     something before it answers
    """

    def __init__(self) -> None:
        self.troubles: list[str] = []
        self.tried: list[dict[str, Any]] = []
        self.arrived: list[dict[str, Any]] = []
        app = web.Application()
        app.router.add_post("/v1/messages", self._take)
        self.server = TestServer(app)

    async def _take(self, request: web.Request) -> web.Response:
        message = await request.json()
        self.tried.append(message)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": "key_expired"}, status=400)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble == "broken":
            return web.Response(status=502, text="<html>")
        if trouble not in (None, "cut"):
            return web.json_response({"error": trouble}, status=400)
        if wrong := against_its_rules(message):
            return web.json_response({"error": wrong}, status=400)
        self.arrived.append(message)
        if trouble == "cut":
            request.transport.abort()
        return web.json_response({"id": uuid.uuid4().hex})

    def texts(self) -> list[str]:
        return [message["text"] for message in self.arrived]


def against_its_rules(message: dict[str, Any]) -> str | None:
    text, titles = message["text"], [button["title"] for button in message["buttons"]]
    if not 0 < units(text) <= (300 if titles else 700) or not message["to"] or not message["ref"]:
        return "malformed"
    if len(titles) > 2 or len(set(titles)) < len(titles) or any(not 0 < units(title) <= 20 for title in titles):
        return "malformed"
    return None


class StandIn:
    """In place of the agent: says what ANSWERS holds, or repeats what was written, pressed or chosen by its number."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.heard: list[str] = []

    async def turn(self, message: Message) -> list[dict[str, Any]]:
        with Session(self.engine, future=True) as session:
            if message.button is None:
                pressed = offers.by_title(session, message.conversation, message.text or "")
            else:
                pressed = offers.find(session, message.conversation, message.button)
            heard = pressed.title if pressed else message.text or (message.media or {"kind": "no offer"})["kind"]
            answers = [
                {"name": "utter_said", "text": text, "buttons": [{"title": each, "payload": "/said"} for each in below]}
                for text, below in ANSWERS.get(heard, [(f"إلى {heard}", [])])
            ]
            inbox.settle(session, message)
            outbox.say(session, KEYS, message.conversation, answers, inbox=message.id)
            session.commit()
        self.heard.append(heard)
        return []

    def apology(self, message: Message, row: Conversation) -> dict[str, Any]:
        raise AssertionError("a turn failed")


class Line:
    """Our side: one channel between its provider and a dialogue."""

    def __init__(self, engine: Engine, keys: Keys, channel: Channel, dialogue: Dialogue, provider: Provider) -> None:
        self.engine, self.channel, self.dialogue, self.provider = engine, channel, dialogue, provider
        bell = Bell(engine)
        self.door = Door(engine, keys, bell, lambda: WORDS, read({}), lambda _: None)
        self.worker, self.sender = Worker(engine, keys, bell, dialogue), Sender(self.door, channel)
        self.url = f"http://127.0.0.1:{free_port()}/webhooks/{channel.name}/webhook"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Line]:
        app = Sanic(f"next-{uuid.uuid4().hex}", configure_logging=False)
        add_errors(app)
        add_webhook(app, self.door, self.channel)
        try:
            async with listening(app, int(self.url.split(":")[2].split("/")[0])), ClientSession() as self.http:
                yield self
        finally:
            await self.channel.close()

    async def deliver(self, *events: Any, body: bytes | None = None, signature: str | None = None) -> int:
        body = json.dumps({"events": events}).encode() if body is None else body
        headers = {"X-Pigeon-Signature": signed(body) if signature is None else signature}
        async with self.http.post(self.url, data=body, headers=headers) as response:
            return response.status

    async def hears(self, *events: Any) -> list[dict[str, Any]]:
        """These are delivered, answered, and the answers sent: what arrived."""
        seen = len(self.provider.arrived)
        assert await self.deliver(*events) == 200
        await self.answers()
        await self.sends()
        return self.provider.arrived[seen:]

    async def answers(self) -> None:
        while await self.worker.step():
            pass

    async def sends(self) -> None:
        """Until nothing is left to send. Every message that arrived is told to have arrived."""
        until = time.monotonic() + 10
        told = 0
        while time.monotonic() < until:
            await self.sender.settle(0.1)
            new = self.provider.arrived[told:]
            told += len(new)
            if not new and not deliveries.depth(self.engine)["to_send"]:
                return
            await self.deliver(*(receipt(message, "arrived") for message in new))
        raise AssertionError(f"still to send: {self.states()}")

    async def becomes(self, state: str, tried: int = 1) -> None:
        """The only message that there is, after so many tries."""
        for _ in range(200):
            await self.sender.settle(0.05)
            if self.states() == [state] and len(self.provider.tried) == tried:
                return
        raise AssertionError(f"{self.states()} after {len(self.provider.tried)}, not {state} after {tried}")

    def due(self) -> None:
        with Session(self.engine, future=True) as session:
            session.execute(update(Delivery).values(due_at=dt.datetime.now(dt.timezone.utc)))
            session.commit()

    def states(self) -> list[str]:
        with Session(self.engine, future=True) as session:
            rows = session.scalars(select(Delivery).filter_by(kind="message").order_by(Delivery.id))
            return [row.state for row in rows]

    def count(self, table: type) -> int:
        with Session(self.engine, future=True) as session:
            return session.query(table).count()


@asynccontextmanager
async def opened(
    pigeon: ModuleType, engine: Engine, keys: Keys = KEYS, dialogue: Dialogue | None = None
) -> AsyncIterator[Line]:
    provider = Provider()
    async with provider.server:
        channel = pigeon.Pigeon(f"http://127.0.0.1:{provider.server.port}/v1", KEY, SECRET)
        async with Line(engine, keys, channel, dialogue or StandIn(engine), provider).open() as line:
            yield line


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def message(text: str | None = None, who: str = "her", **more: Any) -> dict[str, Any]:
    said = {} if text is None else {"text": text}
    return {"type": "message", "id": f"m{next(_ids)}", "from": who, "time": int(time.time()), **said, **more}


def receipt(message: dict[str, Any], state: str, **more: Any) -> dict[str, Any]:
    return {"type": "receipt", "ref": message["ref"], "state": state, "time": int(time.time()), **more}


# the page


def test_it_is_whole_short_and_written_as_the_rest() -> None:
    assert len(example().splitlines()) <= LONGEST
    for check in (["check"], ["format", "--diff"]):
        command = [sys.executable, "-m", "ruff", *check, "--stdin-filename", "bot/channels/pigeon.py", "-"]
        done = subprocess.run(command, input=example(), cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_page_names_is_there() -> None:
    page = PAGE.read_text("utf-8")
    paths = re.findall(r"`((?:bot|tests|docs|data)/[\w/.]+)`", page) + re.findall(r"\]\(([\w/.-]+)", page)
    assert len(paths) > 20
    missing = [path for path in paths if not any((folder / path).exists() for folder in (ROOT, ROOT / "docs"))]
    assert set(missing) <= {"bot/channels/pigeon.py"}, "which is the reader's to make"


def test_one_line_connects_it(pigeon: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connected, "MESSENGERS", (*connected.MESSENGERS, pigeon.Pigeon))
    given = {"api_url": "https://api.pigeon.example/v1", "key": KEY, "secret": SECRET}
    settings = SimpleNamespace(whatsapp=None, pigeon=given)
    assert {name: type(channel) for name, channel in connected.connected(settings).items()} == {"pigeon": pigeon.Pigeon}
    assert connected.connected(SimpleNamespace(whatsapp=None, pigeon=None)) == {}


# what comes in


@pytest.mark.parametrize(
    "signature", ["", "00" * 32, "توقيع", signed(b"{}")], ids=["none", "other", "words", "another"]
)
@running
async def test_what_its_provider_did_not_sign_is_refused(pigeon: ModuleType, bot_file: Engine, signature: str) -> None:
    async with opened(pigeon, bot_file) as line:
        assert await line.deliver(message("نعم"), signature=signature) == 403
        assert (line.count(Inbox), line.count(WebhookNote)) == (0, 0)


@running
async def test_what_is_not_its_format_is_refused_or_noted(pigeon: ModuleType, bot_file: Engine) -> None:
    async with opened(pigeon, bot_file) as line:
        assert await line.deliver(body=b"\xff{") == 400
        assert await line.deliver(body=b"[]") == 400
        assert await line.deliver(body=b'{"events": {"type": "message"}}') == 200
        async with line.http.get(line.url) as response:
            assert (response.status, response.headers["Allow"]) == (405, "POST")
        assert (line.count(Inbox), line.count(WebhookNote)) == (0, 1)


@running
async def test_what_is_delivered_twice_is_answered_once(pigeon: ModuleType, bot_file: Engine) -> None:
    async with opened(pigeon, bot_file) as line:
        again = message("مرة")
        assert [each["text"] for each in await line.hears(again, again)] == ["إلى مرة"]
        assert await line.hears(again) == []
        assert await asyncio.gather(*(line.deliver(again) for _ in range(5))) == [200] * 5
        await line.answers()
        assert line.dialogue.heard == ["مرة"]


@running
async def test_each_person_has_her_own_conversation(pigeon: ModuleType, bot_file: Engine) -> None:
    async with opened(pigeon, bot_file) as line:
        arrived = await line.hears(message("من هنا", "her"), message("من هناك", "him"), message("ثم", "her"))
        assert sorted((each["to"], each["text"]) for each in arrived) == [
            ("her", "إلى ثم"), ("her", "إلى من هنا"), ("him", "إلى من هناك"),
        ]  # fmt: skip
        assert line.count(Conversation) == 2


ODD = [None, True, -1, 1e400, 10**30, "", "\0", "\ud800", "x" * 5000, [], ["x"], {}, {"x": {}}]
REF = {"ref": f"{'0' * 32}.0"}
WHOLE = {
    "text": lambda: message("نعم"),
    "button": lambda: message(button="b" * 16),
    "read": lambda: receipt(REF, "opened"),
    "lost": lambda: receipt(REF, "lost", error="crowded"),
}


@pytest.mark.parametrize("kind", WHOLE)
@running
async def test_what_is_odd_takes_nothing_else_along(pigeon: ModuleType, bot_file: Engine, kind: str) -> None:
    async with opened(pigeon, bot_file) as line:
        for key in WHOLE[kind]():
            odd = [*ODD, *({**WHOLE[kind](), key: each} for each in ODD)]
            without = {name: value for name, value in WHOLE[kind]().items() if name != key}
            assert await line.deliver(message("قبل"), *odd, without, message("بعد")) == 200, key
        await line.answers()
        heard = [text for text in line.dialogue.heard if text in ("قبل", "بعد")]
        assert heard == ["قبل", "بعد"] * len(WHOLE[kind]())
        assert line.count(WebhookNote) > len(ODD)


@running
async def test_an_event_that_is_new_is_no_turn_and_a_file_is_one(pigeon: ModuleType, bot_file: Engine) -> None:
    async with opened(pigeon, bot_file) as line:
        assert await line.hears({**message(), "type": "typing"}) == []
        assert [each["text"] for each in await line.hears({**message(), "type": "file"})] == ["إلى unsupported"]


# what goes out


@running
async def test_choices_that_fit_are_buttons_and_pressed_once(pigeon: ModuleType, bot_file: Engine) -> None:
    async with opened(pigeon, bot_file) as line:
        (asked,) = await line.hears(message("two"))
        assert (asked["text"], [button["title"] for button in asked["buttons"]]) == ("هل نبدأ؟", ["نعم", "لا"])
        press = message(button=asked["buttons"][1]["id"])
        (answer,) = await line.hears(press, press)
        assert answer["text"] == "إلى لا"


@pytest.mark.parametrize("typed", ["2", "٢", "السداد"])
@running
async def test_choices_that_do_not_fit_are_numbered_and_typed(pigeon: ModuleType, bot_file: Engine, typed: str) -> None:
    async with opened(pigeon, bot_file) as line:
        (asked,) = await line.hears(message("three"))
        assert asked["buttons"] == []
        assert asked["text"].startswith("بم نبدأ؟\n\n")
        assert asked["text"].endswith("\n1. قضاياي\n2. السداد\n3. موظف")
        await line.hears(message(typed))
        assert line.dialogue.heard == ["three", "السداد"]


@running
async def test_long_and_several_answers_arrive_whole_and_in_order(pigeon: ModuleType, bot_file: Engine) -> None:
    async with opened(pigeon, bot_file) as line:
        arrived = await line.hears(message("long"))
        assert len(arrived) == 2
        assert "\n\n".join(each["text"] for each in arrived) == ANSWERS["long"][0][0]
        assert [each["text"] for each in await line.hears(message("several"))] == ["أولًا\n\nثانيًا", "ثالثًا"]


@pytest.mark.parametrize("code", ["crowded", "slow_down", "key_expired"])
@running
async def test_what_cannot_be_taken_now_is_sent_again_once(pigeon: ModuleType, bot_file: Engine, code: str) -> None:
    async with opened(pigeon, bot_file) as line:
        line.provider.troubles = [code, code]
        (answer,) = await line.hears(message("نعم"))
        assert answer["text"] == "إلى نعم"
        refs = [each["ref"].split(".") for each in line.provider.tried]
        assert [attempt for _, attempt in refs] == ["0", "1", "2"]
        assert len({token for token, _ in refs}) == 1


@pytest.mark.parametrize(("code", "tried"), [("crowded", 4), ("slow_down", 1), ("key_expired", 1)])
@running
async def test_others_wait_only_for_what_concerns_everybody(
    pigeon: ModuleType, bot_file: Engine, monkeypatch: pytest.MonkeyPatch, code: str, tried: int
) -> None:
    monkeypatch.setattr(sender, "SLOWED", 60.0)
    monkeypatch.setattr(sender, "FIRST_STOP", 60.0)
    monkeypatch.setattr(deliveries, "pause", lambda attempt: dt.timedelta(hours=1))
    async with opened(pigeon, bot_file) as line:
        line.provider.troubles = [code]
        assert await line.deliver(message("لها")) == 200
        await line.answers()
        await line.becomes("ready")
        assert await line.deliver(*(message("لغيرها", who=f"person {number}") for number in range(3))) == 200
        await line.answers()
        await line.sender.settle(0.5)
        assert len(line.provider.tried) == tried
        line.sender._paused_until = 0.0
        line.due()
        await line.sends()
        assert sorted(line.provider.texts()) == ["إلى لغيرها"] * 3 + ["إلى لها"]


@running
async def test_buttons_that_are_refused_become_numbers(pigeon: ModuleType, bot_file: Engine) -> None:
    async with opened(pigeon, bot_file) as line:
        line.provider.troubles = ["buttons_refused"]
        (asked,) = await line.hears(message("two"))
        assert asked["buttons"] == [] and asked["text"].endswith("\n1. نعم\n2. لا")
        assert [each["text"] for each in await line.hears(message("2"))] == ["إلى لا"]


@pytest.mark.parametrize("code", ["no_such_user", "an error of tomorrow"])
@running
async def test_what_is_refused_for_good_is_given_up(pigeon: ModuleType, bot_file: Engine, code: str) -> None:
    async with opened(pigeon, bot_file) as line:
        line.provider.troubles = [code]
        assert await line.hears(message("نعم")) == []
        assert (line.states(), len(line.provider.tried)) == (["failed"], 1)
        assert len(await line.hears(message("نعم"))) == 1


@pytest.mark.parametrize("trouble", ["cut", "broken"])
@running
async def test_what_may_have_arrived_is_sent_again_when_nobody_says_so(
    pigeon: ModuleType, bot_file: Engine, trouble: str
) -> None:
    async with opened(pigeon, bot_file) as line:
        line.provider.troubles = [trouble]
        assert await line.deliver(message("نعم")) == 200
        await line.answers()
        await line.becomes("unsure")
        if trouble == "cut":  # and somebody says so
            assert await line.deliver(receipt(line.provider.arrived[0], "arrived")) == 200
        line.due()
        await line.sends()
        assert line.provider.texts() == ["إلى نعم"]
        assert (line.states(), len(line.provider.tried)) == (["delivered"], 1 if trouble == "cut" else 2)


@running
async def test_receipts_move_a_message_forwards_only(pigeon: ModuleType, bot_file: Engine) -> None:
    async with opened(pigeon, bot_file) as line:
        (answer,) = await line.hears(message("نعم"))
        assert line.states() == ["delivered"]
        for state in ("opened", "arrived", "lost"):
            assert await line.deliver(receipt(answer, state)) == 200
            assert line.states() == ["read"]


@pytest.mark.parametrize(("code", "state", "tried"), [("no_such_user", "failed", 1), ("crowded", "sent", 2)])
@running
async def test_what_was_taken_and_lost_is_judged_by_the_same_table(
    pigeon: ModuleType, bot_file: Engine, code: str, state: str, tried: int
) -> None:
    async with opened(pigeon, bot_file) as line:
        assert await line.deliver(message("نعم")) == 200
        await line.answers()
        await line.becomes("sent")
        assert await line.deliver(receipt(line.provider.arrived[0], "lost", error=code)) == 200
        await line.becomes(state, tried)


# what the base class does for every channel


@running
async def test_a_post_that_never_left_is_told_from_one_without_an_answer(pigeon: ModuleType) -> None:
    async def hangs_up(request: web.Request) -> web.Response:
        request.transport.abort()
        return web.Response()

    piece, to, found = Piece("text", "نعم"), Person((("user", "her"),)), []
    app = web.Application()
    app.router.add_post("/messages", hangs_up)
    async with TestServer(app) as server:
        for port in (server.port, free_port()):
            channel = pigeon.Pigeon(f"http://127.0.0.1:{port}", KEY, SECRET)
            with pytest.raises(NotSent) as refused:
                await channel.send(to, piece, "ref.0")
            found.append(refused.value.remedy)
            await channel.close()
    assert found == [Remedy.UNSURE, Remedy.LATER]


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "stop"), (403, "stop"), (429, "slow"), (400, "final"), (404, "stop"), (302, "stop"), (502, "unsure")],
)
def test_a_status_is_judged_where_there_is_no_code(status: int, remedy: str) -> None:
    assert Remedy.of_status(status) == remedy


@running
async def test_a_channel_without_files_says_that_they_are_gone_when_they_are_read(pigeon: ModuleType) -> None:
    chunks = pigeon.Pigeon("http://127.0.0.1", KEY, SECRET).fetch(Media("image", "1"))
    with pytest.raises(MediaGone):
        await chunks.__anext__()


# the assistant itself


@running
async def talk(pigeon: ModuleType, stage: Stage) -> None:
    async with opened(pigeon, stage.bot, stage.keys, stage.assistant) as line:
        *_, greeting = await line.hears(message("السلام عليكم"))
        titles = re.findall(r"^\d\. (.+)$", greeting["text"], re.M)
        assert len(titles) > line.channel.limits.buttons
        assert await line.hears(message(str(len(titles))))
        with Session(stage.bot, future=True) as session:
            newest = select(TrackerEvent).filter_by(type="user").order_by(TrackerEvent.id.desc()).limit(1)
            heard = session.scalars(newest).one().data
        assert (heard["text"], heard["input_channel"]) == (titles[-1], "pigeon")


def test_the_assistant_talks_there(pigeon: ModuleType, stage: Stage) -> None:
    stage.reset()
    talk(pigeon, stage)

"""Conversations, tokens and messages."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import re
import subprocess
import sys

import pytest
import yaml
from aiohttp import ClientSession
from sanic import Sanic
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.channels import web as channel
from bot.channels.door import Door
from bot.channels.errors import DoorError, NotSigned, OtherEvent
from bot.channels.files import add_files
from bot.channels.message import LONGEST_BODY, LONGEST_TEXT
from bot.channels.web import add_web
from bot.delivery.models import Conversation
from bot.project import ROOT
from bot.settings import read
from tests.bot.channels.served import Web, running, served

BEGIN = "/web/v1/conversations"


def test_brings_neither_rasa_nor_tensorflow() -> None:
    looks = (
        "import sys, bot.channels.web, bot.channels.files;"
        "print([n for n in ('rasa', 'tensorflow', 'spacy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", looks], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


# beginning


@running
async def test_a_conversation_begins_with_the_welcome(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        history = await page.history()
        (welcome,) = history["events"]
        assert welcome["number"] == history["last"] == 1
        assert "مساعد إيقاف الخدمات" in welcome["text"]
        assert welcome["buttons"][0]["title"] == "قضاياي"
        assert not any(button["payload"].startswith("/") for button in welcome["buttons"])
        assert (history["pending"], history["more"], history["verified"]) == ([], False, False)
        with Session(bot_file, future=True) as session:
            row = session.scalar(select(Conversation))
            assert (row.id, row.channel, row.address) == (page.conversation, "web", page.conversation)


@running
async def test_a_page_says_in_what_language_it_begins(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        history = await (await web.begin(language="en")).history()
        assert "Welcome" in history["events"][0]["text"]
        assert history["language"] == "en"
        for wrong in ("fr", "", 1, None, ["ar"]):
            assert (await web.ask("POST", BEGIN, json={"language": wrong})).code == "bad_request"


@running
async def test_its_token_is_renewed_in_time(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        renewed = (await page.ask("POST", "token")).json
        assert web.keys.read(renewed["token"])[0] == page.conversation
        renew, ends = (
            dt.datetime.fromisoformat(renewed[key].replace("Z", "+00:00")) for key in ("renew_at", "expires_at")
        )
        assert dt.datetime.now(dt.timezone.utc) < renew < ends


# who speaks


ROUTES = [("POST", "token"), ("POST", "messages"), ("PUT", "documents/12345678"), ("GET", "history"), ("GET", "events")]


@pytest.mark.parametrize(("method", "what"), ROUTES)
@running
async def test_only_the_conversation_s_own_token_opens_it(bot_file: Engine, method: str, what: str) -> None:
    async with served(bot_file) as web:
        mine, theirs = await web.begin(), await web.begin()
        past = dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=30)
        expired, _ = web.keys.sign(mine.conversation, past)
        for given, status, code in (
            (theirs.headers["Authorization"], 403, "other_conversation"),
            (None, 401, "no_token"),
            (f"Bearer {expired}", 401, "token_expired"),
            (mine.headers["Authorization"][:-2], 401, "token_invalid"),
            ("Bearer x", 401, "token_invalid"),
            ("Bearer", 401, "token_invalid"),
            (mine.headers["Authorization"].replace("Bearer", "Basic"), 401, "token_invalid"),
        ):
            headers = {"Authorization": given} if given else {}
            reply = await web.ask(
                method, f"{mine.path}/{what}", headers=headers, json={"id": "12345678", "text": "سلام"}
            )
            assert (reply.status, reply.code) == (status, code), given
            assert reply.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
        assert web.inbox() == []


@running
async def test_a_token_in_the_address_is_none(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        reply = await web.ask("GET", f"{page.path}/history", params={"token": page.begun["token"]})
        assert reply.code == "no_token"


@running
async def test_a_conversation_that_is_gone_is_not_found(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        gone = "0" * 32
        token, _ = web.keys.sign(gone)
        page.path, page.headers = f"{BEGIN}/{gone}", {"Authorization": f"Bearer {token}"}
        assert (await page.send(text="سلام")).code == "not_found"
        assert (await page.ask("GET", "history")).code == "not_found"
        assert (await page.ask("GET", "events")).code == "not_found"


# messages


@running
async def test_what_is_acknowledged_is_in_the_inbox(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        button = (await page.history())["events"][0]["buttons"][0]
        first = await page.send("message-1", text="كم ياخذ الرفع؟")
        second = await page.send("message-2", button=button["payload"])
        assert [(reply.status, reply.json) for reply in (first, second)] == [
            (202, {"id": "message-1"}),
            (202, {"id": "message-2"}),
        ]
        assert web.inbox() == [
            {"id": "message-1", "shown": "كم ياخذ الرفع؟", "text": "كم ياخذ الرفع؟"},
            {"id": "message-2", "shown": button["title"], "button": button["payload"]},
        ]
        pending = [{"id": "message-1", "text": "كم ياخذ الرفع؟"}, {"id": "message-2", "text": button["title"]}]
        assert (await page.history())["pending"] == pending


@running
async def test_sent_twice_is_once(bot_engine: Engine) -> None:
    async with served(bot_engine) as web:
        page = await web.begin()
        replies = await asyncio.gather(*(page.send("the-same-one", text="سلام") for _ in range(12)))
        replies.append(await page.send("the-same-one", text="سلام"))
        assert [reply.status for reply in replies] == [202] * 13
        assert [row["id"] for row in web.inbox()] == ["the-same-one"]


@running
async def test_the_same_id_in_another_conversation_is_another_message(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        for page in (await web.begin(), await web.begin()):
            assert (await page.send("the-same-one", text="سلام")).status == 202
        assert len(web.inbox()) == 2


@running
async def test_what_cannot_be_kept_is_not_acknowledged(bot_file: Engine, caplog: pytest.LogCaptureFixture) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        with bot_file.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE inbox RENAME TO elsewhere")
        reply = await page.send(text="رقمي 1900100049")
        assert (reply.status, reply.code) == (503, "unavailable")
        assert int(reply.headers["Retry-After"]) > 0
        with bot_file.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO inbox")
        assert web.inbox() == []
        assert "OperationalError" in caplog.text
        assert "1900100049" not in caplog.text


@running
async def test_the_longest_text_is_taken_whole(bot_file: Engine) -> None:
    text = "ضصثقفغعهخح" * (LONGEST_TEXT // 10)
    async with served(bot_file) as web:
        page = await web.begin()
        escaped = json.dumps({"id": "12345678", "text": text}).encode()  # six bytes a letter
        headers = {"Content-Type": "application/json; charset=utf-8"}
        assert (await page.ask("POST", "messages", headers, data=escaped)).status == 202
        assert web.inbox()[0]["text"] == text
        assert (await page.send(text=text + "و")).code == "too_large"


@running
async def test_html_stays_the_text_that_it_is(bot_file: Engine) -> None:
    text = '<script>alert("x")</script><b>سلام</b> &amp; <img src=x onerror=y>'
    async with served(bot_file) as web:
        page = await web.begin()
        assert (await page.send(text=text)).status == 202
        assert web.inbox()[0]["text"] == text
        web.say(page.conversation, text)
        reply = await page.ask("GET", "history")
        assert reply.json["events"][1]["text"] == text
        assert reply.headers["Content-Type"] == "application/json"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


GOOD = {"id": "12345678", "text": "سلام"}
WRONG_BODIES = {
    "not JSON": b"{id: 1}",
    "nothing": b"",
    "not UTF-8": '{"id": "12345678", "text": "سلام"}'.encode("utf-16"),
    "half a letter": b'{"id": "12345678", "text": "\xd8"}',
    "half an emoji": b'{"id": "12345678", "text": "\\ud83d"}',
    "nested without end": b"[" * 60_000,
    "a list": [GOOD],
    "a word": "سلام",
    "no id": {"text": "سلام"},
    "a short id": {**GOOD, "id": "1234567"},
    "a long id": {**GOOD, "id": "1" * 65},
    "an id of other letters": {**GOOD, "id": "رسالة-رقم-واحد"},
    "an id with a line break": {**GOOD, "id": "12345678\n"},
    "an id that is a number": {**GOOD, "id": 12345678},
    "neither": {"id": "12345678"},
    "both": {**GOOD, "button": "abc"},
    "both, one empty": {**GOOD, "button": None},
    "another key": {**GOOD, "sender": "somebody"},
    "text that is none": {**GOOD, "text": ["سلام"]},
    "an empty text": {**GOOD, "text": ""},
    "blanks and control characters": {**GOOD, "text": " \n\x07\u200f\u2067\u00a0"},
    "a zero byte": {**GOOD, "text": "سلام\0"},
    "a button that is none": {"id": "12345678", "button": {"id": 1}},
    "a button of other letters": {"id": "12345678", "button": '/inform{"a": "b"}'},
    "a long button": {"id": "12345678", "button": "a" * 65},
}


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES.keys())
@running
async def test_what_is_no_message_is_refused(bot_file: Engine, body: object) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with served(bot_file) as web:
        page = await web.begin()
        reply = await page.ask("POST", "messages", {"Content-Type": "application/json"}, data=data)
        assert (reply.status, reply.code) == (400, "bad_request")
        assert web.inbox() == []


@running
async def test_json_must_say_that_it_is(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            reply = await page.ask("POST", "messages", {"Content-Type": kind}, data=json.dumps(GOOD).encode())
            assert (reply.status, reply.code) == (400, "bad_request")


@pytest.mark.parametrize("size", [LONGEST_BODY + 1, 1_000_000])
@running
async def test_a_body_over_the_limit_is_refused(bot_file: Engine, size: int) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        for path in (f"{page.path}/messages", BEGIN):
            headers = {**page.headers, "Content-Type": "application/json"}
            reply = await web.ask("POST", path, headers=headers, data=b" " * size)
            assert (reply.status, reply.code) == (413, "too_large")


# errors


@running
async def test_every_error_has_the_same_form(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        for method, path, status, code in (
            ("GET", "/nowhere", 404, "not_found"),
            ("GET", f"{page.path}/nothing", 404, "not_found"),
            ("GET", "/web/v1/%ff", 404, "not_found"),
            ("DELETE", f"{page.path}/history", 405, "method_not_allowed"),
            ("GET", BEGIN, 405, "method_not_allowed"),
        ):
            reply = await web.ask(method, path)
            assert (reply.status, reply.code) == (status, code)
            arabic, english = reply.json["error"]["message"].split("\n")
            assert any("\u0600" <= letter <= "\u06ff" for letter in arabic)
            assert english.isascii()
        allowed = (await web.ask("DELETE", f"{page.path}/history")).headers["Allow"]
        assert {method.strip() for method in allowed.split(",")} == {"GET", "OPTIONS"}


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense",
        b"GET / HTTP/1.1\r\nContent-Length: many",
        b"GET /\xff\xfe HTTP/1.1",
        b"GET / HTTP/3.7",
        b"POST / HTTP/1.1\r\n:",
    ],
)
@running
async def test_what_is_no_http_is_answered_or_cut_and_harms_nobody(bot_file: Engine, head: bytes) -> None:
    async with served(bot_file) as web:
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(head + b"\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        assert answer == b"" or answer.split()[1] in (b"400", b"404")
        assert (await web.ask("GET", "/healthz")).json == {"ok": True}


@running
async def test_an_unforeseen_error_tells_its_type_to_the_log_and_nothing_to_the_page(
    bot_file: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("رقمي 1900100049")

    monkeypatch.setattr(channel.inbox, "accept", breaks)
    async with served(bot_file) as web:
        reply = await (await web.begin()).send(text="رقمي 1900100049")
        assert (reply.status, reply.code) == (503, "unavailable")
        assert "1900100049" not in reply.body.decode() + caplog.text
        assert "RuntimeError" in caplog.text


@running
async def test_personal_words_and_tokens_are_not_logged(bot_file: Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with served(bot_file) as web:
        page = await web.begin()
        await page.send(text="رقمي 1900100049")
        await page.ask("POST", "messages", {"Content-Type": "application/json"}, data=b"1900100049")
        async with page.stream() as stream:
            await stream.next()
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("bot", "sanic", "actions"))]
    assert not [line for line in ours if "1900100049" in line or page.begun["token"] in line]


# headers


@running
async def test_answers_are_kept_nowhere_and_mean_what_they_say(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        for reply in (await page.ask("GET", "history"), await page.send(text="سلام"), await page.send(text="")):
            assert reply.headers["Cache-Control"] == "no-store"
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
            assert reply.headers["Referrer-Policy"] == "no-referrer"
            assert "Set-Cookie" not in reply.headers


@running
async def test_it_says_that_it_is_there(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        assert (await web.ask("GET", "/healthz")).json == {"ok": True}
        assert (await web.ask("HEAD", "/healthz")).status == 200


# origins

OURS = "https://www.example.sa"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        (OURS, True),
        ("http://127.0.0.1:{port}", True),
        ("http://www.example.sa", False),
        ("https://www.example.sa:444", False),
        ("https://www.example.sa.evil.example", False),
        ("https://evil.example", False),
        ("https://127.0.0.1:{port}", False),
        ("http://127.0.0.1:1", False),
        ("null", False),
        ("", False),
    ],
)
@running
async def test_only_known_pages_may_ask(bot_file: Engine, origin: str | None, allowed: bool) -> None:
    async with served(bot_file, web_origins=(OURS,)) as web:
        page = await web.begin()
        named = None if origin is None else origin.format(port=web.port)
        headers = {} if named is None else {"Origin": named}
        for reply in (
            await page.ask("GET", "history", headers),
            await web.ask("OPTIONS", f"{page.path}/messages", headers={**headers, **PREFLIGHT}),
            await web.ask("POST", BEGIN, headers=headers, json={}),
        ):
            assert (reply.status in (200, 201, 204)) is allowed
            assert reply.headers["Vary"] == "Origin"
            assert "Access-Control-Allow-Credentials" not in reply.headers
            assert reply.headers.get("Access-Control-Allow-Origin") == (named if allowed else None)
            if not allowed:
                assert (reply.status, reply.code) == (403, "origin_refused")


@running
async def test_a_preflight_says_what_may_be_sent(bot_file: Engine) -> None:
    async with served(bot_file, web_origins=(OURS,)) as web:
        page = await web.begin()
        for what, method in (("messages", "POST"), ("history", "GET"), ("documents/12345678", "PUT")):
            reply = await web.ask("OPTIONS", f"{page.path}/{what}", headers={"Origin": OURS, **PREFLIGHT})
            assert (reply.status, reply.body) == (204, b"")
            assert reply.headers["Access-Control-Allow-Methods"] == f"{method}, OPTIONS"
            sendable = reply.headers["Access-Control-Allow-Headers"].lower().split(", ")
            assert {"authorization", "content-type", "last-event-id", "x-file-name"} == set(sendable)
            assert int(reply.headers["Access-Control-Max-Age"]) > 0


@running
async def test_errors_can_be_read_by_an_allowed_page(bot_file: Engine) -> None:
    async with served(bot_file, web_origins=(OURS,)) as web:
        for path in (BEGIN, "/web/v1/nowhere"):
            reply = await web.ask("GET", path, headers={"Origin": OURS})
            assert reply.headers["Access-Control-Allow-Origin"] == OURS


@running
async def test_behind_a_proxy_the_page_s_own_address_counts(bot_file: Engine) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "bot.example.sa"}
    headers = {"Origin": "https://bot.example.sa", **forwarded}
    async with served(bot_file, proxies=1) as web:
        assert (await web.ask("POST", BEGIN, headers=headers, json={})).status == 201
    async with served(bot_file) as web:
        assert (await web.ask("POST", BEGIN, headers=headers, json={})).code == "origin_refused"


# limits


async def used_up(web: Web, send, most: int) -> tuple[int, int]:
    """How many passed before one was refused, and the seconds to wait then."""
    for passed in range(most + 1):
        reply = await send()
        if reply.status == 429:
            assert reply.code == "too_many"
            return passed, int(reply.headers["Retry-After"])
    raise AssertionError("nothing was refused")


@running
async def test_a_conversation_may_write_so_often(bot_file: Engine) -> None:
    async with served(bot_file, rate_limits=True) as web:
        page, other = await web.begin(), await web.begin()
        passed, wait = await used_up(web, lambda: page.send(text="سلام"), 40)
        assert passed == channel.limits.MESSAGES.amount
        assert 0 < wait <= 60
        assert len(web.inbox()) == passed
        assert (await other.send(text="سلام")).status == 202


@running
async def test_an_address_may_begin_so_many(bot_file: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel.limits, "CONVERSATIONS", channel.limits.Limit("conversations", 3, 3600))
    async with served(bot_file, rate_limits=True, proxies=1) as web:

        def begin(of: str):
            return web.ask("POST", BEGIN, headers={"X-Forwarded-For": f"spoofed, {of}"}, json={})

        passed, wait = await used_up(web, lambda: begin("203.0.113.9"), 5)
        assert passed == 3
        assert 3500 < wait <= 3600
        assert (await begin("203.0.113.10")).status == 201
        # of IPv6 the first half is one household
        await used_up(web, lambda: begin("2001:db8::1"), 5)
        assert (await begin("2001:db8::2")).status == 429
        assert (await begin("2001:db8:0:1::1")).status == 201


@running
async def test_without_a_trusted_proxy_nobody_chooses_an_address(
    bot_file: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel.limits, "CONVERSATIONS", channel.limits.Limit("conversations", 3, 3600))
    async with served(bot_file, rate_limits=True) as web:
        addresses = iter(range(100))

        def begin():
            return web.ask("POST", BEGIN, headers={"X-Forwarded-For": f"203.0.113.{next(addresses)}"}, json={})

        assert (await used_up(web, begin, 5))[0] == 3


@running
async def test_so_many_requests_of_an_address_whoever_sends_them(
    bot_file: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel.limits, "REQUESTS", channel.limits.Limit("requests", 5, 60))
    async with served(bot_file, rate_limits=True) as web:
        passed, _ = await used_up(web, lambda: web.ask("GET", f"{BEGIN}/x/history"), 10)
        assert passed == 5


@running
async def test_so_many_tabs_of_a_conversation(bot_file: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel.limits, "STREAMS_OF_CONVERSATION", 2)
    async with served(bot_file, rate_limits=True) as web:
        page, other = await web.begin(), await web.begin()
        async with page.stream() as first, page.stream() as second, other.stream():
            assert (await page.ask("GET", "events")).code == "too_many"
            await first.next()
            await second.next()
        async with ClientSession() as web.http:  # the others are gone with their connections

            async def again() -> bool:
                async with web.http.get(f"{web.url}{page.path}/events", headers=page.headers) as response:
                    return response.status == 200

            while not await again():
                await asyncio.sleep(0.02)


@running
async def test_limits_can_be_switched_off(bot_file: Engine) -> None:
    async with served(bot_file, rate_limits=False) as web:
        page = await web.begin()
        assert {(await page.send(text="سلام")).status for _ in range(35)} == {202}


# the document


def test_the_document_has_every_route_and_every_error() -> None:
    document = yaml.safe_load((ROOT / "docs" / "web-api.yml").read_text(encoding="utf-8"))
    app = Sanic("routes", configure_logging=False)
    add_web(app, Door(None, None, None, None, read({})))
    add_files(app, demo=False)
    served_here = {
        (
            re.sub(r"<(\w+):\w+>", r"{\1}", f"/{route.path}").replace("{given_id}", "{id}").replace("{name}", "{file}"),
            method,
        )
        for route in app.router.routes
        for method in route.methods - {"OPTIONS", "HEAD"}
    }
    methods = {"GET", "POST", "PUT"}
    told = {
        (path, name.upper()) for path, item in document["paths"].items() for name in item if name.upper() in methods
    }
    assert served_here == told
    codes = document["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"]
    of_webhooks = {NotSigned.code, OtherEvent.code}
    assert {kind.code for kind in kinds(DoorError) if hasattr(kind, "code")} - of_webhooks == set(codes)


def kinds(of: type) -> list[type]:
    return [kind for direct in of.__subclasses__() for kind in (direct, *kinds(direct))]


def test_the_document_tells_the_limits() -> None:
    text = " ".join((ROOT / "docs" / "web-api.yml").read_text(encoding="utf-8").split())
    told = channel.limits
    for words in (
        f"{told.MESSAGES.amount} messages, {told.READS.amount} reads a minute",
        f"{told.DOCUMENTS.amount} documents and {told.RENEWALS.amount} new tokens an hour",
        f"{told.STREAMS_OF_CONVERSATION} open streams for a conversation",
        f"{told.REQUESTS.amount} requests a minute, {told.CONVERSATIONS.amount} new conversations an hour",
        f"{told.STREAMS_OF_ADDRESS} open streams for an address",
    ):
        assert words in text

"""The stream of answers: every line once and in order, whatever happens to connections; nobody else's data."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.case_db import unit_of_work
from bot.channels import web as channel
from bot.channels.door import verified_if_known
from bot.delivery.engine import make_engine
from bot.delivery.models import Conversation
from tests.bot.channels.served import CITIZEN, PATIENCE, Web, running, served


def told(event: tuple) -> tuple[str, bool]:
    name, number, data = event
    assert number is None
    assert data.keys() == {"verified", "who"}
    return name, data["verified"]


@running
async def test_says_first_who_is_verified_then_the_lines(bot_engine: Engine) -> None:
    async with served(bot_engine) as web:
        page = await web.begin()
        async with page.stream() as stream:
            assert told(await stream.next()) == ("identity", False)
            name, number, welcome = await stream.next()
            assert (name, number) == ("answer", 1)
            assert [welcome] == (await page.history())["events"]
            web.say(page.conversation, "سطر", buttons=[{"title": "التالي", "payload": "/next_step"}])
            (line,) = await stream.answers(1)
            assert (line["number"], line["text"], line["heard"], line["hidden"]) == (2, "سطر", None, False)
            assert [button["title"] for button in line["buttons"]] == ["التالي"]
            assert not line["buttons"][0]["payload"].startswith("/")


@running
async def test_resumes_exactly_where_it_stopped(bot_engine: Engine) -> None:
    """Disconnected again and again while lines are written: no gap, none twice."""
    total = 60
    async with served(bot_engine) as web:
        page = await web.begin()

        async def write() -> None:
            for number in range(2, total + 1):
                await asyncio.to_thread(web.say, page.conversation, f"line {number}")

        writing = asyncio.create_task(write())
        seen: list[int] = []
        while len(seen) < total:
            async with page.stream(seen[-1] if seen else None) as stream:
                with contextlib.suppress(asyncio.TimeoutError):
                    seen += [line["number"] for line in await stream.answers(min(7, total - len(seen)))]
        await writing
        assert seen == list(range(1, total + 1))


@running
async def test_more_lines_than_one_look_takes(bot_file: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "PAGE", 5)
    async with served(bot_file) as web:
        page = await web.begin()
        web.say(page.conversation, *(f"line {number}" for number in range(2, 24)))
        async with page.stream(3) as stream:
            assert [line["number"] for line in await stream.answers(20)] == list(range(4, 24))


@running
async def test_a_line_is_not_lost_when_the_bell_is_silent(bot_file: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "COMMENT_EVERY", 0.1)
    async with served(bot_file) as web:
        page = await web.begin()
        await web.bell.stop()
        async with page.stream(1) as stream:
            await stream.next()
            web.say(page.conversation, "سطر")
            assert (await stream.answers(1))[0]["number"] == 2


@running
async def test_a_line_written_while_connecting_is_seen(bot_file: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Committed right after the first look, before the stream waits: the bell was heard already."""
    looked = channel._look
    async with served(bot_file) as web:
        page = await web.begin()
        await web.bell.stop()  # rung by hand below
        loop = asyncio.get_running_loop()

        def look(door, conversation, **which):
            found = looked(door, conversation, **which)
            if which.get("after") == 1:
                web.say(conversation, "سطر")
                loop.call_soon_threadsafe(web.bell.ring_outbox, conversation)
            return found

        monkeypatch.setattr(channel, "_look", look)
        async with page.stream(1) as stream:
            assert (await stream.answers(1))[0]["number"] == 2


@running
async def test_a_silent_stream_says_that_it_is_there(bot_file: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "COMMENT_EVERY", 0.05)
    async with served(bot_file) as web:
        page = await web.begin()
        async with page.stream(1) as stream:
            await stream.next()
            assert [(await stream.next())[0] for _ in range(3)] == [""] * 3


@pytest.mark.parametrize("seen", ["x", "-1", "1.5", "", " ", "٣", "9" * 20, str(2**31)])
@running
async def test_a_number_that_is_none_is_refused(bot_file: Engine, seen: str) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        reply = await page.ask("GET", "events", {"Last-Event-ID": seen})
        assert (reply.status, reply.code) == (400, "bad_request")


@running
async def test_a_reader_that_does_not_read_holds_nobody_up(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        slow, quick = await web.begin(), await web.begin()
        web.say(slow.conversation, *["س" * 100_000] * 60)
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port, limit=1024)
        head = f"GET {slow.path}/events HTTP/1.1\r\nHost: x\r\nAuthorization: {slow.headers['Authorization']}\r\n\r\n"
        writer.write(head.encode())
        await reader.readexactly(100)  # and then no more
        async with quick.stream(1) as stream:
            await stream.next()
            for number in range(2, 12):
                web.say(quick.conversation, "سطر")
                assert (await stream.answers(1))[0]["number"] == number
        assert (await quick.send(text="سلام")).status == 202
        writer.close()


# whose data


@running
async def test_personal_lines_are_shown_to_whom_they_are_about_alone(bot_file: Engine) -> None:
    words = "القضية 4513379199"
    async with served(bot_file) as web:
        page = await web.begin()
        web.say(page.conversation, words, citizen=CITIZEN, custom={"card": {"kind": "case", "number": "4513379199"}})

        async def shown() -> tuple[dict, dict]:
            async with page.stream(1) as stream:
                (streamed,) = await stream.answers(1)
            return (await page.history())["events"][1], streamed

        for citizen, hidden in ((None, True), (CITIZEN, False), (CITIZEN + 1, True)):
            web.citizen = citizen
            in_history, streamed = await shown()
            assert in_history == streamed
            assert streamed["hidden"] is hidden
            assert (words in streamed["text"]) is not hidden
            assert ("card" in streamed) is not hidden
            if hidden:
                assert "4513379199" not in str(streamed)
                assert streamed["text"]
                assert streamed["buttons"] == []


@running
async def test_tells_when_somebody_is_verified_and_when_no_longer(
    bot_file: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        async with page.stream(1) as stream:
            assert told(await stream.next()) == ("identity", False)
            web.citizen = CITIZEN  # the turn that verified writes its answer after it
            web.say(page.conversation, "تم التحقق", citizen=CITIZEN)
            assert told(await stream.next()) == ("identity", True)
            (line,) = await stream.answers(1)
            assert (line["text"], line["hidden"]) == ("تم التحقق", False)
        monkeypatch.setattr(channel, "COMMENT_EVERY", 0.05)
        async with page.stream(2) as stream:
            assert told(await stream.next()) == ("identity", True)
            web.citizen = None  # time ended it: no line comes with that
            names = [await stream.next()]
            while names[-1][0] == "":
                names.append(await stream.next())
            assert told(names[-1]) == ("identity", False)


@running
async def test_while_nobody_can_say_who_is_verified_only_what_is_everybody_s_is_shown(
    bot_file: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_of_work, "_engine", lambda: make_engine("sqlite:////nonexistent/case.db"))
    async with served(bot_file) as web:
        page = await web.begin()
        web.say(page.conversation, "القضية", citizen=CITIZEN)
        web.say(page.conversation, "الجواب")
        object.__setattr__(web.app.ctx.web.door, "verified", verified_if_known)
        events = (await page.history())["events"]
        assert [event["hidden"] for event in events] == [False, True, False]


@running
async def test_a_page_learns_that_somebody_else_is_verified_or_that_something_was_forgotten(bot_file: Engine) -> None:
    """Also one that was away meanwhile: the mother's tab, after the son was verified in another."""
    async with served(bot_file) as web:
        page = await web.begin()
        seen = []
        for citizen, forgets in ((None, False), (CITIZEN, False), (CITIZEN + 1, False), (CITIZEN + 1, True)):
            web.citizen = citizen
            if forgets:
                with Session(bot_file, future=True) as session:
                    session.get(Conversation, page.conversation).forgotten += 1
                    session.commit()
            async with page.stream() as stream:
                seen.append((await stream.next())[2]["who"])
            assert (await page.history())["who"] == seen[-1]
        assert len(set(seen)) == 4


# the end


async def ended(web: Web) -> None:
    """The server holds no stream any more."""
    while web.app.ctx.web.streams:
        await asyncio.sleep(0.01)


@running
async def test_streams_end_when_the_server_does(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        pages = [await web.begin() for _ in range(5)]
        async with contextlib.AsyncExitStack() as open_streams:
            streams = [await open_streams.enter_async_context(page.stream(1)) for page in pages]
            for stream in streams:
                await stream.next()
            channel.close_streams(web.app)
            for rest in await asyncio.gather(*(stream.rest() for stream in streams)):
                assert set(rest) <= {""}  # ended in order, not cut: a cut one raises
            reply = await pages[0].ask("GET", "events")
            assert (reply.status, reply.code) == (503, "unavailable")
            assert (await pages[0].send(text="سلام")).status == 202  # until the last moment


@running
async def test_a_stream_ends_with_its_token(bot_file: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "COMMENT_EVERY", 0.05)
    later = dt.timedelta(0)
    monkeypatch.setattr(channel, "_now", lambda: dt.datetime.now(dt.timezone.utc) + later)
    async with served(bot_file) as web:
        page = await web.begin()
        async with page.stream(1) as stream:
            await stream.next()
            assert (await stream.next())[0] == ""
            later = dt.timedelta(days=400)
            assert set(await stream.rest()) <= {""}


@running
async def test_nothing_is_left_of_a_page_that_closed(bot_file: Engine) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        for _ in range(3):
            async with page.stream(1) as stream:
                await stream.next()
        await asyncio.wait_for(ended(web), PATIENCE)
        assert not web.bell._listeners
        assert not +web.app.ctx.web.limits._streams


# history


@running
async def test_history_goes_back_page_by_page(bot_engine: Engine) -> None:
    async with served(bot_engine) as web:
        page = await web.begin()
        web.say(page.conversation, *(f"line {number}" for number in range(2, 13)))
        newest = await page.history(limit=5)
        older = await page.history(limit=5, before=newest["events"][0]["number"])
        oldest = await page.history(limit=5, before=older["events"][0]["number"])
        numbers = [[event["number"] for event in part["events"]] for part in (newest, older, oldest)]
        assert numbers == [[8, 9, 10, 11, 12], [3, 4, 5, 6, 7], [1, 2]]
        assert [part["more"] for part in (newest, older, oldest)] == [True, True, False]
        assert newest["last"] == 12
        assert (await page.history(before=1))["events"] == []


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"before": "0"}, {"before": "-3"}])
@running
async def test_history_wants_numbers(bot_file: Engine, query: dict[str, str]) -> None:
    async with served(bot_file) as web:
        page = await web.begin()
        reply = await page.ask("GET", "history", params=query)
        assert (reply.status, reply.code) == (400, "bad_request")

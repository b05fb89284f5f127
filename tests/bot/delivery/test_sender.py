"""What leaves for the provider, and what is done about each of its troubles: a pretend Graph API on the other side."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sanic import Sanic
from sqlalchemy import text as sql
from sqlalchemy.engine import URL, Engine
from sqlalchemy.orm import Session

from bot import metrics
from bot.channels.base import Moved, Person, Piece, Remedy
from bot.channels.whatsapp import REMEDIES
from bot.delivery import deliveries, offers, outbox, sender, staging
from bot.delivery.models import Outbox
from bot.delivery.sender import LONGEST_SEND, Sender
from bot.phone.graph import Fault
from tests.bot.delivery.line import (
    ANSWERS,
    HER,
    HIM,
    TEMPLATE,
    UNSEEN,
    Line,
    body,
    emptied,
    migrated_postgres,
    now,
    opened,
    person,
    sqlite_engine,
)

LONG = "كلمة " * 700
"""Two of them are more than one message may hold."""
SHORT = dt.timedelta(seconds=0.02)
NEVER = dt.timedelta(hours=1)
PATIENCE = 60


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause of these tests is long, unless one says so."""
    monkeypatch.setattr(Sanic, "test_mode", True)
    monkeypatch.setattr(deliveries, "pause", lambda attempt: SHORT)
    monkeypatch.setattr(deliveries, "UNSURE_WAITS", SHORT)
    monkeypatch.setattr(sender, "FIRST_STOP", 0.1)
    monkeypatch.setattr(sender, "SLOWED", 0.1)
    monkeypatch.setattr(sender, "LOOK_EVERY", 0.02)


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


def play(engine: Engine, scene: Callable[[Line], Any], **more: Any) -> None:
    async def on_stage() -> None:
        async with opened(engine, **more) as line:
            await scene(line)

    asyncio.run(asyncio.wait_for(on_stage(), PATIENCE))


def stopped() -> float:
    return metrics.STOPPED.labels("whatsapp")._value.get()


def opaques(line: Line) -> list[str]:
    return [message["payload"]["biz_opaque_callback_data"] for message in line.graph.messages]


# going out


def test_a_turn_is_one_message_to_her_and_its_statuses_are_kept(either: Engine) -> None:
    async def scene(line: Line) -> None:
        line.graph.statuses = True
        line.say(line.hear(HER), "أول", "ثان", buttons=("نعم", "لا"))
        await line.work_until(lambda: line.states() == ["read"])
        (message,) = line.graph.messages
        assert (body(message["payload"]), message["payload"]["to"]) == ("أول\n\nثان", HER.get("phone"))
        row = line.row()
        assert message["payload"]["biz_opaque_callback_data"] == f"{row.token}.0"
        assert row.sealed is None
        assert row.sent_at and row.delivered_at and row.read_at

    play(either, scene)


def test_somebody_whose_number_is_hidden_is_written_to_by_user_id(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.say(line.hear(UNSEEN), "جواب")
        await line.sender.settle(PATIENCE)
        (message,) = line.graph.messages
        assert message["payload"]["recipient"] == UNSEEN.get("user")
        assert "to" not in message["payload"]

    play(engine, scene)


def test_conversations_leave_side_by_side_and_each_in_its_order(either: Engine) -> None:
    async def scene(line: Line) -> None:
        his_are_there = asyncio.Event()
        send = line.channel.send

        async def waiting(to: Person, piece: Piece, opaque: str) -> str | None:
            if piece.text == "hers 0":
                await his_are_there.wait()
            return await send(to, piece, opaque)

        line.channel.send = waiting
        hers, his = line.hear(HER), line.hear(HIM)
        line.say(hers, "hers 0")
        await line.sender.look()
        for number in range(4):
            line.say(hers, f"hers {number + 1}")
            line.say(his, f"his {number}")

        def all_left() -> bool:
            if len(line.texts()) == 4:
                his_are_there.set()
            return line.states() == ["sent"] * 9

        await line.work_until(all_left)
        texts = line.texts()
        assert [text for text in texts if text.startswith("hers")] == [f"hers {number}" for number in range(5)]
        assert texts[:4] == [f"his {number}" for number in range(4)], "nobody waits for another's"

    play(either, scene)


def test_the_second_message_of_a_turn_leaves_when_the_first_was_delivered(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "IN_ORDER", NEVER)

    async def scene(line: Line) -> None:
        line.say(line.hear(HER), f"1 {LONG}", f"2 {LONG}")
        await until_calls(line, 1)
        assert await line.sender.look() == 0
        assert [text[0] for text in line.texts()] == ["1"]
        line.told("delivered", line.rows()[0])
        await line.sender.settle(PATIENCE)
        assert [text[0] for text in line.texts()] == ["1", "2"]

    play(engine, scene)


def test_without_word_of_the_first_the_second_leaves_all_the_same(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "IN_ORDER", dt.timedelta(seconds=0.2))

    async def scene(line: Line) -> None:
        line.say(line.hear(HER), f"1 {LONG}", f"2 {LONG}")
        await line.sender.settle(PATIENCE)
        assert [text[0] for text in line.texts()] == ["1", "2"]

    play(engine, scene)


def test_two_senders_send_each_message_once_and_in_order(either: Engine) -> None:
    async def scene(line: Line) -> None:
        other = Sender(line.door, line.whatsapp())
        people = [person(f"+96650000010{number}") for number in range(4)]
        conversations = [line.hear(who) for who in people]
        for number in range(5):
            for conversation in conversations:
                line.say(conversation, f"{number}")
        await asyncio.gather(line.sender.settle(PATIENCE), other.settle(PATIENCE))
        await other.channel.close()
        assert {row.leased_by for row in line.rows()} == {None}
        for who in people:
            to_her = [m["payload"] for m in line.graph.messages if m["payload"]["to"] == who.get("phone")]
            assert [body(payload) for payload in to_her] == [f"{number}" for number in range(5)]

    play(either, scene)


def test_one_whose_lines_cannot_be_made_messages_holds_up_nobody_else(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(bodies: list[dict], *rest: Any) -> list:
        if bodies[0]["text"] == "broken":
            raise KeyError
        return whole(bodies, *rest)

    whole = staging.pieces
    monkeypatch.setattr(staging, "pieces", broken)

    async def scene(line: Line) -> None:
        line.say(line.hear(HER), "broken")
        line.say(line.hear(HIM), "جواب")
        await line.work_until(lambda: line.texts() == ["جواب"])
        monkeypatch.setattr(staging, "pieces", whole)
        line.say(line.hear(HER), "بعدها")
        line.sender = Sender(line.door, line.channel)
        await line.work_until(lambda: line.texts() == ["جواب", "broken", "بعدها"])

    play(engine, scene)


# refusals


CODES = {
    remedy: [code for known in codes for code in ([known] if isinstance(known, int) else [known[0], known[-1]])]
    for remedy, codes in REMEDIES.items()
}


@pytest.mark.parametrize("code", [*CODES[Remedy.LATER], *CODES[Remedy.SOME], *CODES[Remedy.SLOW]])
def test_what_the_provider_takes_later_is_sent_again_in_its_order(engine: Engine, code: int) -> None:
    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=code)] * 2
        hers = line.hear(HER)
        line.say(hers, "1")
        line.say(hers, "2")
        await line.sender.settle(PATIENCE)
        assert line.texts() == ["1", "2"]
        assert [row.attempt for row in line.rows()] == [2, 0]

    play(engine, scene)


def test_too_many_to_one_person_holds_up_her_alone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "pause", lambda attempt: NEVER)

    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=131056)]
        line.say(line.hear(HER), "لها")
        await until_calls(line, 1)
        line.say(line.hear(HIM), "له")
        await until_calls(line, 2)
        assert (line.texts(), line.states()) == (["له"], ["ready", "sent"])
        line.due()
        await line.sender.settle(PATIENCE)
        assert line.texts() == ["له", "لها"]

    play(engine, scene)


@pytest.mark.parametrize("code", CODES[Remedy.STOP])
def test_what_stops_everything_is_told_and_loses_nothing(engine: Engine, code: int) -> None:
    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=code)]
        line.say(line.hear(HER), "جواب")
        await until_calls(line, 1)
        assert (stopped(), line.states()) == (1, ["ready"])
        await line.sender.settle(PATIENCE)
        assert (stopped(), line.texts()) == (0, ["جواب"])

    play(engine, scene)


def test_when_nothing_can_be_sent_one_tries_and_it_goes_on_by_itself(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "FIRST_STOP", 60.0)
    people = [person(f"+96650000010{number}") for number in range(6)]

    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=190, status=401)] * 8
        for who in people:
            line.say(line.hear(who), "جواب")
        await line.sender.look()
        await until(lambda: stopped() == 1 and not line.sender._at_work)
        assert len(line.graph.calls) == 6
        assert line.sender._pause == 60, "one trouble is one step, however many were on their way"
        monkeypatch.setattr(sender, "FIRST_STOP", 0.1)
        line.sender._pause, line.sender._paused_until = 0.1, 0.0
        at_once: list[int] = []
        line.channel.send = counting(line.channel.send, at_once)
        await line.sender.settle(PATIENCE)
        assert at_once[:3] == [1, 1, 1], "one tries at a time"
        assert len(line.graph.messages) == 6
        assert stopped() == 0
        assert set(line.states()) == {"sent"}

    play(engine, scene)


def counting(send: Callable[..., Any], at_once: list[int]) -> Callable[..., Any]:
    """Notes how many are on their way."""
    now_sending = 0

    async def counted(*given: Any) -> Any:
        nonlocal now_sending
        now_sending += 1
        at_once.append(now_sending)
        try:
            return await send(*given)
        finally:
            now_sending -= 1

    return counted


async def until(ready: Callable[[], bool], patience: float = 10) -> None:
    for _ in range(int(patience / 0.01)):
        if ready():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


def test_a_token_that_is_refused_stops_all_until_it_is_right(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.graph.access_token = "a new one"  # noqa: S105 - not one
        line.say(line.hear(HER), "جواب")
        await until_calls(line, 1)
        assert (stopped(), line.graph.messages, line.states()) == (1, [], ["ready"])
        line.graph.access_token = "token"  # noqa: S105 - not one
        await line.sender.settle(PATIENCE)
        assert (stopped(), line.texts()) == (0, ["جواب"])

    play(engine, scene)


def test_pauses_of_all_grow_while_nothing_gets_better(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "FIRST_STOP", 100.0)

    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=190)] * 4
        line.say(line.hear(HER), "جواب")
        pauses = []
        for calls in range(1, 5):
            await until_calls(line, calls)
            pauses.append(line.sender._pause)
            line.sender._paused_until = 0.0
        assert pauses == [100, 200, 400, sender.LONGEST_STOP]

    play(engine, scene)


async def until_calls(line: Line, count: int) -> None:
    """So many reached the provider, and what became of them is noted."""
    while len(line.graph.calls) < count or line.sender._at_work or line.sender._left:
        await line.sender.look()
        await asyncio.sleep(0.01)


def test_one_that_had_left_before_word_of_too_much_does_not_end_the_pause(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "SLOWED", 60.0)

    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("hang", seconds=0.4), Fault("error", code=130429)]
        line.say(line.hear(HER), "قبل")
        await line.sender.look()
        await until(lambda: len(line.graph.calls) == 1)
        line.say(line.hear(HIM), "كثير")
        await line.sender.look()
        await until(lambda: not line.sender._at_work)
        assert line.texts() == ["قبل"]
        line.due()
        assert await line.sender.look() == 0

    play(engine, scene)


@pytest.mark.parametrize("code", CODES[Remedy.FINAL])
def test_what_will_never_be_delivered_is_recorded_and_the_next_ones_go_on(engine: Engine, code: int) -> None:
    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=code)]
        hers = line.hear(HER)
        line.say(hers, "1")
        line.say(hers, "2")
        await line.sender.settle(PATIENCE)
        assert (line.states(), line.texts()) == (["failed", "sent"], ["2"])
        assert line.rows()[0].failure == str(code)

    play(engine, scene)


@pytest.mark.parametrize("code", CODES[Remedy.PLAIN])
def test_buttons_that_are_refused_come_as_text_and_the_typed_number_chooses(engine: Engine, code: int) -> None:
    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=code)]
        hers = line.hear(HER)
        line.say(hers, "أيها؟", buttons=("الأولى", "الثانية"))
        await line.sender.settle(PATIENCE)
        (text,) = line.texts()
        assert (text.splitlines()[0], text.splitlines()[-2:]) == ("أيها؟", ["1. الأولى", "2. الثانية"])
        with Session(engine, future=True) as session:
            assert [offers.by_title(session, hers, typed).title for typed in ("٢", "1")] == ["الثانية", "الأولى"]
        line.graph.faults = [Fault("error", code=code)]
        line.say(hers, "نص")
        await line.sender.settle(PATIENCE)
        assert line.states() == ["sent", "failed"], "text has no plainer form"

    play(engine, scene)


def test_an_unknown_refusal_is_final_and_one_of_theirs_is_not(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=987654), Fault("error", code=987654, status=500)]
        hers = line.hear(HER)
        line.say(hers, "1")
        line.say(hers, "2")
        await line.sender.settle(PATIENCE)
        assert (line.states(), line.texts()) == (["failed", "sent"], ["2"])

    play(engine, scene)


# the window


@pytest.mark.parametrize("said_by", ["the provider", "the clock"])
def test_outside_the_window_nothing_but_one_template_leaves_until_she_writes(either: Engine, said_by: str) -> None:
    async def scene(line: Line) -> None:
        line.graph.templates = {TEMPLATE: "جديد"}
        provider = said_by == "the provider"
        if provider:
            line.graph.window_closed = {HER.get("phone")}
        hers = line.hear(HER, at=now() - dt.timedelta(hours=0 if provider else 23, minutes=0 if provider else 59.5))
        for text in ("1", "2"):
            line.say(hers, text)
            await line.sender.settle(PATIENCE)
        assert line.texts() == [f"template {TEMPLATE}"]
        assert (line.states(), line.states("invitation")) == (["held", "held"], ["sent"])
        if not provider:
            assert len(line.graph.calls) == 1, "nothing free-form was even tried"
        line.graph.window_closed = set()
        line.hear(HER)
        await line.sender.settle(PATIENCE)
        assert line.texts() == [f"template {TEMPLATE}", "1", "2"]

    play(either, scene)


def test_without_a_template_what_waits_is_kept_all_the_same(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.say(line.hear(HER, at=now() - dt.timedelta(days=2)), "جواب")
        await line.sender.settle(PATIENCE)
        assert (line.texts(), line.states(), line.rows("invitation")) == ([], ["held"], [])
        line.hear(HER)
        await line.sender.settle(PATIENCE)
        assert line.texts() == ["جواب"]

    play(engine, scene, template="")


@pytest.mark.parametrize("citizen", [7, 8, None], ids=["she proved it", "somebody else did", "nobody did"])
@pytest.mark.parametrize("staged", ["at once", "when she is back"])
def test_what_is_hers_and_was_kept_for_longer_than_a_window_is_shown_to_her_alone(
    engine: Engine, citizen: int | None, staged: str
) -> None:
    hidden = ANSWERS.hidden("utter_case_court", "ar")["text"]

    async def scene(line: Line) -> None:
        hers = line.hear(HER)
        line.say(hers, "القضية 1 تخصها", citizen=7)
        line.say(hers, "للجميع")
        if staged == "at once":
            line.stage()
            line.later(hours=25)
            await line.sender.settle(PATIENCE)
            assert line.states() == ["held", "held"]
        else:
            with Session(engine, future=True) as session:
                session.query(Outbox).update({"created_at": now() - dt.timedelta(hours=25)})
                session.commit()
        line.hear(HER)
        line.citizen = citizen
        await line.sender.settle(PATIENCE)
        texts = [text for text in line.texts() if not text.startswith("template")]
        assert texts == ["القضية 1 تخصها" if citizen == 7 else hidden, "للجميع"]

    play(engine, scene)


def test_what_is_hers_and_kept_for_a_shorter_while_arrives_as_it_was(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.say(line.hear(HER), "القضية 1", citizen=7)
        line.stage()
        line.later(hours=23)
        await line.sender.settle(PATIENCE)
        assert line.texts() == ["القضية 1"]

    play(engine, scene)


def test_nothing_is_sent_to_an_address_that_is_hers_no_longer(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        hers = line.hear(HER)
        line.take(Moved("phone", HER.get("phone"), now()), Moved("user", HER.get("user"), now()))
        line.say(hers, "جواب")
        await line.sender.settle(PATIENCE)
        assert (line.graph.calls, line.states(), line.row().failure) == ([], ["failed"], "no_address")

    play(engine, scene)


def test_what_was_forgotten_does_not_leave(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=131000)]
        hers = line.hear(HER)
        line.say(hers, "1")
        await until_calls(line, 1)
        line.say(hers, "2")
        with Session(engine, future=True) as session:
            outbox.forget(session, hers)
            session.commit()
        await line.sender.settle(PATIENCE)
        assert (line.texts(), line.states()) == ([], ["dropped"])

    play(engine, scene)


# what gets lost on the way


def test_where_nobody_listens_it_is_tried_again_and_was_never_sent(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.say(line.hear(HER), "جواب")
        right, line.channel._base = line.channel._base, "http://127.0.0.1:9/v26.0"
        await line.work_until(lambda: [row.failure for row in line.rows()] == ["ClientConnectorError"])
        assert (line.states(), line.row().failure) == (["ready"], "ClientConnectorError")
        line.channel._base = right
        await line.sender.settle(PATIENCE)
        assert line.texts() == ["جواب"]

    play(engine, scene)


def test_dropped_after_it_was_taken_and_word_comes_it_is_not_sent_again(
    either: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "UNSURE_WAITS", dt.timedelta(seconds=20))

    async def scene(line: Line) -> None:
        line.graph.statuses = True
        line.graph.faults = [Fault("drop_after", status_after=0.1)]
        hers = line.hear(HER)
        line.say(hers, "1")
        line.say(hers, "2")
        await line.work_until(lambda: line.states() == ["read", "read"])
        assert (line.texts(), len(line.graph.calls)) == (["1", "2"], 2)

    play(either, scene)


@pytest.mark.parametrize(
    ("fault", "arrives"),
    [
        (Fault("drop_after"), 2),
        (Fault("drop_before"), 1),
        (Fault("http", status=502), 1),
        (Fault("http", status=503), 1),
    ],
    ids=["dropped after", "dropped before", "502", "503"],
)
def test_when_nobody_knows_and_no_word_comes_it_is_sent_again_after_a_while(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, fault: Fault, arrives: int
) -> None:
    monkeypatch.setattr(deliveries, "UNSURE_WAITS", dt.timedelta(seconds=20))

    async def scene(line: Line) -> None:
        line.graph.faults = [fault]
        hers = line.hear(HER)
        line.say(hers, "1")
        line.say(hers, "2")
        await until_calls(line, 1)
        assert (line.states(), len(line.graph.calls)) == (["unsure", "ready"], 1)
        line.later(seconds=20)
        await line.sender.settle(PATIENCE)
        assert line.texts() == ["1"] * arrives + ["2"]
        assert opaques(line)[-2].endswith(".1"), "another attempt is told apart"

    play(engine, scene)


def test_one_that_hangs_is_given_up_and_may_have_arrived(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "LONGEST_SEND", 0.2)

    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("hang", seconds=0.5)]
        line.say(line.hear(HER), "جواب")
        await line.work_until(lambda: line.states() == ["sent"])
        assert (line.row().attempt, line.row().failure) == (1, "time_out")

    play(engine, scene)


def test_taken_without_an_id_nobody_knows_until_word_comes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "UNSURE_WAITS", NEVER)

    async def scene(line: Line) -> None:
        accept = line.graph._accept
        line.graph._accept = lambda *given: {**accept(*given), "messages": []}
        line.say(line.hear(HER), "جواب")
        await until_calls(line, 1)
        assert line.states() == ["unsure"]
        line.told("delivered", attempt=0)
        await line.sender.settle(PATIENCE)
        assert (line.states(), line.texts()) == (["delivered"], ["جواب"])

    play(engine, scene)


def test_she_is_not_invited_when_she_wrote_meanwhile(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.say(line.hear(HER, at=now() - dt.timedelta(days=2)), "جواب")
        await until_held(line)
        line.hear(HER)
        await line.sender.settle(PATIENCE)
        assert line.texts() == ["جواب"]

    play(engine, scene)


async def until_held(line: Line) -> None:
    """And nothing else was begun."""
    while line.states() != ["held"]:
        if not line.sender._at_work:
            await line.sender.look()
        await asyncio.sleep(0.01)


def test_one_that_fails_after_it_was_taken_is_sent_again_three_times(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.graph.statuses = True
        line.graph.faults = [Fault("failed", code=131000)] * 10
        line.say(line.hear(HER), "جواب")
        await line.work_until(lambda: line.states() == ["failed"])
        assert [opaque.partition(".")[2] for opaque in opaques(line)] == ["0", "1", "2", "3"]

    play(engine, scene)


def test_one_that_fails_after_it_was_taken_because_of_the_window_waits_for_her(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.graph.statuses = True
        line.graph.faults = [Fault("failed", code=131047), Fault("failed", code=131026)]
        line.say(line.hear(HER), "جواب")
        await line.work_until(lambda: line.states("invitation") == ["failed"])
        assert line.states() == ["held"]
        line.hear(HER)
        await line.work_until(lambda: line.states() == ["read"])
        assert line.texts() == ["جواب", f"template {TEMPLATE}", "جواب"]

    play(engine, scene)


def test_an_end_that_could_not_be_noted_is_found_out_by_the_same_sender(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was away for a moment after the provider had refused it."""
    monkeypatch.setattr(deliveries, "LEASE", dt.timedelta(seconds=0.2))
    monkeypatch.setattr(sender, "LOST_EVERY", 0.05)
    whole = deliveries.not_sent

    def away(*given: Any) -> str:
        deliveries.not_sent = whole
        raise sender.SQLAlchemyError

    monkeypatch.setattr(deliveries, "not_sent", away)

    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("error", code=131000)]
        line.say(line.hear(HER), "جواب")
        await line.work_until(lambda: line.states() == ["sent"])
        assert line.texts() == ["جواب"]

    play(engine, scene)


def test_a_sender_that_ends_waits_for_what_is_on_its_way(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(line: Line) -> None:
        line.graph.faults = [Fault("hang", seconds=0.3)]
        line.say(line.hear(HER), "جواب")
        await line.work_until(lambda: len(line.graph.calls) == 1)
        assert (line.states(), line.texts()) == (["sent"], ["جواب"])

        monkeypatch.setattr(sender, "FAREWELL", 0.05)
        line.graph.faults = [Fault("hang", seconds=5)]
        line.say(line.hear(HER), "ثان")
        await line.work_until(lambda: len(line.graph.calls) == 2)
        assert line.states() == ["sent", "sending"], "its lease ends, and word of it may come"

    play(engine, scene)


def test_the_sender_goes_on_when_the_database_comes_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(line: Line) -> None:
        line.say(line.hear(HER), "جواب")
        with engine.begin() as connection:
            connection.execute(sql("ALTER TABLE delivery RENAME TO away"))
        with pytest.raises(AssertionError, match="not within"):
            line.states = lambda *_: []
            await line.work_until(lambda: False, 0.2)
        del line.states
        with engine.begin() as connection:
            connection.execute(sql("ALTER TABLE away RENAME TO delivery"))
        await line.work_until(lambda: line.states() == ["sent"])

    caplog.set_level(logging.ERROR)
    play(engine, scene)
    assert "the outbox cannot be read" in caplog.text


# read marks


def marks(line: Line) -> list[dict[str, Any]]:
    return [call["payload"] for call in line.graph.calls if call["kind"] == "read"]


def test_a_read_mark_shows_typing_only_while_nothing_was_answered(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.hear(HER, given="wamid.one", marked=True)
        await line.sender.settle(PATIENCE)
        line.turns()
        line.hear(HIM, given="wamid.two", marked=True)
        line.turns()
        await line.sender.settle(PATIENCE)
        assert [(mark["message_id"], "typing_indicator" in mark) for mark in marks(line)] == [
            ("wamid.one", True),
            ("wamid.two", False),
        ]

    play(engine, scene)


def test_a_late_read_mark_is_dropped(engine: Engine) -> None:
    async def scene(line: Line) -> None:
        line.hear(HER, marked=True)
        line.later(seconds=deliveries.SEEN_WITHIN.total_seconds() + 1)
        await line.sender.settle(PATIENCE)
        assert (line.graph.calls, line.rows("seen")) == ([], [])

    play(engine, scene)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("error", code=131000, reads=True),
        Fault("error", code=130429, reads=True),
        Fault("error", code=100, reads=True),
        Fault("error", code=131047, reads=True),
        Fault("http", status=502, reads=True),
        Fault("drop_before", reads=True),
        Fault("hang", reads=True),
    ],
    ids=lambda fault: f"{fault.kind} {fault.code}",
)
def test_a_read_mark_is_tried_once_and_no_answer_waits_for_it_for_long(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(sender, "LONGEST_SEEN", 0.2)

    async def scene(line: Line) -> None:
        line.graph.faults = [fault]
        hers = line.hear(HER, marked=True)
        line.say(hers, "جواب")
        await line.sender.settle(8)  # shorter than any time-out of the channel
        assert (line.texts(), line.rows("seen"), line.states()) == (["جواب"], [], ["sent"])
        assert len(marks(line)) == 1

    play(engine, scene)


def test_logs_name_codes_and_nobody(
    engine: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(line: Line) -> None:
        line.graph.faults = [
            Fault("error", code=131000), Fault("http", status=502), Fault("drop_before"), Fault("error", code=131026),
        ]  # fmt: skip
        line.say(line.hear(HER, "كلام سري", marked=True), "جواب سري")
        await line.sender.settle(PATIENCE)
        assert line.states() == ["failed"]

    codes: list[str | None] = []
    monkeypatch.setattr(
        sender.log, "error", lambda *_: codes.append(structlog.contextvars.get_contextvars().get("provider_code"))
    )
    caplog.set_level(logging.INFO, logger="bot")
    play(engine, scene)
    assert codes == ["131026"]
    assert [each for each in (HER.get("phone")[1:], HER.get("user"), "سري", "wamid") if each in caplog.text] == []


def test_a_lease_is_longer_than_any_send() -> None:
    """One that ends meanwhile would send it twice."""
    assert deliveries.LEASE.total_seconds() > LONGEST_SEND

"""Messages on their way: in order, forwards only, and nothing kept of what was delivered or forgotten."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, Engine
from sqlalchemy.orm import Session

from bot.channels.base import Choice, Piece, Progress, Remedy
from bot.delivery import deliveries, outbox, received
from bot.delivery.deliveries import IN_ORDER, KEPT, KNOWN, LEASE, LONGEST_PAUSE, MOST, SOME, UNSURE_WAITS
from bot.delivery.models import Delivery, Offer
from bot.keys import Keys
from tests.bot.delivery.line import HER, HIM, Line, emptied, migrated_postgres, now, sqlite_engine

LONG = "كلمة " * 700
"""Two of them are more than one message may hold."""


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    engine = sqlite_engine(tmp_path)
    yield Line(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def postgres(postgres_server: URL) -> Iterator[Engine]:
    yield from migrated_postgres(postgres_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    """On each of the two databases."""
    sqlite = request.param == "sqlite"
    engine = sqlite_engine(tmp_path) if sqlite else emptied(request.getfixturevalue("postgres"))
    yield Line(engine)
    if sqlite:
        engine.dispose()


def sent(line: Line, parcel: deliveries.Parcel, given: str | None = None) -> None:
    line.sent(parcel, given)


def refused(line: Line, remedy: Remedy, code: str = "1", plain: tuple[Piece, ...] = ()) -> str:
    """What is claimed next comes back with this."""
    (parcel,) = line.claim_to_send()
    return deliveries.not_sent(line.engine, line.keys, line.channel, parcel, remedy, code, plain)


def words(parcels: list[deliveries.Parcel]) -> list[str]:
    return [parcel.piece.text.strip()[:20] for parcel in parcels]


def waits(row: Delivery) -> float:
    """Seconds from now, a little less than was said."""
    return (row.due_at - now()).total_seconds()


# from lines to messages


def test_answers_that_follow_each_other_are_one_message_and_turns_are_not(either: Line) -> None:
    conversation = either.hear()
    either.say(conversation, "أول", "ثان", buttons=("نعم", "لا"))
    either.say(conversation, "ثالث")
    either.stage()
    either.stage()
    made = [either.keys.unseal(row.sealed) for row in either.rows()]
    assert [(each["kind"], each["text"]) for each in made] == [("buttons", "أول\n\nثان"), ("text", "ثالث")]
    assert [choice["title"] for choice in made[0]["choices"]] == ["نعم", "لا"]


def test_lines_of_pages_and_of_other_messengers_are_not_ours(either: Line) -> None:
    conversation = either.hear()
    either.say(conversation, "جواب")
    with Session(either.engine, future=True) as session:
        session.execute(Delivery.__table__.delete())
        row = session.get(deliveries.Conversation, conversation)
        row.channel = "another"
        session.commit()
    either.stage()
    assert either.rows() == []


def test_a_message_that_was_sealed_with_a_lost_secret_takes_nothing_along(line: Line) -> None:
    line.say(line.hear(HER), "جوابها")
    line.stage()
    line.keys = Keys(("another secret of the tests, long enough",))
    line.say(line.hear(HIM), "جوابه")
    line.stage()
    lost, kept = line.claim_to_send()
    assert (lost.content, lost.person) == (None, None)
    assert words([kept]) == ["جوابه"]


# order


def test_those_of_a_conversation_leave_one_after_the_other_and_others_beside_them(either: Line) -> None:
    hers, his = either.hear(HER), either.hear(HIM)
    for text in ("1", "2"):
        either.say(hers, text)
    either.say(his, "3")
    either.stage()
    first, beside = either.claim_to_send()
    assert words([first, beside]) == ["1", "3"]
    assert either.claim_to_send() == [], "2 waits for 1"
    sent(either, first)
    assert words(either.claim_to_send()) == ["2"], "another turn waits for no word of delivery"


def test_one_that_has_to_wait_holds_up_the_next_ones_of_its_conversation_only(line: Line) -> None:
    hers, his = line.hear(HER), line.hear(HIM)
    line.say(hers, "1")
    line.say(hers, "2")
    line.stage()
    assert refused(line, Remedy.LATER, "131056") == "ready"
    line.say(his, "3")
    line.stage()
    assert words(line.claim_to_send()) == ["3"]
    line.due()
    assert words(line.claim_to_send()) == ["1"]


@pytest.mark.parametrize("news", ["delivered", "read", "time"])
def test_the_second_message_of_a_turn_waits_until_the_first_is_there(either: Line, news: str) -> None:
    either.say(either.hear(), f"1 {LONG}", f"2 {LONG}")
    either.stage()
    (first,) = either.claim_to_send()
    sent(either, first)
    assert either.claim_to_send() == []
    row = either.rows()[0]
    either.told("sent", row)
    assert either.claim_to_send() == []
    if news == "time":
        either.later(seconds=IN_ORDER.total_seconds())
    else:
        either.told(news, row)
    assert words(either.claim_to_send()) == [f"2 {LONG}"[:20].strip()]


def test_two_that_send_never_take_the_same_message(either: Line) -> None:
    people = [either.hear(HER), either.hear(HIM)]
    for number in range(14):
        either.say(people[number % 2], f"{number}")
    either.stage()
    left, lock = [], threading.Lock()

    def work(name: int) -> None:
        misses = 0
        while misses < 20:
            parcels = either.claim_to_send(f"host:1:{name}", most=1 + name % 2)
            if not parcels:
                misses += 1
                time.sleep(0.005)
            for parcel in parcels:
                with lock:
                    left.append(int(parcel.piece.text))
                sent(either, parcel)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert [number for number in left if number % 2 == 0] == list(range(0, 14, 2))
    assert [number for number in left if number % 2] == list(range(1, 14, 2))


# refusals


def test_pauses_grow_and_end_growing() -> None:
    pauses = [deliveries.pause(attempt).total_seconds() for attempt in range(9)]
    assert pauses == [1, 4, 16, 64, 256, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


@pytest.mark.parametrize("remedy", [Remedy.LATER, Remedy.SLOW, Remedy.STOP])
def test_what_may_be_sent_later_is_kept_for_days(line: Line, remedy: Remedy) -> None:
    line.say(line.hear(), "جواب")
    line.stage()
    for attempt in range(SOME + 1):
        assert refused(line, remedy) == "ready"
        row = line.row()
        assert (row.attempt, row.failure) == (attempt + 1, "1")
        assert deliveries.pause(attempt).total_seconds() - 2 < waits(row) <= deliveries.pause(attempt).total_seconds()
        line.due()
    line.change(attempt=MOST)
    assert refused(line, remedy) == "failed"
    assert line.row().sealed is None


def test_a_reason_of_the_provider_s_own_is_tried_a_few_times(line: Line) -> None:
    line.say(line.hear(), "جواب")
    line.stage()
    states = []
    for _ in range(SOME + 1):
        states.append(refused(line, Remedy.SOME))
        line.due()
    assert states == ["ready"] * SOME + ["failed"]


def test_a_final_one_is_gone_and_the_next_ones_go_on(either: Line) -> None:
    conversation = either.hear()
    either.say(conversation, "1")
    either.say(conversation, "2")
    either.stage()
    assert refused(either, Remedy.FINAL, "131026") == "failed"
    assert [(row.state, row.failure, row.sealed is None) for row in either.rows()] == [
        ("failed", "131026", True),
        ("ready", None, False),
    ]
    assert words(either.claim_to_send()) == ["2"]


def test_nobody_knows_of_one_whose_answer_was_lost_until_word_comes_or_time_is_over(either: Line) -> None:
    conversation = either.hear()
    either.say(conversation, "1")
    either.say(conversation, "2")
    either.stage()
    assert refused(either, Remedy.UNSURE) == "unsure"
    assert UNSURE_WAITS.total_seconds() - 2 < waits(either.rows()[0]) <= UNSURE_WAITS.total_seconds()
    assert either.claim_to_send() == [], "nor is it overtaken"
    either.due()
    (again,) = either.claim_to_send()
    assert (words([again]), again.attempt) == (["1"], 1)


def test_one_that_may_have_arrived_each_time_is_repeated_ever_more_rarely_and_not_for_ever(line: Line) -> None:
    line.say(line.hear(), "جواب")
    line.stage()
    pauses = []
    for _ in range(6):
        assert refused(line, Remedy.UNSURE) == "unsure"
        pauses.append(round(waits(line.row())))
        line.due()
    assert pauses == [20, 20, 20, 64, 256, 900]
    line.change(attempt=MOST)
    assert refused(line, Remedy.UNSURE) == "failed"


def test_one_outside_the_window_is_kept_and_she_is_invited_once_a_day(either: Line) -> None:
    conversation = either.hear()
    either.say(conversation, "1")
    either.say(conversation, "2")
    either.stage()
    assert refused(either, Remedy.INVITE, "131047") == "held"
    assert either.states("invitation") == ["ready"]
    assert {refused_kind(either) for _ in range(2)} == {"message", "invitation"}
    assert either.states() == ["held", "held"]
    assert len(either.rows("invitation")) == 1, "once a day"
    either.later(hours=25)
    either.say(conversation, "3")
    either.stage()
    assert refused(either, Remedy.INVITE, "131047") == "held"
    assert len(either.rows("invitation")) == 2
    either.hear(HER)
    assert [row.state for row in either.rows()] == ["ready"] * 3


def refused_kind(line: Line) -> str:
    """Messages meet a closed window, the invitation passes."""
    (parcel,) = line.claim_to_send()
    if parcel.kind == "invitation":
        sent(line, parcel, "wamid.invitation")
    else:
        deliveries.not_sent(line.engine, line.keys, line.channel, parcel, Remedy.INVITE, "131047")
    return parcel.kind


def test_a_form_that_was_refused_is_sent_as_text_and_its_numbers_choose(either: Line) -> None:
    either.say(either.hear(), "أيها؟", buttons=("الأولى", "الثانية"))
    either.stage()
    choices = tuple(Choice(**each) for each in either.keys.unseal(either.row().sealed)["choices"])
    plain = (Piece("text", "أيها؟\n1. الأولى\n2. الثانية"), Piece("text", "بقية"))
    assert refused(either, Remedy.PLAIN, "131009", plain) == "ready"
    assert [either.keys.unseal(row.sealed)["text"] for row in either.rows()] == [piece.text for piece in plain]
    with Session(either.engine, future=True) as session:
        assert {row.id: row.place for row in session.query(Offer)} == {choices[0].id: 1, choices[1].id: 2}
    assert refused(either, Remedy.PLAIN) == "failed", "text has no plainer form"


# what became of them


def state_after(line: Line, *news: str) -> str:
    for each in news:
        line.told(each)
    return line.row().state


@pytest.mark.parametrize(
    ("news", "state"),
    [
        (("sent", "delivered", "read"), "read"),
        (("delivered", "sent"), "delivered"),
        (("read",), "read"),
        (("read", "delivered", "sent"), "read"),
        (("delivered", "delivered", "failed"), "delivered"),
        (("failed", "failed"), "failed"),
        (("failed", "sent"), "failed"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value,
)
def test_a_status_moves_a_message_forwards_only(line: Line, news: tuple[str, ...], state: str) -> None:
    line.accepted()
    assert state_after(line, *news) == state


def test_when_it_was_sent_delivered_and_read_is_kept_and_what_was_said_is_not(either: Line) -> None:
    row = either.accepted()
    assert row.sealed is not None
    times = [now() + dt.timedelta(seconds=after) for after in (1, 2)]
    either.told("delivered", at=times[0])
    delivered = either.row()
    assert (delivered.delivered_at, delivered.sealed) == (times[0], None)
    assert either.told("delivered", at=times[1])["status_delivered"] == 0
    either.told("read", at=times[1])
    read = either.row()
    assert (read.sent_at, read.delivered_at, read.read_at) == (row.sent_at, *times)


def test_a_status_finds_its_message_by_the_provider_s_id_alone(line: Line) -> None:
    line.accepted()
    assert line.take(Progress("delivered", now(), given="wamid.ours"))["status_delivered"] == 1
    assert line.row().state == "delivered"


def test_statuses_of_what_is_not_ours_are_ignored(line: Line) -> None:
    line.accepted()
    others = [
        Progress(state, now(), opaque=opaque, given=given, remedy=Remedy.FINAL)
        for state in ("sent", "delivered", "read", "failed")
        for opaque, given in ((None, "wamid.theirs"), ("order-17", None), ("a.b.c", "wamid.ours"), ("0" * 32, None))
    ]
    assert sum(line.take(*others).values()) == 0
    assert line.row().state == "sent"


def test_word_that_overtakes_the_answer_is_not_undone_by_it(either: Line) -> None:
    """The provider delivers, and tells so, before its 200 is here."""
    either.say(either.hear(), "جواب")
    either.stage()
    (parcel,) = either.claim_to_send()
    either.told("delivered")
    sent(either, parcel, "wamid.ours")
    assert (either.row().state, either.row().given) == ("delivered", received.hashed("wamid.ours"))
    assert either.claim_to_send() == []


@pytest.mark.parametrize("remedy", [Remedy.PLAIN, Remedy.INVITE, Remedy.LATER])
def test_a_refusal_after_word_that_it_arrived_changes_nothing(either: Line, remedy: Remedy) -> None:
    either.say(either.hear(), "أيها؟", buttons=("الأولى", "الثانية"))
    either.stage()
    (parcel,) = either.claim_to_send()
    either.told("delivered")
    plain = [Piece("text", "1"), Piece("text", "2")]
    assert deliveries.not_sent(either.engine, either.keys, either.channel, parcel, remedy, "100", plain) == "delivered"
    assert (either.states(), either.rows("invitation")) == (["delivered"], [])


@pytest.mark.parametrize("state", ["sent", "delivered", "read", "failed"])
def test_word_of_one_whose_answer_was_lost_settles_it(either: Line, state: str) -> None:
    either.say(either.hear(), "جواب")
    either.stage()
    refused(either, Remedy.UNSURE)
    either.told(state, attempt=0, remedy=Remedy.FINAL)
    either.due()
    assert (either.row().state, either.claim_to_send()) == (state, [])


@pytest.mark.parametrize("remedy", [Remedy.LATER, Remedy.SOME, Remedy.UNSURE])
def test_one_that_failed_on_its_way_is_sent_again_three_times(either: Line, remedy: Remedy) -> None:
    either.accepted()
    states = []
    for attempt in range(SOME + 1):
        assert either.told("failed", remedy=remedy, code="131000")["status_failed"] == 1
        row = either.row()
        states.append(row.state)
        if row.state == "ready":
            assert deliveries.pause(attempt).total_seconds() - 2 < waits(row)
            either.due()
            (parcel,) = either.claim_to_send()
            sent(either, parcel, f"wamid.{attempt}")
    assert states == ["ready"] * SOME + ["failed"]
    assert (either.row().failure, either.row().sealed) == ("131000", None)


@pytest.mark.parametrize("remedy", [Remedy.FINAL, None])
def test_one_that_failed_for_good_is_not_sent_again(line: Line, remedy: Remedy | None) -> None:
    line.accepted()
    line.told("failed", remedy=remedy, code="131026")
    assert (line.row().state, line.row().failure, line.row().sealed) == ("failed", "131026", None)


def test_one_that_failed_because_the_window_was_closed_waits_for_her(either: Line) -> None:
    row = either.accepted()
    either.told("failed", remedy=Remedy.INVITE, code="131047")
    assert (either.states(), either.states("invitation")) == (["held"], ["ready"])
    either.hear(HER)
    either.due()
    again = next(parcel for parcel in either.claim_to_send() if parcel.kind == "message")
    sent(either, again, "wamid.again")
    either.told("failed", row, attempt=row.attempt, remedy=Remedy.INVITE, code="131047")
    assert either.states() == ["sent"], "the same word once more is of the first attempt"


def test_late_word_of_an_earlier_attempt_changes_nothing(either: Line) -> None:
    first = either.accepted()
    either.told("failed", first, remedy=Remedy.LATER)
    either.told("failed", first, attempt=0, remedy=Remedy.FINAL)
    assert either.row().state == "ready"
    either.due()
    (again,) = either.claim_to_send()
    for stage in ("on its way", "sent"):
        either.told("failed", first, attempt=0, remedy=Remedy.FINAL)
        assert either.row().state == ("sending" if stage == "on its way" else "sent")
        sent(either, again, "wamid.again")
    assert either.row().given == received.hashed("wamid.again")


@pytest.mark.parametrize("remedy", [Remedy.LATER, Remedy.INVITE])
def test_word_that_it_was_sent_which_comes_after_word_that_it_failed_loses_nothing(line: Line, remedy: Remedy) -> None:
    """Statuses come in any order: `sent` of the attempt that failed says nothing of the next one."""
    first = line.accepted()
    line.told("failed", first, remedy=remedy)
    line.told("sent", first, attempt=0)
    assert line.row().state == ("ready" if remedy is Remedy.LATER else "held")
    line.hear(HER)
    line.due()
    again = next(parcel for parcel in line.claim_to_send() if parcel.kind == "message")
    line.told("sent", first, attempt=0)
    deliveries.not_sent(line.engine, line.keys, line.channel, again, Remedy.LATER, "131000")
    assert line.row().state == "ready"


def test_a_delivered_one_is_not_sent_again_whichever_attempt_it_was(line: Line) -> None:
    first = line.accepted()
    line.told("failed", first, remedy=Remedy.LATER)
    line.told("delivered", first, attempt=0)
    line.due()
    assert (line.row().state, line.claim_to_send()) == ("delivered", [])


# senders that die


def gone() -> str:
    """The name of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{socket.gethostname()[:80]}:{process.pid}:dead"


def test_what_a_dead_sender_had_in_hand_waits_for_word_before_it_is_sent_again(either: Line) -> None:
    either.say(either.hear(marked=True), "جواب")
    either.stage()
    (mark,) = either.claim_to_send()
    sent(either, mark)
    either.claim_to_send(gone())
    assert deliveries.lost(either.engine, "whatsapp", ["host:1:me"]) == 1
    row = either.row()
    assert (row.state, row.attempt, row.leased_by, row.failure) == ("unsure", 1, None, "sender_gone")
    assert waits(row) > UNSURE_WAITS.total_seconds() - 2
    assert either.claim_to_send() == []
    either.due()
    assert [again.attempt for again in either.claim_to_send()] == [1]


def test_a_read_mark_in_a_dead_sender_s_hand_is_dropped(line: Line) -> None:
    line.hear(marked=True)
    line.claim_to_send(gone())
    assert deliveries.lost(line.engine, "whatsapp", []) == 1
    assert line.rows("seen") == []


@pytest.mark.parametrize("owner", ["elsewhere:1:x", f"{socket.gethostname()[:80]}:{os.getpid()}:me"])
def test_what_is_in_hand_stays_there_until_its_lease_is_over(line: Line, owner: str) -> None:
    """Of another machine's sender, and of our own when its end could not be noted."""
    line.say(line.hear(), "جواب")
    line.stage()
    line.claim_to_send(owner)
    alive = [owner] if owner.endswith(":me") else []
    assert deliveries.lost(line.engine, "whatsapp", alive) == 0
    line.later(seconds=LEASE.total_seconds() + 1)
    assert deliveries.lost(line.engine, "whatsapp", alive) == 1
    assert line.row().state == "unsure"


def test_the_sender_of_another_messenger_in_this_process_is_not_dead(line: Line) -> None:
    line.say(line.hear(), "جواب")
    line.stage()
    line.claim_to_send(f"{socket.gethostname()[:80]}:{os.getpid()}:ours")
    assert deliveries.lost(line.engine, "another", [f"{socket.gethostname()[:80]}:{os.getpid()}:theirs"]) == 0
    assert line.row().state == "sending"


# what is not kept


def test_forgetting_drops_what_waits(either: Line) -> None:
    conversation, his = either.hear(HER), either.hear(HIM)
    either.say(conversation, "في الطريق")
    either.stage()
    (on_its_way,) = either.claim_to_send()
    either.say(conversation, "ينتظر")
    either.say(his, "له")
    either.stage()
    either.say(conversation, "لم يُجهز")
    with Session(either.engine, future=True) as session:
        outbox.forget(session, conversation)
        session.commit()
    either.stage()
    assert [(row.state, row.sealed is None) for row in either.rows()] == [
        ("sending", True),
        ("dropped", True),
        ("ready", False),
    ]
    assert deliveries.not_sent(
        either.engine, either.keys, either.channel, on_its_way, Remedy.PLAIN, "100", [Piece("text", "في الطريق")]
    ) in ("failed", "dropped")
    assert either.rows()[0].sealed is None, "not even in another form"
    either.hear(HER)
    either.due()
    assert words(parcel for parcel in either.claim_to_send() if parcel.kind == "message") == ["له"]


def test_what_was_never_delivered_is_forgotten_after_a_month_and_that_it_was_after_three(either: Line) -> None:
    conversation = either.hear(HER)
    for text in ("وصل", "لم يصل", "محفوظ", "ينتظر"):
        either.say(conversation, text)
    either.stage()
    for state in ("delivered", "sent", "held"):
        (parcel,) = either.claim_to_send()
        with Session(either.engine, future=True) as session:
            row = session.get(Delivery, parcel.id)
            row.state, row.leased_by, row.leased_until = state, None, None
            row.sealed = None if state == "delivered" else row.sealed
            session.commit()
    either.later(seconds=KEPT.total_seconds() - 600)
    assert deliveries.purge(either.engine) == 0
    either.later(seconds=601)
    assert deliveries.purge(either.engine) == 2
    assert [(row.state, row.sealed is None) for row in either.rows()] == [
        ("delivered", True),
        ("sent", True),
        ("dropped", True),
        ("ready", False),
    ]
    either.later(seconds=(KNOWN - KEPT).total_seconds())
    assert deliveries.purge(either.engine) == 3
    assert either.states() == ["ready"], "what waits is kept"


def test_a_read_mark_that_has_left_is_removed(line: Line) -> None:
    line.hear(HER, marked=True)
    (mark,) = line.claim_to_send()
    sent(line, mark)
    assert line.rows("seen") == []


def test_depth_counts_what_waits_what_is_held_and_what_failed(line: Line) -> None:
    conversation = line.hear(marked=True)
    for text in "1234":
        line.say(conversation, text)
    line.stage()
    line.say(conversation, "5")
    for row, state in zip(line.rows(), ("sent", "held", "failed", "unsure"), strict=True):
        with Session(line.engine, future=True) as session:
            session.get(Delivery, row.id).state = state
            session.commit()
    assert deliveries.depth(line.engine) == {"to_send": 2, "held": 1, "not_delivered": 1}


def test_what_has_left_and_another_sender_took_for_unsure_is_not_sent_again(either: Line) -> None:
    """The database was away from one sender for longer than a lease."""
    either.say(either.hear(HER), "جواب")
    either.stage()
    (parcel,) = either.claim_to_send()
    either.later(seconds=LEASE.total_seconds() + 1)
    assert deliveries.lost(either.engine, "whatsapp", []) == 1
    assert (either.row().state, either.row().attempt) == ("unsure", 1)
    either.sent(parcel, "wamid.ours")
    row = either.row()
    assert (row.state, row.attempt, row.given) == ("sent", 0, received.hashed("wamid.ours"))
    either.due()
    assert either.claim_to_send() == []
    assert either.told("delivered").total() == 1
    assert either.row().state == "delivered"

"""Lines of a conversation: numbered without gaps, shown to whom they belong."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.delivery import outbox
from bot.delivery.models import Outbox
from bot.keys import Keys
from tests.bot.delivery.conftest import Post

HER_ID, HIS_ID = 7, 8


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers()


def test_lines_are_numbered_in_order_for_each_conversation(post: Post) -> None:
    post.say(post.hers, "a", "b")
    post.say(post.his, "x")
    post.say(post.hers, "c")
    assert [(line.number, line.body["text"]) for line in post.lines(post.hers)] == [(1, "a"), (2, "b"), (3, "c")]
    assert [line.number for line in post.lines(post.his)] == [1]


def test_eight_writers_at_once_leave_no_gap_and_whoever_reads_on_misses_nothing(post: Post) -> None:
    together, over = threading.Barrier(9), threading.Event()

    def write(name: int) -> None:
        together.wait(5)
        for number in range(5):
            post.say(post.hers, f"{name}-{number}", f"{name}-{number}+")

    def read_on() -> list[int]:
        together.wait(5)
        seen: list[int] = []
        while True:
            last_look = over.is_set()
            seen += [line.number for line in post.lines(post.hers, after=seen[-1] if seen else 0)]
            if last_look:
                return seen
            time.sleep(0.001)  # else it keeps the interpreter from the writers

    with ThreadPoolExecutor(9) as threads:
        reading = threads.submit(read_on)
        try:
            list(threads.map(write, range(8)))
        finally:
            over.set()
        assert reading.result() == list(range(1, 81))


def test_pages_go_on_where_the_one_before_ended(post: Post) -> None:
    post.say(post.hers, *"abcdef")
    assert post.texts(post.hers, after=2, limit=2) == ["c", "d"]
    assert post.texts(post.hers, limit=2) == ["e", "f"], "without a place: the newest"
    assert post.texts(post.hers, before=5, limit=2) == ["c", "d"]
    assert post.texts(post.hers, after=6) == []


def test_a_message_is_heard_on_the_first_line_that_answers_it(post: Post) -> None:
    post.accept(post.hers, "m1", "هويتي 1058529940")
    message = post.claim()
    assert outbox.answers_to(post.engine, post.keys, message.message_id) is None
    assert [each["id"] for each in outbox.pending(post.engine, post.keys, post.hers)] == ["m1"]
    post.say(post.hers, "unasked")
    post.say(post.hers, "a", "b", inbox=message.id)
    post.settle(message)
    assert [line.heard and line.heard["id"] for line in post.lines(post.hers)] == [None, "m1", None]
    assert "1058529940" not in post.lines(post.hers)[1].heard["text"]
    said = outbox.answers_to(post.engine, post.keys, message.message_id)
    assert [line.body["text"] for line in said] == ["a", "b"]
    assert outbox.pending(post.engine, post.keys, post.hers) == []


def test_no_words_stand_in_the_database_in_clear(post: Post) -> None:
    post.say(post.hers, "قضيتك 4513379199", citizen=HER_ID)
    with Session(post.engine, future=True) as session:
        assert "4513379199" not in session.scalar(select(Outbox.body))


def test_a_personal_line_is_shown_to_its_citizen_alone(post: Post, answers: Answers) -> None:
    post.say(post.hers, "everybody's")
    post.say(post.hers, "hers", citizen=HER_ID)

    def shown(citizen: int | None, language: str = "ar") -> list[dict[str, Any]]:
        return [outbox.public(line, citizen, answers, language) for line in post.lines(post.hers)]

    assert [event["text"] for event in shown(HER_ID)] == ["everybody's", "hers"]
    for nobody in (None, HIS_ID):
        plain, hidden = shown(nobody)
        assert (plain["text"], plain["hidden"]) == ("everybody's", False)
        assert hidden["hidden"]
        assert "hers" not in str(hidden)
        assert "\n" not in hidden["text"]
        assert hidden["heard"] is None
    assert shown(None)[1]["text"] != shown(None, "en")[1]["text"]


def test_what_was_forgotten_is_gone_from_the_database_and_leaves_a_line(post: Post, answers: Answers) -> None:
    post.accept(post.hers, "m1", "ظروفي صعبة")
    message = post.claim()
    post.say(post.hers, "hers", citizen=HER_ID, inbox=message.id)
    post.say(post.hers, "everybody's")
    with Session(post.engine, future=True) as session:
        outbox.forget(session, post.hers)
        session.commit()
    erased, plain = (outbox.public(line, HER_ID, answers, "ar") for line in post.lines(post.hers))
    assert erased["hidden"]
    assert "everybody's" not in str(plain), "what she asked is nobody's to read either"
    assert plain["hidden"]
    assert [row.shown for row in post.rows()] == [None]
    assert post.lines(post.hers)[0].body is None


def test_what_was_forgotten_is_no_dead_letter_either(post: Post) -> None:
    post.accept(post.hers, "m1", "هويتي 1058529940")
    for _ in range(4):
        post.put_off(post.claim())
        post.later(seconds=30)
    with Session(post.engine, future=True) as session:
        outbox.forget(session, post.hers)
        session.commit()
    (row,) = post.rows()
    assert (row.state, row.sealed, row.shown) == ("done", None, None)


def test_a_line_of_a_lost_secret_takes_no_other_with_it(post: Post, answers: Answers) -> None:
    post.say(post.hers, "old")
    now = Post(post.engine, Keys(("another secret, of the same length..",)))
    now.say(post.hers, "new")
    old, new = (outbox.public(line, None, answers, "ar") for line in now.lines(post.hers))
    assert old["hidden"]
    assert new["text"] == "new"


def test_what_only_the_widget_needs_reaches_it_and_nothing_else(post: Post, answers: Answers) -> None:
    custom = {"guide": {"name": "pay", "step": 2, "of": 7}, "card": None, "internal": "x"}
    said = [{"name": "utter_said", "text": "t", "buttons": [{"title": "نعم", "payload": "/affirm"}], "custom": custom}]
    with Session(post.engine, future=True) as session:
        outbox.say(session, post.keys, post.hers, said)
        session.commit()
    (event,) = (outbox.public(line, None, answers, "ar") for line in post.lines(post.hers))
    assert event["guide"] == custom["guide"]
    assert {"card", "internal", "custom", "name"}.isdisjoint(event)
    assert event["buttons"][0]["title"] == "نعم"
    assert "/affirm" not in str(event)

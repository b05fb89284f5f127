"""What was accepted is worked on once at a time, in order, and never lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.delivery import inbox
from bot.delivery.inbox import MOST_CLAIMS, RETRY_AFTER, LeaseLost, UnknownConversation
from bot.delivery.models import Inbox
from bot.keys import Keys
from tests.bot.delivery.conftest import Post

# accepting


def test_the_same_message_is_accepted_once(post: Post) -> None:
    first, again = post.accept(post.hers, "m1", "نعم"), post.accept(post.hers, "m1", "نعم")
    assert (first.new, again.new) == (True, False)
    assert first.message_id == again.message_id
    assert len(post.rows()) == 1


def test_sent_eight_times_at_once_it_is_accepted_once(post: Post) -> None:
    together = threading.Barrier(8)

    def send(_: int) -> inbox.Accepted:
        together.wait(5)
        return post.accept(post.hers, "m1", "نعم")

    with ThreadPoolExecutor(8) as threads:
        accepted = list(threads.map(send, range(8)))
    assert [each.new for each in accepted].count(True) == 1
    assert len(post.rows()) == 1


def test_an_id_is_the_conversation_s_own(post: Post) -> None:
    assert post.accept(post.hers, "m1").message_id != post.accept(post.his, "m1").message_id
    assert len(post.rows()) == 2


def test_nobody_s_conversation_takes_nothing(post: Post) -> None:
    with pytest.raises(UnknownConversation):
        post.accept("0" * 32, "m1")
    assert post.rows() == []


def test_what_was_typed_waits_sealed_and_is_gone_when_done(post: Post) -> None:
    post.accept(post.hers, "m1", "هويتي 1058529940")
    (row,) = post.rows()
    assert "هويتي" not in f"{row.sealed} {row.shown}", "not even masked"
    assert "1058529940" not in post.keys.unseal(row.shown)
    message = post.claim()
    assert message.text == "هويتي 1058529940"
    post.settle(message)
    (row,) = post.rows()
    assert (row.state, row.sealed) == ("done", None)


def test_texts_that_no_database_takes_arrive_whole(post: Post) -> None:
    post.accept(post.hers, "m1", "كم\0 \ud83d")
    assert post.claim().text == "كم\0 \ud83d"


def test_each_kind_of_content_arrives_as_it_was(post: Post) -> None:
    document = {"id": "d" * 32, "kind": "application/pdf", "size": 5}
    post.accept(post.hers, "m1", button="b" * 16)
    post.accept(post.his, "m2", document=document)
    pressed, sent = post.claim(), post.claim()
    assert (pressed.text, pressed.button, pressed.document) == (None, "b" * 16, None)
    assert (sent.text, sent.button, sent.document) == (None, None, document)


# order


def test_one_message_of_a_conversation_at_a_time_and_in_order(post: Post) -> None:
    for given in ("m1", "m2", "m3"):
        post.accept(post.hers, given)
    taken = []
    while (message := post.claim()) is not None:
        assert post.claim() is None, "the next one waits until this one is done"
        taken.append(message.text)
        post.settle(message)
    assert taken == ["m1", "m2", "m3"]


def test_other_conversations_are_worked_on_meanwhile(post: Post) -> None:
    post.accept(post.hers, "m1")
    post.accept(post.hers, "m2")
    post.accept(post.his, "m3")
    assert [post.claim().text, post.claim().text, post.claim()] == ["m1", "m3", None]


def test_eight_workers_never_take_the_same_message(post: Post) -> None:
    for number in range(24):
        post.accept((post.hers, post.his)[number % 2], f"m{number}")
    taken, lock = [], threading.Lock()

    def work(name: int) -> None:
        misses = 0
        while misses < 40:
            message = post.claim(f"worker {name}")
            if message is None:
                misses += 1
                continue
            with lock:
                taken.append((message.conversation, message.text))
            post.settle(message)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    for conversation, first in ((post.hers, 0), (post.his, 1)):
        assert [text for whose, text in taken if whose == conversation] == [f"m{n}" for n in range(first, 24, 2)]


# failing


def test_a_failed_message_is_tried_after_1_5_and_25_seconds_and_is_then_dead(post: Post) -> None:
    assert [wait.total_seconds() for wait in RETRY_AFTER] == [1, 5, 25]
    post.accept(post.hers, "m1")
    for wait in RETRY_AFTER:
        assert not post.put_off(post.claim())
        assert post.claim() is None
        post.later(seconds=wait.total_seconds() - 0.5)
        assert post.claim() is None, "not before its time"
        post.later(seconds=0.5)
    assert post.put_off(post.claim(), "action x: away")
    (row,) = post.rows()
    assert (row.state, row.failure, bool(row.sealed)) == ("dead", "action x: away", True)


def test_what_waits_for_its_next_try_holds_up_its_conversation_alone(post: Post) -> None:
    post.accept(post.hers, "m1")
    post.put_off(post.claim())
    post.accept(post.hers, "m2")
    post.accept(post.his, "m3")
    assert [post.claim().text, post.claim()] == ["m3", None]


def test_what_is_dead_holds_up_nobody(post: Post) -> None:
    post.accept(post.hers, "m1")
    for _ in range(4):
        post.put_off(post.claim())
        post.later(seconds=30)
    post.accept(post.hers, "m2")
    assert post.claim().text == "m2"


def test_a_replayed_message_has_all_its_tries_again(post: Post) -> None:
    post.accept(post.hers, "m1")
    for _ in range(4):
        post.put_off(post.claim())
        post.later(seconds=30)
    (row,) = inbox.dead(post.engine)
    assert inbox.replay(post.engine, row.id)
    assert not inbox.replay(post.engine, row.id), "it is dead no more"
    message = post.claim()
    assert (message.text, message.attempts) == ("m1", 0)


def test_a_message_over_which_workers_die_is_given_up(post: Post) -> None:
    post.accept(post.hers, "m1")
    for _ in range(MOST_CLAIMS):
        assert post.claim() is not None
        post.later(seconds=60)
    assert post.put_off(post.claim())


def test_what_cannot_be_unsealed_reaches_the_turn_as_nothing(post: Post) -> None:
    post.accept(post.hers, "m1", "نعم")
    message = inbox.claim(post.engine, Keys(("another secret, of the same length..",)), "somebody")
    assert (message.text, message.button, message.document) == (None, None, None)


# leases


def test_a_lease_that_is_over_gives_the_message_to_another_and_only_that_one_settles(post: Post) -> None:
    post.accept(post.hers, "m1")
    slow = post.claim("slow")
    assert post.claim("quick") is None
    post.later(seconds=16)
    quick = post.claim("quick")
    for late in (post.settle, post.put_off):
        with pytest.raises(LeaseLost):
            late(slow)
    post.settle(quick)
    assert [row.state for row in post.rows()] == ["done"]


def test_the_same_worker_s_second_lease_is_not_its_first(post: Post) -> None:
    post.accept(post.hers, "m1")
    first = post.claim("me")
    post.later(seconds=16)
    second = post.claim("me")
    with pytest.raises(LeaseLost):
        post.settle(first)
    post.settle(second)


def test_a_renewed_lease_holds(post: Post) -> None:
    post.accept(post.hers, "m1")
    message = post.claim("slow")
    post.later(seconds=10)
    inbox.renew(post.engine, [message])
    post.later(seconds=10)
    assert post.claim("quick") is None


def test_messages_of_a_process_that_is_gone_are_free_at_once(post: Post) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    post.accept(post.hers, "m1")
    post.accept(post.his, "m2")
    host = socket.gethostname()
    post.claim(f"{host}:{gone.pid}:abcd")
    post.claim(f"{host}-2:{gone.pid}:abcd")  # of another machine: nobody here can know
    assert inbox.free_the_dead(post.engine, []) == 1
    assert post.claim().text == "m1"
    assert post.claim() is None


def test_a_process_knows_its_own_messages_from_those_of_one_before_it(post: Post) -> None:
    post.accept(post.hers, "m1")
    post.accept(post.his, "m2")
    mine = inbox.new_owner()
    post.claim(mine)
    post.claim(f"{socket.gethostname()}:{os.getpid()}:before")
    assert inbox.free_the_dead(post.engine, [mine]) == 1
    assert post.claim().text == "m2"


def test_what_a_worker_puts_back_at_its_end_counts_as_no_failure(post: Post) -> None:
    post.accept(post.hers, "m1")
    message = post.claim()
    inbox.put_back(post.engine, [message])
    again = post.claim()
    assert (again.text, again.attempts, again.claims) == ("m1", 0, 1)


# for operators


def test_the_depth_counts_what_waits_and_what_is_dead(post: Post) -> None:
    assert inbox.depth(post.engine) == {"waiting": 0, "dead": 0, "oldest_seconds": 0.0}
    post.accept(post.hers, "m1")
    post.accept(post.hers, "m2")
    for _ in range(4):
        post.put_off(post.claim())
        post.later(seconds=30)
    found = inbox.depth(post.engine)
    assert (found["waiting"], found["dead"]) == (1, 1)
    assert found["oldest_seconds"] > 0
    with Session(post.engine, future=True) as session:
        assert inbox.find_dead(post.engine, session.scalar(select(Inbox.id).filter_by(state="waiting"))) is None

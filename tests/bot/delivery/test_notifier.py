"""A notice reaches its citizen's last conversation, once, whatever dies in between."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.case_db import unit_of_work
from actions.case_db.models import Citizen, Notice, Verification
from actions.services import notices
from bot.answers import Answers
from bot.delivery import notifier
from tests.bot.delivery.conftest import Post


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers()


@pytest.fixture
def told(post: Post, seeded_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Somebody is verified in `post.hers` and her payment was seen."""
    monkeypatch.setattr(unit_of_work, "_engine", lambda: seeded_engine)
    now = dt.datetime.now(dt.timezone.utc)
    with Session(seeded_engine, future=True) as session:
        citizen = session.scalar(select(Citizen.id).limit(1))
        session.add(Verification(conversation=post.hers, citizen_id=citizen, verified_at=now, used_at=now))
        values = {"invoice_number": "700123456789", "amount": "10.50", "paid_at": "2026-11-20T10:00:00+00:00",
                  "reached_at": "2026-11-20T10:00:00+00:00"}  # fmt: skip
        session.add(Notice(citizen_id=citizen, kind="payment_confirmed", values=values, unique_key="k1", due_at=now))
        session.commit()
    return seeded_engine


def test_it_is_told_once_and_shows_to_her_alone(post: Post, told: Engine, answers: Answers) -> None:
    assert notifier.hand_over(post.engine, post.keys, answers) == [post.hers]
    assert notifier.hand_over(post.engine, post.keys, answers) == []
    (line,) = post.lines(post.hers)
    assert line.name == "utter_notice_payment_confirmed"
    assert line.personal
    assert line.citizen is not None
    assert line.answers_message is None
    assert post.lines(post.his) == []


def test_dying_between_the_two_databases_tells_nothing_twice(
    post: Post, told: Engine, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(uow: object, notice: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(notices, "handed_over", dies)
        notifier.hand_over(post.engine, post.keys, answers)
    assert len(post.lines(post.hers)) == 1, "it is in the outbox, and the notice does not know"
    assert notifier.hand_over(post.engine, post.keys, answers) == []
    assert len(post.lines(post.hers)) == 1
    with Session(told, future=True) as session:
        assert session.scalar(select(Notice.handed_over_at).filter_by(unique_key="k1")) is not None


def test_one_that_cannot_be_said_holds_up_no_other(
    post: Post, told: Engine, answers: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    with Session(told, future=True) as session:
        first = session.scalar(select(Notice).filter_by(unique_key="k1"))
        session.add(Notice(citizen_id=first.citizen_id, kind="of_no_words", values={}, unique_key="k0",
                           due_at=first.due_at - dt.timedelta(days=1)))  # fmt: skip
        session.commit()
    assert notifier.hand_over(post.engine, post.keys, answers) == [post.hers]
    assert caplog.text.count("of_no_words") == 1
    assert notifier.hand_over(post.engine, post.keys, answers) == []
    assert caplog.text.count("of_no_words") == 1, "it waits, and floods no log"

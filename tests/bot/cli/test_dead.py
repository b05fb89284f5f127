from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.cli import dead
from bot.delivery import inbox
from bot.delivery.conversations import conversation_at
from bot.delivery.engine import make_engine, upgrade
from bot.delivery.models import Inbox
from bot.keys import keys
from bot.settings import settings


@pytest.fixture
def letters(bot: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Two dead letters, 1 and 2."""
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    monkeypatch.setenv("BOT_DATABASE_URL", url)
    monkeypatch.setenv("BOT_SECRETS", "k" * 32)
    settings.cache_clear()
    keys.cache_clear()
    upgrade(url)
    engine = make_engine(url)
    hers = conversation_at(engine, "test", "hers")
    for given in ("m1", "m2"):
        inbox.accept(engine, keys(), conversation=hers, given_id=given, text="هويتي 1058529940")
    with Session(engine, future=True) as session:
        session.execute(update(Inbox).values(state="dead", attempts=4, failure="action x: away"))
        session.commit()
    yield engine
    engine.dispose()
    settings.cache_clear()
    keys.cache_clear()


def states(engine: Engine) -> list[str]:
    with Session(engine, future=True) as session:
        return list(session.query(Inbox.state).order_by(Inbox.id).all())


def test_listed_and_read_without_what_was_personal(bot, letters, capsys):
    assert bot(dead, "list") == bot(dead, "show", "2") == 0
    said = capsys.readouterr().out
    assert said.count("action x: away") == 3
    assert "هويتي" in said
    assert "1058529940" not in said


@pytest.mark.parametrize(("which", "left"), [("1", ["waiting", "dead"]), ("all", ["waiting", "waiting"])])
def test_replayed_they_wait_for_a_worker_again(bot, letters, which, left):
    assert bot(dead, "replay", which) == 0
    assert [state for (state,) in states(letters)] == left


@pytest.mark.parametrize("arguments", [("show", "3"), ("replay", "3"), ("replay", "both")])
def test_one_that_is_not_there_is_said_and_changes_nothing(bot, letters, capsys, arguments):
    assert bot(dead, *arguments) != 0
    assert "bot dead list" in capsys.readouterr().err
    assert [state for (state,) in states(letters)] == ["dead", "dead"]


def test_a_database_that_is_away_is_named_by_its_setting(bot, capsys, monkeypatch):
    monkeypatch.setenv("BOT_DATABASE_URL", "postgresql://postgres@127.0.0.1:1/bot")
    settings.cache_clear()
    assert bot(dead, "list") == 1
    assert "BOT_DATABASE_URL" in capsys.readouterr().err
    settings.cache_clear()

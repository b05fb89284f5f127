"""Something is away: she hears a clear sentence and a next step, nothing is lost, and it goes on where it was."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.delivery.conversations import conversation_at
from tests.scenarios.runner import Player, Stage

SORRY = ["utter_error_unavailable"]


@pytest.fixture
def player(stage: Stage) -> Iterator[Player]:
    """In the middle of a form: the ID was asked for."""
    stage.reset()
    player = Player(stage, {"as": "unpaid_invoice"})
    say(player, "السلام عليكم")
    assert say(player, "ابغى أشوف قضاياي") == ["utter_ask_identity__national_id"]
    yield player


def say(player: Player, words: str) -> list[str]:
    player.last = asyncio.run(player.send(text=player.fill(words)))
    return player.names()


def restart(stage: Stage, **environ: str) -> None:
    stage.stop_actions()
    stage.start_actions(**environ)


def test_action_server_away_and_back(stage: Stage, player: Player, caplog: pytest.LogCaptureFixture) -> None:
    stage.stop_actions()
    try:
        assert say(player, "{ID}") == SORRY
        assert player.last[0]["buttons"], "there is a next step"
        assert "validate_case_form" in caplog.text, "the log names the cause"
        assert player.persona.national_id not in caplog.text
        somebody_else = Player(stage, {})
        somebody_else.conversation = conversation_at(stage.bot, "test", "other phone")
        asked = say(somebody_else, "هل أقدر أسافر وأنا موقوف؟")
        assert asked == ["utter_intro", "utter_ask_travel"], "a question needs no action"
    finally:
        stage.start_actions()
    assert say(player, "{ID}") == ["utter_ask_identity__code"], "the form stands where it stood"


def test_case_database_away(stage: Stage, player: Player) -> None:
    restart(stage, CASE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/away")
    try:
        assert say(player, "{ID}") == SORRY
    finally:
        restart(stage)
    assert say(player, "{ID}") == ["utter_ask_identity__code"]


def test_action_raises(stage: Stage, player: Player) -> None:
    with Session(stage.cases, future=True) as session:
        session.execute(text("UPDATE position SET draft = '[1]'"))
        session.commit()
    assert say(player, "لا خلاص، وقف") == SORRY
    log = stage.log.read_text(encoding="utf-8")
    assert "action_cancel failed" in log
    with Session(stage.cases, future=True) as session:
        session.execute(text("UPDATE position SET draft = '{}'"))
        session.commit()
    assert say(player, "{ID}") == ["utter_ask_identity__code"]


def test_action_server_hangs(stage: Stage, player: Player) -> None:
    endpoint = stage.assistant.agent.processor.action_endpoint
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url, timeout = endpoint.url, endpoint.timeout
        endpoint.url, endpoint.timeout = f"http://127.0.0.1:{deaf.getsockname()[1]}/webhook", 0.3
        try:
            assert say(player, "{ID}") == SORRY
        finally:
            endpoint.url, endpoint.timeout = url, timeout
    assert say(player, "{ID}") == ["utter_ask_identity__code"]


def test_sms_gateway_failing_reads_the_same_for_everybody(stage: Stage, player: Player) -> None:
    restart(stage, PRETEND_SMS_FAILS="1")
    try:
        say(player, "{ID}")
        owner = say(player, "ما وصلني الرمز")
        stage.reset()
        stranger = Player(stage, {"as": "unpaid_invoice"})
        say(stranger, "ابغى أشوف قضاياي")
        say(stranger, "1900000009")  # a valid check digit, nobody's
        assert say(stranger, "ما وصلني الرمز") == owner
        assert owner[0] == "utter_resend_sms_down"
    finally:
        restart(stage)


def test_bot_database_away(stage: Stage, player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tracker cannot be read: never taken for a new conversation."""
    broken = Path("/nonexistent/bot.db")
    from actions.case_db.engine import make_engine

    monkeypatch.setattr(stage.assistant, "engine", make_engine(f"sqlite:///{broken}"))
    assert say(player, "{ID}") == SORRY
    monkeypatch.undo()
    assert say(player, "{ID}") == ["utter_ask_identity__code"]


def test_unreadable_tracker_is_not_a_new_conversation(
    stage: Stage, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(session: Session, conversation: str) -> list:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr("bot.turn.stored_events", away)
    assert say(player, "{ID}") == SORRY
    monkeypatch.undo()
    assert say(player, "{ID}") == ["utter_ask_identity__code"]

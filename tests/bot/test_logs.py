"""What a log line holds, and what it must never hold."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog
from sqlalchemy.exc import ArgumentError

from actions.case_db.engine import make_engine
from actions.logs import masked
from actions.settings import SettingsError
from bot import logs
from bot.project import ROOT

NATIONAL_ID, MOBILE, CODE = "1058529940", "0551234567", "482913"
TYPED = "كلام المواطن نفسه"
CONVERSATION = "c0ffee00c0ffee00c0ffee00c0ffee00"

log = logging.getLogger("bot.test")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level, structlog.get_config(), sys.excepthook
    yield
    root.handlers[:], root.level, config, sys.excepthook = before
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Configures; gives the lines written since."""
    monkeypatch.delenv("LOG_FORMAT", raising=False)
    stream = io.StringIO()

    def configured(production: bool = True, role: str = "worker") -> Callable[[], list[str]]:
        logs.configure(production, role)
        logging.getLogger().handlers[0].setStream(stream)
        return lambda: stream.getvalue().splitlines()

    return configured


def test_a_line_of_production_is_json_that_says_when_who_and_where(written):
    lines = written()
    with logs.bound(conversation=CONVERSATION):
        log.warning("try %d of %d", 2, 3)
    (line,) = map(json.loads, lines())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "bot.test",
        "role": "worker",
        "event": "try 2 of 3",
        "conversation": CONVERSATION,
    }


def test_a_line_of_the_demonstration_is_read_by_people(written):
    lines = written(production=False)
    with logs.bound(conversation=CONVERSATION):
        log.error("the action server ended by itself (code %s)", -9)
    (line,) = lines()
    assert f"ERROR worker bot.test the action server ended by itself (code -9) conversation={CONVERSATION}" in line


@pytest.mark.parametrize(("production", "form", "is_json"), [(False, "json", True), (True, "plain", False)])
def test_the_setting_decides_the_form(written, monkeypatch, production: bool, form: str, is_json: bool):
    monkeypatch.setenv("LOG_FORMAT", form)
    lines = written(production)
    log.error("here")
    assert lines()[0].startswith("{") is is_json


def test_a_form_that_there_is_not_is_named(monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "xml")
    with pytest.raises(SettingsError, match="LOG_FORMAT=xml"):
        logs.configure(True)


@pytest.mark.parametrize("production", [True, False])
@pytest.mark.parametrize("typed", [NATIONAL_ID, "١٠٥٨٥٢٩٩٤٠", MOBILE, f"الرمز {CODE}", "SA0380000000608010167519"])
def test_what_has_the_form_of_personal_data_is_masked_wherever_it_stands(written, production: bool, typed: str):
    lines = written(production)
    with logs.bound(conversation=CONVERSATION, note=typed, given={"list": [typed]}):
        log.error("heard %s in a row", typed)
    (line,) = lines()
    assert typed not in line
    assert line.count("⟨") >= 3
    assert CONVERSATION in line, "our own id stays"


@pytest.mark.parametrize("production", [True, False])
def test_an_error_is_told_by_type_and_place_without_its_words(written, production: bool):
    lines = written(production)
    try:
        raise ValueError(TYPED)
    except ValueError:
        log.exception("turn failed")
    (line,) = lines()
    assert "ValueError at test_logs.py:" in line
    assert TYPED not in line
    assert "Traceback" not in line


def test_an_error_inside_a_library_also_names_the_place_in_our_code():
    with pytest.raises(ArgumentError) as raised:
        make_engine("no address")
    assert re.fullmatch(r"ArgumentError at url\.py:\d+ from actions/case_db/engine\.py:\d+", logs.place(raised.value))


def test_others_keep_only_what_they_always_say(written):
    lines = written()
    logging.getLogger("sanic.error").error("Exception occurred while handling uri: %s", f"/{TYPED}")
    logging.getLogger("aiohttp").error(ValueError(TYPED))
    events = [json.loads(line)["event"] for line in lines()]
    assert events == ["Exception occurred while handling uri: %s", "(ValueError)"]


def test_an_error_that_nobody_waited_for_is_told_without_its_words(written):
    """asyncio writes the whole error into its line."""
    lines = written()

    async def nobody_waits() -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "Task exception was never retrieved", "exception": ValueError(TYPED), "future": TYPED}
        )

    asyncio.run(nobody_waits())
    (line,) = map(json.loads, lines())
    assert line["event"] == "Task exception was never retrieved"
    assert line["error"] == "ValueError"
    assert TYPED not in str(line)


@pytest.mark.parametrize("made", ["before", "after"])
def test_rasa_says_what_happened_and_not_to_whom(written, made: str):
    """Rasa's structlog loggers, those that kept Rasa's own set-up and those that came after ours."""
    from rasa.utils.log_utils import configure_structlog

    early = structlog.get_logger("rasa.early")
    if made == "before":
        configure_structlog(logging.INFO)
        early.error("rest.message.received.failure", text="the first use keeps the set-up")
    lines = written()
    log.error("ours")
    early.error("rest.message.received.failure", text=TYPED, event_info=TYPED)
    early.debug("slot set", value=TYPED)
    assert [json.loads(line)["event"] for line in lines()] == ["ours", "rest.message.received.failure"]
    assert TYPED not in "".join(lines())


def test_a_line_that_cannot_be_written_tells_no_values(written, capsys):
    written()
    log.error("%d messages", TYPED)
    told = capsys.readouterr().err
    assert "a log line failed: TypeError at test_logs.py:" in told
    assert TYPED not in told


def test_each_conversation_side_by_side_has_its_own_lines(written):
    lines = written()

    async def turn(conversation: str) -> None:
        logs.bind(conversation=conversation)
        await asyncio.sleep(0)
        await asyncio.to_thread(log.error, "of %s", conversation)

    async def both() -> None:
        await asyncio.gather(turn("first"), turn("second"))

    asyncio.run(both())
    told = [json.loads(line) for line in lines()]
    assert {line["event"] for line in told} == {"of first", "of second"}
    assert all(line["event"] == f"of {line['conversation']}" for line in told)


def test_a_process_that_ends_by_an_error_says_so_without_its_words():
    code = f"from bot import logs; logs.configure(True, 'worker'); raise ValueError({TYPED!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "LOG_FORMAT": "json"},
    )  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stderr)["error"].startswith("ValueError at <string>")
    assert TYPED not in done.stderr


def test_a_provider_s_error_code_is_no_one_time_code() -> None:
    told = masked(None, "", {"provider_code": "131026", "event": "131026"})
    assert told["provider_code"] == "131026" and "131026" not in told["event"]

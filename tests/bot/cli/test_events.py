"""What an operator sees of events that could not be applied, and does about them."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from actions.case_db.engine import make_engine
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import events as services
from bot.cli import events
from tests.fakes import FakeSms

Bot = Callable[..., int]


@pytest.fixture(autouse=True)
def case_file(demo_settings: Path, seeded_file: Path) -> Path:
    return Path(shutil.copy(seeded_file, demo_settings / "case.db"))


@pytest.fixture
def flagged(case_file: Path) -> int:
    """An event that could not be applied; its number."""
    engine = make_engine(f"sqlite:///{case_file}")
    data = {"case": "4599999999"}
    with UnitOfWork(engine, sms=FakeSms()) as uow:
        services.take(uow, topic="cases", event_id="e1", body={"type": "case.lifted", "version": 1, "data": data})
        number = services.apply_next(uow).number
    engine.dispose()
    return number


def test_none_is_one_line(bot: Bot, capsys: pytest.CaptureFixture) -> None:
    assert bot(events, "list") == 0
    assert capsys.readouterr().out == "none is flagged\n"


def test_a_flagged_one_is_listed_shown_and_resolved(bot: Bot, flagged: int, capsys: pytest.CaptureFixture) -> None:
    assert bot(events, "list") == 0
    line = capsys.readouterr().out.strip().split("\t")
    assert (line[0], line[2:]) == (str(flagged), ["case.lifted", "4599999999", "flagged: unknown_case"])
    assert dt.datetime.strptime(line[1], "%Y-%m-%d %H:%M:%S UTC")
    assert bot(events, "show", str(flagged)) == 0
    shown = capsys.readouterr().out
    assert "authority, id e1" in shown
    assert '"case": "4599999999"' in shown
    assert bot(events, "resolve", str(flagged), "رقم من نظام آخر") == 0
    assert bot(events, "list") == 0
    assert capsys.readouterr().out.endswith("none is flagged\n")
    assert bot(events, "list", "--all") == 0
    assert "resolved: unknown_case" in capsys.readouterr().out
    assert bot(events, "show", str(flagged)) == 0
    assert "رقم من نظام آخر" in capsys.readouterr().out


def test_the_newest_are_seen_and_every_flagged_one(
    bot: Bot, case_file: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "NEWEST", 3)
    engine = make_engine(f"sqlite:///{case_file}")
    with UnitOfWork(engine, sms=FakeSms()) as uow:
        for number in range(5):
            body = {"type": "case.lifted", "version": 1, "data": {"case": f"459999999{number}"}}
            services.take(uow, topic="cases", event_id=f"e{number}", body=body)
            services.apply_next(uow)
    engine.dispose()
    assert bot(events, "list", "--all") == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in shown] == ["… (the newest 3)", "3", "4", "5"]
    assert bot(events, "list") == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_one_whose_cause_is_mended_waits_for_a_worker_again(
    bot: Bot, flagged: int, capsys: pytest.CaptureFixture
) -> None:
    assert bot(events, "again", str(flagged)) == 0
    assert bot(events, "list", "--all") == 0
    assert capsys.readouterr().out.endswith("4599999999\treceived\n")


@pytest.mark.parametrize("given", [("show", "9"), ("again", "9"), ("resolve", "9", "x")])
def test_a_number_that_is_none_is_said(bot: Bot, capsys: pytest.CaptureFixture, given: tuple[str, ...]) -> None:
    assert bot(events, *given) == 1
    assert "has the number 9" in capsys.readouterr().err


def test_a_resolution_says_how(bot: Bot, flagged: int, capsys: pytest.CaptureFixture) -> None:
    assert bot(events, "resolve", str(flagged), "  ") == 2
    assert "how" in capsys.readouterr().err


def test_a_database_that_is_away_is_said(
    bot: Bot, demo_settings: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASE_DATABASE_URL", f"sqlite:///{demo_settings / 'none' / 'case.db'}")
    assert bot(events, "list") == 1
    assert "away" in capsys.readouterr().err

"""What an operator, or a timer, hears of the books."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from bot.cli import reconcile


@pytest.fixture(autouse=True)
def case_file(demo_settings: Path, seeded_file: Path) -> Path:
    return Path(shutil.copy(seeded_file, demo_settings / "case.db"))


def test_books_that_agree_are_one_line(bot, capsys):
    assert bot(reconcile) == 0
    assert capsys.readouterr().out.startswith("no difference in ")


def test_a_difference_is_named_and_the_exit_says_so(bot, capsys, case_file):
    with sqlite3.connect(case_file) as books:
        (number,) = books.execute("SELECT number FROM invoice WHERE state = 'paid'").fetchone()
        books.execute("UPDATE invoice SET state = 'expired' WHERE number = ?", (number,))
    assert bot(reconcile) == 1
    told = capsys.readouterr()
    assert told.out == f"state\t{number}\tis expired and has a payment\n"
    assert told.err.startswith("1 differences")


def test_a_database_that_is_away_is_said_and_is_no_difference(bot, capsys, demo_settings, monkeypatch):
    monkeypatch.setenv("CASE_DATABASE_URL", f"sqlite:///{demo_settings / 'none' / 'case.db'}")
    assert bot(reconcile) == 2
    assert "away" in capsys.readouterr().err

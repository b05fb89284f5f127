import subprocess
import sys

import pytest

from bot.cli import db


def test_upgrade_then_seed_and_both_again(bot, capsys):
    assert [bot(db, what) for what in ("upgrade", "seed", "upgrade", "seed")] == [0, 0, 0, 0]
    said = capsys.readouterr().out
    assert "200 invented people written" in said
    assert "nothing was written" in said


def test_seeding_before_the_upgrade_says_what_to_run(bot, capsys):
    assert bot(db, "seed") == 1
    assert "bot db upgrade" in capsys.readouterr().err


def test_seeding_is_refused_in_production(bot, capsys, monkeypatch):
    bot(db, "upgrade")
    monkeypatch.setenv("BOT_ENV", "production")
    assert bot(db, "seed") == 1
    assert "BOT_ENV=production" in capsys.readouterr().err


def test_a_database_that_is_away_is_named_by_its_setting(bot, capsys, monkeypatch):
    monkeypatch.setenv("CASE_DATABASE_URL", "postgresql://postgres@127.0.0.1:1/case")
    assert bot(db, "upgrade") == 1
    assert "CASE_DATABASE_URL" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["bot.cli.db", "bot.cli.demo"])
def test_imports_no_rasa(module):
    code = (
        f"import sys, {module}, actions.case_db.seed, actions.case_db.unit_of_work, actions.services.requests;"
        "sys.exit(any(name.split('.')[0] in ('rasa', 'rasa_sdk') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

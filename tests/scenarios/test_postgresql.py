"""A whole journey with both databases in one PostgreSQL database, as an operator with one server has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect

from actions.case_db import unit_of_work
from actions.settings import settings
from bot.settings import settings as bot_settings
from tests.scenarios.runner import FOLDER, Stage, play


@pytest.fixture
def postgres_stage(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name in ("CASE_DATABASE_URL", "BOT_DATABASE_URL", "PRETEND_SMS_FILE", "ACTION_PORT", "DOCUMENTS_DIR"):
        monkeypatch.setenv(name, "")  # a stage sets them for this process: as they were, afterwards
    made = Stage(tmp_path, CASE_DATABASE_URL=postgres_url, BOT_DATABASE_URL=postgres_url)
    yield made
    made.close()
    monkeypatch.undo()
    settings.cache_clear()
    bot_settings.cache_clear()
    unit_of_work._engine.cache_clear()


@pytest.mark.parametrize("twice", [False, True], ids=["once", "every message delivered twice"])
def test_she_pays_and_is_told_each_stage(postgres_stage: Stage, twice: bool) -> None:
    play(postgres_stage, FOLDER / "paying" / "unpaid_invoice_to_the_end.yml", twice)
    assert {"tracker_event", "payment"} <= set(inspect(postgres_stage.bot).get_table_names())
    assert not list(postgres_stage.folder.glob("*.db")), "no SQLite file stands in for it"

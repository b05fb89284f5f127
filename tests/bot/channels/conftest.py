from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sanic import Sanic
from sqlalchemy.engine import Engine

from bot.delivery.engine import make_engine, upgrade


@pytest.fixture(scope="session")
def migrated_bot_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("bot_db") / "bot.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def bot_file(migrated_bot_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated SQLite database of the bot."""
    file = tmp_path / "bot.db"
    shutil.copy(migrated_bot_file, file)
    engine = make_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def several_servers_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sanic rewrites its own methods at each start, and expects one start unless told otherwise."""
    monkeypatch.setattr(Sanic, "test_mode", True)

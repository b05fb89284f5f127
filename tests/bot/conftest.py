from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from bot.delivery.engine import make_engine, upgrade


@pytest.fixture(params=["sqlite", "postgresql"])
def bot_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated database of the bot, on each of the two kinds."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'bot.db'}" if sqlite else request.getfixturevalue("postgres_url")
    upgrade(url)
    engine = make_engine(url)
    yield engine
    engine.dispose()

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def bot_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the bot, on each of the two kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bot.db'}"
    return request.getfixturevalue("postgres_url")

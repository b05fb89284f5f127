"""The bot's database: the same engine rules as the case database, its own migrations."""

from __future__ import annotations

from pathlib import Path

from actions.case_db.engine import make_engine, reading, unsynced
from actions.case_db.engine import upgrade as upgrade_with

MIGRATIONS = Path(__file__).parent / "migrations"

__all__ = ["make_engine", "reading", "unsynced", "upgrade"]


def upgrade(url: str) -> None:
    upgrade_with(url, MIGRATIONS)

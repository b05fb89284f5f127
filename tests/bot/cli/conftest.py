from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from actions.case_db import unit_of_work
from actions.settings import settings


@pytest.fixture
def demo_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The environment of a demonstration of this test's own; its database is not made yet."""
    monkeypatch.delenv("BOT_ENV", raising=False)
    monkeypatch.delenv("SMS_API_URL", raising=False)
    monkeypatch.setenv("CASE_DATABASE_URL", f"sqlite:///{tmp_path / 'case.db'}")
    monkeypatch.setenv("PRETEND_SMS_FILE", str(tmp_path / "sms.jsonl"))
    yield tmp_path
    _read_anew()


@pytest.fixture
def bot(demo_settings: Path) -> Callable[..., int]:
    """Runs a command's module as `bot` would, with the settings read anew."""

    def bot(module: ModuleType, *arguments: str) -> int:
        _read_anew()
        parser = argparse.ArgumentParser()
        module.arguments(parser)
        return module.run(parser.parse_args(arguments))

    return bot


def _read_anew() -> None:
    settings.cache_clear()
    unit_of_work._engine.cache_clear()

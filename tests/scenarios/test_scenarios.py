"""Each scenario file is a journey; it is played with every message delivered twice, and once more as a WhatsApp
conversation (test_whatsapp.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.runner import FOLDER, Stage, play

FILES = sorted(FOLDER.glob("*/*.yml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_message_delivered_twice_changes_nothing_more(stage: Stage, path: Path) -> None:
    """The process dies after the case database was changed and before the turn was stored; the message comes again."""
    play(stage, path, twice=True)


def test_there_are_scenarios_of_every_journey() -> None:
    folders = {path.parent.name for path in FILES}
    journeys = "asking verifying cases paying lifting instalments changing_course getting_lost"
    assert folders >= set(journeys.split())

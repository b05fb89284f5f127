"""Every journey as a WhatsApp conversation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios import messenger
from tests.scenarios.runner import Stage
from tests.scenarios.test_scenarios import FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_goes_as_written_on_whatsapp(stage: Stage, path: Path) -> None:
    messenger.play(stage, path)

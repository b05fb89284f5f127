"""The guides of `data/guides`: how many steps each has. Their words reach the citizen through the answers."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "data" / "guides"


@lru_cache(maxsize=1)
def lengths() -> dict[str, int]:
    """Guide → number of steps."""
    loaded = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yml")))
    return {guide["name"]: len(guide["steps"]) for guide in loaded}

"""Banks as people name them when they are asked for one: also by words that mean something else elsewhere."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml

from bot.text.normalise import normalise

FILE = Path(__file__).resolve().parents[2] / "data" / "reference" / "banks.yml"


def named_bank(text: str) -> str | None:
    """The key of the bank named last ("not Rajhi, Alinma" means Alinma)."""
    words = normalise(text)
    found = [(match.start(), key) for pattern, key in _patterns() for match in pattern.finditer(words)]
    return max(found)[1] if found else None


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(
        (re.compile(rf"\b(?:و|ف)?(?:ب|ل)?{re.escape(normalise(str(name)))}\b"), row["key"])
        for row in rows
        for name in (row["ar"], row["en"], *row.get("aliases", ()), *row.get("when_asked", ()))
    )

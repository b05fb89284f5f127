"""What became better and worse between two reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LISTS = ("sentences", "pairs", "entity_sentences")


@dataclass(frozen=True)
class Change:
    """One sentence that is in both reports and was right in one of them."""

    text: str
    wanted: list[str]
    before: list[str]
    now: list[str]


@dataclass(frozen=True)
class Changes:
    made: str
    """When the other report was."""
    model: str
    figures: dict[str, float | None]
    """As they were."""
    became_wrong: list[Change]
    became_right: list[Change]
    new: int
    gone: int
    """Sentences that only this report has, and only the other."""


def compare(before: dict[str, Any], now: dict[str, Any]) -> Changes:
    """A sentence is the same by its text: what is wanted of it may be written anew."""
    earlier, present = _by_text(before), _by_text(now)
    both = [(earlier[key], sentence) for key, sentence in present.items() if key in earlier]
    return Changes(
        before.get("made", ""),
        before.get("model", {}).get("name", ""),
        {name: before["figures"].get(name) for name in now["figures"]},
        [_change(old, new) for old, new in both if old["right"] and not new["right"]],
        [_change(old, new) for old, new in both if new["right"] and not old["right"]],
        len(present.keys() - earlier.keys()),
        len(earlier.keys() - present.keys()),
    )


def _by_text(report: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(name, sentence["text"]): sentence for name in LISTS for sentence in report[name]}


def _change(old: dict[str, Any], new: dict[str, Any]) -> Change:
    return Change(new["text"], new["wanted"], old["said"], new["said"])

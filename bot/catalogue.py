"""The intents of `data/intents.yml`: names, groups and the titles shown on buttons."""

from __future__ import annotations

from functools import lru_cache

import yaml

from bot.project import DATA

GROUPS = ("faq", "transaction", "conversation")

INTERNAL = ("show_more", "start_guide", "choose_case", "choose_bank", "choose_way", "calculate_salary",
            "secret_shared", "unreadable", "too_long", "document_sent")  # fmt: skip
"""Intents that no sentence trains: the entry function or one of our own buttons sends them."""


@lru_cache(maxsize=1)
def catalogue() -> dict[str, dict]:
    """Intent → {"group", "title": {"ar", "en"}, …}, in the order of the file."""
    groups = yaml.safe_load((DATA / "intents.yml").read_text(encoding="utf-8"))
    return {name: {"group": group, **entry} for group in GROUPS for name, entry in groups[group].items()}


def intents(group: str | None = None) -> list[str]:
    return [name for name, entry in catalogue().items() if group in (None, entry["group"])]


def title(intent: str, language: str) -> str:
    """The words on a button that leads to this intent."""
    return catalogue()[intent]["title"][language]

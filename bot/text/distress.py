"""Messages that say, in so many words, that a life is in danger (the words are data/reference/distress.yml)."""

from __future__ import annotations

import re
from functools import cache

import yaml

from bot.project import DATA
from bot.text.arabizi import to_arabic
from bot.text.language import is_arabizi
from bot.text.normalise import normalise
from bot.text.phrases import once, phrases_pattern

_DYING = re.compile(r"موت|مت|ميت|يقتل|قتل|ذبح|\bdying\b|\bdied?\b|\bkill")


def in_distress(text: str) -> bool:
    phrases, unless = _patterns()
    words = _words(text)
    return bool(phrases.search(words)) and not unless.search(words)


def is_figure_of_speech(text: str) -> bool:
    """`بموت من الضحك`: speaks of dying and means none of it."""
    words = _words(text)
    return bool(_DYING.search(words)) and bool(_patterns()[1].search(words))


def _words(text: str) -> str:
    words = normalise(text.replace("'", "").replace("’", ""))
    if is_arabizi(text):
        words = " ".join(map(to_arabic, words.split()))
    return once(words)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = yaml.safe_load((DATA / "reference" / "distress.yml").read_text(encoding="utf-8"))
    return phrases_pattern(words["phrases"]), phrases_pattern(words["unless"])

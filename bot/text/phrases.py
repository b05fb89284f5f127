"""Lists of words and phrases, matched against normalised words."""

from __future__ import annotations

import re

from bot.text.normalise import normalise

_DOUBLED = re.compile(r"([^\W\d_])\1")


def phrases_pattern(phrases: list[str]) -> re.Pattern[str]:
    """`word*` takes any ending, `a ~ b` lets at most two words stand between. To be searched in a text after `once`."""
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(_phrase, phrases))})(?!\S)")


def once(words: str) -> str:
    """`امووت` → `اموت`: doubled letters once, as the pattern has them."""
    return _DOUBLED.sub(r"\1", words)


def _phrase(phrase: str) -> str:
    parts = []
    for part in phrase.split("~"):
        parts.append(
            r"\s".join(
                re.escape(once(normalise(word))) + (r"\S*" if word.endswith("*") else "") for word in part.split()
            )
        )
    return r"(?:\s\S+){0,2}\s".join(parts)

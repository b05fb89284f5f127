"""Numbers inside Arabic text."""

from __future__ import annotations

WITHOUT_MARKS = dict.fromkeys(range(0x2066, 0x206A))
"""For `str.translate`, where marks would count as letters (buttons) or show as boxes (terminals)."""


def isolate(text: str) -> str:
    """Left to right by itself (U+2066…U+2069): does not turn round in an Arabic line, and copies whole."""
    return f"\u2066{text}\u2069"

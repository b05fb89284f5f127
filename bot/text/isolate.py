"""Numbers inside Arabic text."""

from __future__ import annotations


def isolate(text: str) -> str:
    """Left to right by itself (U+2066…U+2069): does not turn round in an Arabic line, and copies whole."""
    return f"\u2066{text}\u2069"

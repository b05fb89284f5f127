"""Digits of every script as 0-9."""

from __future__ import annotations

import sys
import unicodedata

_WESTERN = {
    code: str(unicodedata.decimal(chr(code)))
    for code in range(128, sys.maxunicode + 1)
    if unicodedata.category(chr(code)) == "Nd"
}


def to_western(text: str) -> str:
    """Arabic-Indic, Persian and any other decimal digits as 0-9; the length, and so every offset, stays."""
    return text.translate(_WESTERN)

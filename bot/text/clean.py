"""What was typed, without what nobody can see."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = ("Cc", "Cf", "Cs")
_LIGATURES = str.maketrans({"\ufdfc": "ريال", "\ufdfd": "بسم الله الرحمن الرحيم"})
"""As in camel_tools' normalize_unicode; Unicode's own form of them has no spaces."""
_LINE_BREAKS = re.compile(r"[^\S\n]*\n\s*")
_SPACES = re.compile(r"[^\S\n]+")


def clean(text: str) -> str:
    """Presentation forms as letters; no direction marks, zero-width or control characters; one space, one line break.

    The spelling stays as typed: hamza, teh marbuta, tashkeel and digits are `normalise`'s business.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = unicodedata.normalize("NFKC", text.translate(_LIGATURES))
    if not text.isprintable():
        text = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in _INVISIBLE)
    return _SPACES.sub(" ", _LINE_BREAKS.sub("\n", text)).strip()

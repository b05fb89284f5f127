"""What is seen of a text, and where it stood: so that what was found can be shown in the text as typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.text.digits import to_western

_TATWEEL = "\u0640"
_UNSEEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u0300-\u036f\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufe00-\ufe0f\ufeff]")  # fmt: skip
_FORMS = re.compile("[\ufb50-\ufdef\ufe70-\ufefc\uff01-\uff5e]")
"""Letters in the shape they take within a word, as PDFs copy them, and wide Latin ones."""


@dataclass(frozen=True)
class Visible:
    text: str
    """Without direction marks, zero-width characters, tashkeel and tatweel; digits are 0-9."""
    typed: str
    _places: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in what was typed, with the vowels of its last letter."""
        last = self._places[end - 1] + 1
        while last < len(self.typed) and (self.typed[last] == _TATWEEL or unicodedata.combining(self.typed[last])):
            last += 1
        return self._places[start], last


@lru_cache(maxsize=4)  # one message is read by several
def visible(text: str) -> Visible:
    western = to_western(text)
    if not (_UNSEEN.search(western) or _FORMS.search(western)):
        return Visible(western, text, range(len(text)))
    seen, places = [], []
    for place, character in enumerate(western):
        if _UNSEEN.match(character):
            continue
        shown = unicodedata.normalize("NFKC", character) if _FORMS.match(character) else character
        seen.append(shown)
        places += [place] * len(shown)
    return Visible("".join(seen), text, places)

"""A message as words: each as typed, where it stands, and the form it is compared in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from camel_tools.utils.charsets import (
    EMOJI_MULTICHAR_CHARSET,
    UNICODE_LETTER_MARK_NUMBER_CHARSET,
    UNICODE_PUNCT_SYMBOL_CHARSET,
)

from bot.text.arabizi import to_arabic
from bot.text.language import is_arabizi
from bot.text.normalise import normalise

LONGEST = 2000
"""Characters of a message. A longer one is asked to be made shorter (bot/turn.py), and read at its beginning only."""

_OF_LONGER = 160


def _one_of(characters: Iterable[str]) -> str:
    """A class of characters; those above U+FFFF apart, since one of them makes `re` search the whole class in line."""
    low, high = ("".join(c for c in characters if (c > "\uffff") is above) for above in (False, True))
    return rf"(?:[{re.escape(low)}]|(?=[\U00010000-\U0010ffff])[{re.escape(high)}])"


_UNSEEN = "[\u061c\u200d-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
"""Direction marks and joiners: a word that was pasted with one inside is still one word."""

_LETTERS = f"{_one_of(UNICODE_LETTER_MARK_NUMBER_CHARSET)}+"
_EMOJI = sorted(EMOJI_MULTICHAR_CHARSET, key=len, reverse=True)
_TOKEN = re.compile(
    rf"(?={_one_of({emoji[0] for emoji in _EMOJI})})(?:{'|'.join(map(re.escape, _EMOJI))})"
    rf"|{_one_of(UNICODE_PUNCT_SYMBOL_CHARSET)}|{_LETTERS}(?:{_UNSEEN}+{_LETTERS})*"
)
"""What camel_tools' simple_word_tokenize finds, which tries thousands of symbols one by one at each place."""
_ARABIC_AND_DIGITS = re.compile(rf"\d+(?:{_UNSEEN}+\d+)*|[^\d]+")
_ARABIC = re.compile("[\u0621-\u064a\ufb50-\ufdff\ufe70-\ufeff]")


@dataclass(frozen=True)
class Word:
    text: str
    start: int
    lemma: str
    """Normalised, Arabizi in Arabic letters; empty for punctuation and emoji."""


def read_of(text: str) -> str:
    """As much of a message as is read, so that no length costs more than a few times an ordinary one."""
    return text if len(text) <= LONGEST else text[:_OF_LONGER]


def words(text: str) -> tuple[Word, ...]:
    return _words(read_of(text))


@lru_cache(maxsize=8)  # the tokenizer and the gazetteer read the same message
def _words(text: str) -> tuple[Word, ...]:
    arabizi = is_arabizi(text)
    found, position = [], 0
    for token in _TOKEN.findall(text):
        # `راتبي٤٥٠٠كم` is three words, `3ala` is one.
        for part in _ARABIC_AND_DIGITS.findall(token) if _ARABIC.search(token) else [token]:
            position = text.index(part, position)
            lemma = normalise(part)
            found.append(Word(part, position, to_arabic(lemma) if arabizi and not lemma.isdigit() else lemma))
            position += len(part)
    return tuple(found)

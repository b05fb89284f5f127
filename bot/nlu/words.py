"""A message as words: each as typed, where it stands, and the form it is compared in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from camel_tools.tokenizers.word import simple_word_tokenize

from bot.text.arabizi import to_arabic
from bot.text.language import is_arabizi
from bot.text.normalise import normalise

_LONGEST = 2000
"""Characters that are read; what a person asks stands before."""

_ARABIC_AND_DIGITS = re.compile(r"\d+|[^\d]+")
_ARABIC = re.compile("[\u0621-\u064a\ufb50-\ufdff\ufe70-\ufeff]")


@dataclass(frozen=True)
class Word:
    text: str
    start: int
    lemma: str
    """Normalised, Arabizi in Arabic letters; empty for punctuation and emoji."""


def words(text: str) -> list[Word]:
    text = text[:_LONGEST]
    arabizi = is_arabizi(text)
    found, position = [], 0
    for token in simple_word_tokenize(text):
        # `راتبي٤٥٠٠كم` is three words, `3ala` is one.
        for part in _ARABIC_AND_DIGITS.findall(token) if _ARABIC.search(token) else [token]:
            position = text.index(part, position)
            lemma = normalise(part)
            found.append(Word(part, position, to_arabic(lemma) if arabizi and not lemma.isdigit() else lemma))
            position += len(part)
    return found

"""The form in which two spellings of a word meet. For matching only: nobody is ever shown it."""

from __future__ import annotations

import re

from camel_tools.utils.dediac import dediac_ar
from camel_tools.utils.normalize import normalize_alef_ar, normalize_alef_maksura_ar, normalize_teh_marbuta_ar

from bot.text.clean import clean
from bot.text.digits import to_western

# Hamza seats, and the Persian letters that phones and the Saudi g (گ) bring.
_LETTERS = str.maketrans(
    {
        "ؤ": "و",
        "ئ": "ي",
        "ء": "",
        "ـ": "",
        "ک": "ك",
        "ی": "ي",
        "ہ": "ه",
        "ھ": "ه",
        "گ": "ق",
        "ڤ": "ف",
        "پ": "ب",
        "چ": "ج",
    }
)
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_THOUSANDS = re.compile(r"(?<=\d)[,٬](?=\d{3})")
_NOT_WORDS = re.compile(r"(?:[^\w\u0900-\u0963\u0966-\u0dff]|_)+")
"""The vowel signs of Indian scripts are no letters to `\\w`, and yet part of their words."""


def normalise(text: str) -> str:
    """`أبغىىىى الفَاتُورة!!` → `ابغي الفاتوره`. Lower case, 0-9, one space between words, or nothing at all."""
    text = to_western(dediac_ar(clean(text)).lower())
    text = normalize_teh_marbuta_ar(normalize_alef_maksura_ar(normalize_alef_ar(text.translate(_LETTERS))))
    text = _NOT_WORDS.sub(" ", _THOUSANDS.sub("", text))
    return _STRETCHED.sub(r"\1", text).strip()

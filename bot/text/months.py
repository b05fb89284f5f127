"""A number of months, as people say it: `٦ شهور`, `ستة أشهر`, `شهرين`, `نص سنة`, `12`."""

from __future__ import annotations

import re

from bot.text.mask import find_personal
from bot.text.normalise import normalise

_FIXED = {
    "نص سنه": 6, "نصف سنه": 6, "سنه ونص": 18, "سنتين": 24, "سنتان": 24, "عامين": 24, "سنه": 12, "عام": 12,
    "شهرين": 2, "شهران": 2, "half a year": 6, "two years": 24, "a year": 12, "one year": 12,
}  # fmt: skip
_WORDS = {
    "شهر": 1, "ثلاث": 3, "ثلاثه": 3, "تلات": 3, "اربع": 4, "اربعه": 4, "خمس": 5, "خمسه": 5, "ست": 6, "سته": 6,
    "تلاته": 3, "تنين": 2, "حداشر": 11, "احدعش": 11, "حدعش": 11, "اتناشر": 12, "اثنعش": 12, "اثنا عشر": 12,
    "سبع": 7, "سبعه": 7, "تمن": 8, "تمان": 8, "تمنيه": 8, "تمانيه": 8, "ثمنيه": 8, "ثمان": 8, "ثمانيه": 8, "ثمن": 8, "تسع": 9, "تسعه": 9, "عشر": 10, "عشره": 10,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12,
}  # fmt: skip
_MONEY = r"(?! ?(?:ريال|ر س\b|الف|الاف|sar\b|riyals?\b|k\b))"
_NUMBER = re.compile(rf"(?<!\d)(\d{{1,9}})(?!\d){_MONEY}")
_NAMED = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b{_MONEY}")
_MAY_COUNT = ("code", "request_number", "number")
"""Only by their length do these look personal: here they may be a number of months far out of range."""


_MONTH = r"(?:شهر|شهور|اشهر|شهرا|months?)"
_COUNT = rf"(?<!\d)(\d{{1,9}}|{'|'.join(_WORDS)})"
_COUNTED = re.compile(rf"{_COUNT} ?{_MONTH}\b")
_CHANGED = re.compile(rf"\b{_MONTH} (?:to|الي) {_COUNT}\b")
_SHORT = 4
_SHORT_PHRASE = 6
"""Words; in a longer message a number counts only beside the word for months ("a new one in January" is none)."""


def named_months(text: str) -> int | None:
    """Months named as such: `ست شهور`, `six months not four`. None for a bare number."""
    plain = normalise(text)
    counted = _COUNTED.search(plain) or _CHANGED.search(plain)
    if counted:
        return _WORDS.get(counted[1]) or int(counted[1])
    if len(plain.split()) > _SHORT_PHRASE:
        return None
    return next((months for phrase, months in _FIXED.items() if re.search(rf"\b{phrase}\b", plain)), None)


def parse_months(text: str) -> int | None:
    """Months that the message names, None when it names none. The range is the caller's to judge."""
    for personal in reversed(find_personal(text)):
        if personal.name not in _MAY_COUNT:
            text = f"{text[: personal.start]} {text[personal.end :]}"
    named = named_months(text)
    if named is not None or len(normalise(text).split()) > _SHORT:
        return named
    plain = normalise(text)
    numbers = _NUMBER.findall(plain)
    if numbers:
        years = re.search(r"\d+ ?(?:سنوات|سنه|سنين|years?)", plain)
        return int(numbers[0]) * (12 if years else 1)
    word = _NAMED.search(plain)
    return _WORDS[word.group()] if word else None

"""National ID (begins with 1) and iqama (begins with 2): ten digits, the last one a check digit."""

from __future__ import annotations

import re
from typing import Literal

from bot.text.clean import clean
from bot.text.digits import to_western

Problem = Literal["checksum", "length", "letters", "first_digit"]

_LENGTH = 10
# How far a slip of the thumb goes; anything shorter or longer was hardly meant as an ID.
_MEANT_AS_ID = range(7, 15)

_RUN = re.compile(r"(?<![\d٫٬.,])\d(?:[ ._/–-]{0,2}\d)*(?!\d)")
_GROUP = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+")
_MOBILE = re.compile(r"(?:00966|966|0)?5\d{8}")
_SAYS_ID = re.compile(r"هوي|[اإ]قام|سجل(?:ي)?\s+(?:ال)?مدني|\b(?:id|iqama)\b", re.IGNORECASE)
_SAYS_OTHER = re.compile(
    r"جوال|موبايل|هاتف|قضي|طلب|فاتور|[آا]يبان|حساب|ريال|مبلغ|بطاق|mobile|phone|case|request|invoice|iban|card|sar",
    re.IGNORECASE,
)


def check_digit(first_nine: str) -> int:
    """Luhn over the first nine digits."""
    total = 0
    for place, character in enumerate(first_nine):
        digit = int(character)
        total += digit if place % 2 else sum(divmod(digit * 2, 10))
    return -total % 10


def is_valid_national_id(digits: str) -> bool:
    return bool(re.fullmatch(r"[12][0-9]{9}", digits)) and check_digit(digits[:9]) == int(digits[9])


def find_id_like(text: str) -> str | None:
    """The digits that were given as an ID, right or wrong; spaces and hyphens dropped. None when none were."""
    text = to_western(clean(text))
    numbers = _numbers(text)
    whole = [number for number in numbers if len(number) == _LENGTH and number[0] in "12"]
    if whole:
        return next((number for number in whole if is_valid_national_id(number)), whole[0])
    says_id = bool(_SAYS_ID.search(text))
    if _SAYS_OTHER.search(text) and not says_id:
        return None
    alone = len(numbers) == 1 and not re.search(r"[^\W\d_]", text)
    for number in numbers:
        near = len(number) in (_LENGTH - 1, _LENGTH + 1) and number[0] in "12" and not _MOBILE.fullmatch(number)
        if near or ((says_id or alone) and len(number) in _MEANT_AS_ID):
            return number
    return None


def id_problem(text: str) -> Problem | None:
    """Why what was given cannot be an ID; None when it can, or when none was given (`find_id_like` tells which)."""
    digits = find_id_like(text)
    if digits is None:
        return "letters" if _letters_in_number(to_western(clean(text))) else None
    if len(digits) != _LENGTH:
        return "length"
    if digits[0] not in "12":
        return "first_digit"
    return None if is_valid_national_id(digits) else "checksum"


def _numbers(text: str) -> list[str]:
    """Runs of digits; a run too long for one number is several numbers side by side."""
    found: list[str] = []
    for run in _RUN.finditer(text):
        if run.end() < len(text) and text[run.end()].isalpha() and text[run.end()].isascii():
            continue
        if run.start() and text[run.start() - 1].isalpha() and text[run.start() - 1].isascii():
            continue
        groups = _GROUP.findall(run.group())
        joined = "".join(groups)
        found += [joined] if len(joined) <= _LENGTH + 1 or len(groups) == 1 else groups
    return found


def _letters_in_number(text: str) -> bool:
    """`1O5852994A`: mostly digits, about as long as an ID."""
    words = (word for word in _WORD.findall(text) if len(word) in _MEANT_AS_ID and word[0] in "12OoIl")
    return any(len(word) > sum(character.isdigit() for character in word) >= 5 for word in words)

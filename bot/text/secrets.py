"""Things nobody should send here: card numbers, IBANs, passwords, a bank's or Nafath's code.

A mention is none: `نسيت كلمة السر` asks, `كلمة السر حقتي هي Sami123` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.text.digits import to_western

Kind = Literal["card", "iban", "password", "bank_code"]


@dataclass(frozen=True)
class Secret:
    kind: Kind
    start: int
    end: int
    """The value itself, not the words around it."""


# Spaces, hyphens and marks that nobody sees; digits stay one number across them.
GAP = "[ \u00a0\u2009\u202f._\u00ad\u061c\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069\ufeff\u0640-]{0,3}"

_CARD = re.compile(rf"(?<!\d)\d(?:{GAP}\d){{12,18}}(?!\d)")
_IBAN = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z]{{2}}{GAP}\d{GAP}\d(?:{GAP}[A-Za-z0-9]){{11,30}}(?![A-Za-z0-9])")
# Written in one piece or in fours it ends where it ends, whatever words follow.
_TYPED_SAUDI_IBAN = re.compile(r"SA\d{2}(?: ?\d{4}){5}(?![A-Za-z0-9])", re.IGNORECASE)
_IBANS_OF_LENGTH = {
    15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST",
    26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA",
    30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
"""Words pass for an IBAN by chance (`in 2021 I handed over keys`), but not at their country's length."""
_WHOLE_IBAN = re.compile(r"(?<![A-Za-z0-9])SA\d{2}(?: ?[0-9A-Z]{4}){5}(?![A-Za-z0-9])", re.IGNORECASE)
_SAUDI_IBAN = re.compile(r"SA\d{2}[0-9A-Z]{8,24}")

_OWNER = (
    r"(?:\s+(?:ال|لل|ل|بال)?(?:بنك\w*|حساب\w*|بطاق\w*|نفاذ|[أا]بشر|ناجز|راجحي|[أا]هلي|[إا]نماء|مصرف|صراف\w*|تطبيق\w*|حق\w*|تبع\w*|مالي|مالتي|لي"
    r"|my|bank|account|card|nafath|absher|najiz|app|for|of|the|rajhi))*"
)
_IS = r"\s*(?::|=|：|\s(?:هي|هو|هيا|is|=)\b)\s*"
_ENTRY_WORD = (
    r"(?:كلم[ةه]\s*(?:ال)?(?:سر\w*|مرور\w*)|كلم[ةت]\s*(?:مروري|سري)|باس\s?وو?رد\w*|باسورد\w*|باسوورد\w*|ال?رقم\s*ال?سري\w*|رقمي\s*السري"
    r"|\bpass\s?word\b|\bpasscode\b|\bpwd\b|\bpin\b(?:\s*(?:code|number))?)"
)
_WITH_DIGIT_OR_SIGN = r"(?=[^\s؟?،,]*[\d@#$%^&*!])[^\s؟?،,]{3,}"
_NO_VALUE = (
    r"(?!(?:wrong|not|incorrect|forgotten|expired|locked|safe|required|needed|blocked|invalid|missing|lost|the|a|my|no|still|correct|right|too|what"
    r"|غلط|خط[أا]|ما|مو|مش|غير|صحيح\w*|من|في|نفس|كم|وش|[إا]يش|ال\w*|مطلوب\w*|سر[يّ]\w*|ضروري\w*)\b)"
)
_PASSWORD = re.compile(
    rf"{_ENTRY_WORD}{_OWNER}(?:{_IS}{_NO_VALUE}(?P<told>[^\s؟?،,.]{{3,}})(?=\s*(?:$|[.،,!]|\d|و))"
    rf"|{_IS}(?P<told_sign>{_WITH_DIGIT_OR_SIGN})|\s+(?P<bare>{_WITH_DIGIT_OR_SIGN}))",
    re.IGNORECASE,
)
_CVV = re.compile(
    r"(?:\bcvv2?\b|\bcvc\b|(?:ال)?رقم\s*ال?[تث]لا[تث]\w*\s*\w*|security code)\D{0,25}?(?P<value>\d{3,4})(?!\d)",
    re.IGNORECASE,
)
_BANK = r"(?:بنك\w*|راجحي|[أا]هلي|[إا]نماء|مصرف|نفاذ|بطاق\w*|صراف\w*|\bbank|\bnafath|\bcard|\brajhi)"
_CODE_WORD = r"(?:رمز\w*|كود\w*|\bcode|\botp)"
_BANK_CODE = re.compile(
    rf"(?:{_CODE_WORD}\D{{0,25}}?{_BANK}|{_BANK}\D{{0,25}}?{_CODE_WORD})\D{{0,20}}?(?<!\d)(?P<value>\d{{4,8}})(?!\d)"
    r"|(?:رقم|رمز|كود|code|number)\D{0,12}?(?:نفاذ|nafath)\D{0,10}?(?<!\d)(?P<nafath>\d{2})(?!\d)",
    re.IGNORECASE,
)


def secret_in(text: str) -> Kind | None:
    return next((secret.kind for secret in find_secrets(text)), None)


def find_secrets(text: str) -> Iterator[Secret]:
    western = to_western(text)
    for match in _IBAN.finditer(western):
        if length := iban_length(match.group()):
            yield Secret("iban", match.start(), match.start() + length)
    for match in _WHOLE_IBAN.finditer(western):
        yield Secret("iban", *match.span())
    for match in _CARD.finditer(western):
        if is_card(match.group()):
            yield Secret("card", *match.span())
    for match in _CVV.finditer(western):
        yield Secret("card", *match.span("value"))
    for match in _PASSWORD.finditer(western):
        yield Secret("password", *match.span(match.lastgroup))
    for match in _BANK_CODE.finditer(western):
        yield Secret("bank_code", *match.span(match.lastgroup))


def iban_length(text: str) -> int:
    """How much of it is one; words may follow: `… 7654 32 is abroad`. 0 when none is."""
    if whole := _TYPED_SAUDI_IBAN.match(text):
        return whole.end()
    country = text[:2].upper()
    if country == "SA" and is_iban(text):
        return len(text)  # also with a slip in it
    places = [place for place, character in enumerate(text) if character.isalnum()]
    length = next((length for length, countries in _IBANS_OF_LENGTH.items() if country in countries.split()), 0)
    if not length or len(places) < length or (len(places) > length and places[length] == places[length - 1] + 1):
        return 0
    end = places[length - 1] + 1
    return end if is_iban(text[:end]) else 0


def is_card(number: str) -> bool:
    """13 to 19 digits that pass Luhn; a mobile with its country (`00966…`) passes by chance and is none."""
    if re.sub(r"\D", "", number).startswith("00966"):
        return False
    digits = [int(digit) for digit in re.sub(r"\D", "", number)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and any(digits) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_iban(number: str) -> bool:
    """Anything that begins like a Saudi IBAN, also with a slip in it; a foreign one when its check (mod 97) holds."""
    compact = re.sub(r"[^A-Z0-9]", "", number.upper())
    if _SAUDI_IBAN.fullmatch(compact):
        return sum(character.isdigit() for character in compact) >= 12
    rearranged = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(c, 36)) for c in rearranged)) % 97 == 1

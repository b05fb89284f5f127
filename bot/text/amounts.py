"""Sums of money, as people write them and as the bot prints them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bot.text.digits import to_western
from bot.text.isolate import isolate
from bot.text.normalise import normalise


@dataclass(frozen=True)
class Amount:
    value: Decimal
    start: int
    end: int
    sure: bool
    """A currency, a scale (thousand, k) or a word of money stands beside it; without one it is merely a number."""


def _table(**rows: str) -> dict[str, Decimal]:
    return {word: Decimal(value.lstrip("_")) for value, words in rows.items() for word in words.split()}


# Keys are the values, since a word of the dialects has many spellings (normalised: ه for ة, no hamza).
_ONES = _table(
    _1="واحد وحده one",
    _2="اثنين ثنين اتنين اثنان ثنتين two",
    _3="ثلاثه ثلاث تلاته تلات ثلاثت three",
    _4="اربعه اربع اربعت four",
    _5="خمسه خمس خمست five",
    _6="سته ست ستت six",
    _7="سبعه سبع سبعت seven",
    _8="ثمانيه ثمان ثماني ثمنيه تمانيه تمن ثمنت eight",
    _9="تسعه تسع تسعت nine",
    _10="عشره عشر عشرت ten",
    _11="احدعش احداعش حداعش حدعش احدعشر eleven",
    _12="اثنعش اثناعش ثنعش اثنعشر اثناعشر twelve",
    _13="ثلطعش ثلاثطعش ثلتعش تلتعش thirteen",
    _14="اربعطعش اربعتعش fourteen",
    _15="خمسطعش خمستعش fifteen",
    _16="سطعش ستطعش ستعش sixteen",
    _17="سبعطعش سبعتعش seventeen",
    _18="ثمنطعش ثمانطعش تمنتعش eighteen",
    _19="تسعطعش تسعتعش nineteen",
    _20="عشرين عشرون twenty",
    _30="ثلاثين تلاتين ثلاثون thirty",
    _40="اربعين اربعون forty",
    _50="خمسين خمسون fifty",
    _60="ستين ستون sixty",
    _70="سبعين سبعون seventy",
    _80="ثمانين تمانين ثمانون eighty",
    _90="تسعين تسعون ninety",
)
_HUNDREDS = _table(_100="ميه مايه ميت مييه hundred", _200="ميتين مييتين مايتين ميتان")
_HUNDREDS |= {
    stem + hundred: Decimal(value)
    for value, stems in {
        300: "ثلاث ثلث تلت",
        400: "اربع ربع",
        500: "خمس",
        600: "ست",
        700: "سبع",
        800: "ثمان ثمن تمن",
        900: "تسع",
    }.items()
    for stem in stems.split()
    for hundred in ("ميه", "مايه", "ميت")
}
_SCALES = _table(
    _1000="الف الاف تالاف تلاف الفا k thousand الاوف",
    _1000000="مليون ملايين مليونا m million",
)
_PAIRS = _table(_2000="الفين الفان", _2000000="مليونين مليونان")
_PARTS = {"نص": Decimal("0.5"), "نصف": Decimal("0.5"), "ربع": Decimal("0.25"), "half": Decimal("0.5")}

_CURRENCY = re.compile(r"\s*(?:ريال|ريالات|ر\.?\s?س\b|﷼|sar\b|s\.r|sr\b|riyals?\b|rials?\b|الف ريال)", re.IGNORECASE)
_CURRENCY_BEFORE = re.compile(r"(?:ريال|sar|sr|﷼)\s*$", re.IGNORECASE)
_MONEY_BEFORE = re.compile(
    r"(?:راتب|معاش|مبلغ|مديوني|قسط|اقساط|دخل|مطلوب|مطالب|سداد|اسدد|ادفع|دفعت|يخصم|حول|salary|earn|amount|owe|debt|pay|paid|income|instal+ment)"
    r"\w*(?:\s+\S+){0,2}\s*$",
    re.IGNORECASE,
)
_OTHER_UNIT = re.compile(
    r"\s*(?:%|٪|في المي|بالمي|بالمئ|شهر|شهور|[اأ]شهر|يوم|[اأ]يام|سن[ةه]|سنوات|سنين|ساع|دقيق|دقايق|مر[ةه]|مرات|قضي|قضايا"
    r"|طلب|هجري|ميلادي|شكر|مبروك|سلام[هة]|/|:\d"
    r"|months?\b|days?\b|years?\b|hours?\b|minutes?\b|times\b|cases?\b|am\b|pm\b|percent\b)",
    re.IGNORECASE,
)
_NUMBER_NAME_BEFORE = re.compile(
    r"(?:رقم\w*|هوي\w+|جوال\w*|قرار|قراري|ماده|المادة|المرحله|خطوه|الخطوة|decisions?|article|step|number|no\.?)\s*$",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"(?P<digits>(?<![\dA-Za-z_.,/:-])-?\d{1,3}(?:[,٬ .]\d{3})+(?:[.٫]\d{1,2})?(?![\d,٬٫/]|[.:-]\d)"
    r"|(?<![\dA-Za-z_./:-])-?\d+(?:[.,٫]\d{1,2})?(?![\d٬٫/]|[.,:-]\d))"
    r"|(?P<word>[^\W\d_]+[ً-ْ]*)"
)


_AROUND = 40
"""How many characters before and after a number may say what it counts."""


def parse_amount(text: str) -> Decimal | None:
    """The sum that a message names: beside a currency or a word of money first, else the first bare number."""
    amounts = list(find_amounts(text))
    return next((amount.value for amount in amounts if amount.sure), amounts[0].value if amounts else None)


def find_amounts(text: str) -> Iterator[Amount]:
    """Every number that can be money, with its place in `text` (months, percentages, `رقم ٢` and dates cannot)."""
    western = to_western(text)
    tokens = list(_TOKEN.finditer(western))
    index = 0
    while index < len(tokens):
        phrase = _Phrase()
        taken = index
        while taken < len(tokens) and phrase.take(tokens[taken], western):
            taken += 1
        if phrase.value is None:
            index += 1
            continue
        index += phrase.used
        first, last = tokens[index - phrase.used], tokens[index - 1]
        before, after = (
            western[max(0, first.start() - _AROUND) : first.start()],
            western[last.end() : last.end() + _AROUND],
        )
        currency = bool(_CURRENCY.match(after) or _CURRENCY_BEFORE.search(before))
        if before[-2:].strip(" -")[-1:].isdigit() and phrase.in_words:
            continue  # `15-20 ألف`: not the thousand alone
        if not currency and (_OTHER_UNIT.match(after) or _NUMBER_NAME_BEFORE.search(before)):
            continue
        alone = phrase.used == len(tokens)
        if phrase.in_words and not (currency or alone or phrase.scaled):
            continue
        sure = currency or phrase.scaled or bool(_MONEY_BEFORE.search(before))
        yield Amount(phrase.value, first.start(), last.end(), sure)


class _Phrase:
    """Adds up one number, word by word: ones and hundreds grow until a scale lifts them."""

    def __init__(self) -> None:
        self._lifted = Decimal(0)
        self._current: Decimal | None = None
        self._scale: Decimal | None = None
        self._after_and = False
        self._seen = 0
        self._end = 0
        self.used = 0
        """How many tokens, from the first, belong to the number."""
        self.in_words = True
        self.scaled = False

    @property
    def value(self) -> Decimal | None:
        return self._lifted + (self._current or 0) if self.used else None

    def take(self, token: re.Match[str], text: str) -> bool:
        """True while the number may still go on."""
        if self._seen and text[self._end : token.start()].strip(" -"):
            return False
        self._seen, self._end = self._seen + 1, token.end()
        if token["digits"]:
            if self.used and not (self._after_and and self._current is None):
                return False
            self._current, self.in_words = _from_digits(token["digits"]), False
        else:
            word = normalise(token["word"])
            if word in ("و", "and"):
                self._after_and = True
                return bool(self.used)
            if word == "a":
                return self._seen == 1
            if word.startswith("و") and word not in _ONES:
                self._after_and, word = True, word[1:]
            if not self._add(word):
                return False
        self.used, self._after_and = self._seen, False
        return True

    def _add(self, word: str) -> bool:
        if word in _SCALES:
            if self._scale is not None and self._current is None and not self._after_and:
                return False
            self._scale = _SCALES[word]
            self._lifted += self._scale * (1 if self._current is None else self._current)
            self._current, self.scaled = None, True
        elif word in _PAIRS:
            if self._current is not None:
                return False
            self._scale = _PAIRS[word] / 2
            self._lifted, self.scaled = self._lifted + _PAIRS[word], True
        elif word in _PARTS:
            if self._scale is not None and self._after_and:
                self._lifted += _PARTS[word] * self._scale
            elif self._seen == 1:
                self._current = _PARTS[word]
            else:
                return False
        elif word in _HUNDREDS:
            of_ones = _HUNDREDS[word] == 100 and 0 < (self._current or 0) < 10 and not self._after_and
            self._current = self._current * 100 if of_ones else (self._current or 0) + _HUNDREDS[word]
            self.scaled = True
        elif word in _ONES:
            self._current = (self._current or 0) + _ONES[word]
        else:
            return False
        return True


def _from_digits(digits: str) -> Decimal:
    digits = digits.replace("٫", ".").replace("٬", ",").replace(" ", ",")
    if re.fullmatch(r"-?\d{1,3}(?:[.,]\d{3})+", digits):
        return Decimal(re.sub("[.,]", "", digits))
    whole, comma, part = digits.rpartition(",")
    if comma and len(part) < 3 and "." not in digits:
        digits = f"{whole}.{part}"
    return Decimal(digits.replace(",", ""))


def format_money(amount: Decimal, language: str) -> str:
    """`9,000 ريال` or `SAR 9,000`: two places only for halalas; isolated, so that it copies whole."""
    amount = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    number = f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"
    return isolate(f"SAR {number}") if language == "en" else f"{isolate(number)} ريال"

"""Sums of money, as people write them and as the bot prints them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Literal

from bot.text.dates import MONTH_NAME
from bot.text.isolate import isolate
from bot.text.normalise import normalise
from bot.text.visible import visible


@dataclass(frozen=True)
class Amount:
    value: Decimal
    start: int
    end: int
    sure: bool
    """A currency, a scale (thousand, k) or a word of money stands beside it; without one it is merely a number."""
    currency: bool = False


Kind = Literal["ones", "ten", "teen", "tens", "hundred", "hundreds", "scale", "thousands", "part"]


def _table(kind: Kind, **rows: str) -> dict[str, tuple[Kind, Decimal]]:
    return {word: (kind, Decimal(value.lstrip("_"))) for value, words in rows.items() for word in words.split()}


# Keys are the values, since a word of the dialects has many spellings (normalised: ه for ة, no hamza).
_WORDS = {
    **_table(
        "ones",
        _1="واحد وحده one",
        _2="اثنين ثنين اتنين اثنان اثنا اثني اثنتا اثنتي اتنا ثنتين تنتين two thnain ithnain ethnen",
        _3="ثلاثه ثلاث ثلاثا تلاته تلات ثلاثت تلتت three thalath thalatha thlath talat talata tlata thalathat",
        _4="اربعه اربع اربعت four arba3 arba3a arba3at arb3 arbaa",
        _5="خمسه خمس خمست five khams khamsa khamsat 5ams 5amsa 5amsat",
        _6="سته ست ستت six sitta sitt setta sittat",
        _7="سبعه سبع سبعت seven sab3 sab3a saba3 sab3at",
        _8="ثمانيه ثمان ثماني ثمنيه تمنيه تمانيه تماني تمان ثمن تمن ثمنت تمنت eight thaman thamanya thamania tman tamanya",
        _9="تسعه تسع تسعت nine tis3 tis3a tes3 tes3a tis3at",
    ),
    **_table("ten", _10="عشره عشر عشرت ten 3ashr 3ashra 3ashrat 3ashara"),
    **_table(
        "teen",
        _11="احدعش احداعش حداعش حدعش احدعشر احداعشر حداشر احداشر eleven",
        _12="اثنعش اثناعش ثنعش اتنعش اطنعش اثنعشر اثناعشر اتناشر اطناشر twelve",
        _13="ثلطعش ثلاثطعش ثلتعش تلتعش تلطعش ثلتطعش تلتطعش ثلطعشر تلتاشر تلطاشر thirteen",
        _14="اربعطعش اربعتعش اربعطعشر اربعتاشر اربعطاشر fourteen",
        _15="خمسطعش خمستعش خمسطعشر خمستاشر خمسطاشر fifteen",
        _16="سطعش ستطعش ستعش سطعشر ستاشر سطاشر sixteen",
        _17="سبعطعش سبعتعش سبعطعشر سبعتاشر سبعطاشر seventeen",
        _18="ثمنطعش ثمانطعش تمنتعش تمنطعش ثمنتعش ثمنطعشر تمنتاشر تمنطاشر eighteen",
        _19="تسعطعش تسعتعش تسعطعشر تسعتاشر تسعطاشر nineteen",
    ),
    **_table(
        "tens",
        _20="عشرين عشرون twenty 3eshreen 3ishreen",
        _30="ثلاثين تلاتين ثلاثون thirty thalatheen talateen",
        _40="اربعين اربعون forty arba3een",
        _50="خمسين خمسون fifty khamseen 5amseen",
        _60="ستين ستون sixty sitteen",
        _70="سبعين سبعون seventy sab3een",
        _80="ثمانين تمانين ثمانون تمنين ثمنين eighty thamaneen tamaneen",
        _90="تسعين تسعون ninety tis3een",
    ),
    **_table("hundred", _100="ميه مايه ميت مييه hundred miya miyya meya mia"),
    **_table("hundreds", _200="ميتين مييتين مايتين ميتان مايتان mitain meetain miten"),
    **_table(
        "scale",
        _1000="الف الاف تالاف تلاف الفا الوف الاوف k ك thousand alf alaf aalaf talaf",
        _1000000="مليون ملايين مليونا m million malyon milyon mlyon malyoon",
        _1000000000="مليار ملايير مليارات billion",
    ),
    **_table("thousands", _2000="الفين الفان الفي alfain alfen alfeen", _2000000="مليونين مليونان"),
    **_table("part", **{"_0.5": "نص نصف half nos nus no9 nuss", "_0.25": "ربع quarter"}),
}
_STEMS = {3: "ثلاث ثلث تلت تلات", 4: "اربع ربع", 5: "خمس", 6: "ست", 7: "سبع", 8: "ثمان ثمن تمن ثماني تماني", 9: "تسع"}
for _digit, _stems in _STEMS.items():
    for _stem in _stems.split():
        _WORDS |= {_stem + hundred: ("hundreds", Decimal(_digit * 100)) for hundred in ("ميه", "مايه", "ميت")}
        _WORDS |= {_stem + scale: ("thousands", Decimal(_digit * 1000)) for scale in ("تلاف", "تالاف", "تلف")}
_WORDS |= {"عشر" + scale: ("thousands", Decimal(10_000)) for scale in ("تلاف", "تالاف")}
_JOINING: dict[str, Literal["and", "except", "a"]] = {
    "و": "and", "and": "and", "w": "and", "wa": "and", "الا": "except", "a": "a",
}  # fmt: skip
_ELEVEN = ("احد", "احدي")
"""One, but only before ten."""

_LOOSE = ("ميتين", "الفان")
"""By themselves also "dead" and "the van"."""

_CURRENCY = re.compile(
    r"\s*(?:ر[يی]ال|ر\.?\s?س(?!\w)|﷼|\u20c1|sar(?![a-z])|s\.r|sr(?![a-z])|r[iy]+als?(?![a-z])|रियाल|রিয়াল)",
    re.IGNORECASE,
)
_CURRENCY_BEFORE = re.compile(r"(?:ر[يی]ال|(?<![a-z])(?:sar|sr)|﷼|\u20c1|(?<!\w)ر\.?\s?س)[.:]?\s*$", re.IGNORECASE)
_MONEY = (
    r"(?:راتب|رواتب|معاش|مبلغ|مبالغ|مديوني|قسط|اقساط|دخل|مطلوب|مطالب|سداد|سدد|ادفع|دفع|خصم|يخصم|(?<![تم])حول|تحويل|فلوس|رسوم|غرام[هة]|ايجار|إيجار"
    r"|نفق[هة]|قرض|سلف[هة]|تمويل|استلم|[اأ]قبض|كفال[هة]|تكلف|يكلف|كلفني|\b(?:[وفبل]|ال)*(?:دين|ديون|قيم[هة])(?:ي|ه|ك|هم|نا|ها)?\b"
    r"|salary|earn|amount|owe|debt|pay|paid|income|instal+ment|deduct|mablagh|ratb|rateb|dafa3)"
)
_MONEY_BEFORE = re.compile(rf"{_MONEY}\w*(?:\s+\S+){{0,2}}\s*$", re.IGNORECASE)
_MONEY_JUST_BEFORE = re.compile(rf"{_MONEY}\w*\s*$", re.IGNORECASE)
_OWED_BEFORE = re.compile(
    r"(?<!\w)(?:و|ف)?(?:علي(?:ا|ه|نا|هم|ها|ك)?|عندي|معي|معاي|معايا|باقي|بقي|بقى|باجي|متبقي|3alay|3aleh|3ndi|3endi)\s+(?:لي|له|بس|حوالي|تقريبا)?\s*$",
    re.IGNORECASE,
)
_ONE_BEFORE = re.compile(r"(?:كل شهر|شهري\w*|بالشهر|[اأ]قل من|[اأ]ك[ثت]ر من|فوق|تحت|دون|حوالي|قراب[هة])\s*$")
_ONE_AFTER = re.compile(r"\s*(?:كل شهر|بالشهر|في الشهر|شهري|كاش|نقد|مقدم)")
"""Beside these even a lone `الف` is a sum."""
_OTHER_UNIT = re.compile(
    r"\s*(?:%|٪|(?:في|ب)\s?(?:ال)?(?:مي[هة]|مئ[هة]|مائ[هة])|بالميه|[/\\]|:\d"
    r"|(?:(?:شهر|شهور|[اأ]شهر|يوم|[اأ]يام|[اأ]سبوع|[اأ]سابيع|سن[هة]|سنوات|سنين|عام|[اأ]عوام|ساع[هة]|ساعات|دقيق[هة]|دق[اي]?[يئ]?ق|دقائق|ثاني[هة]|ثواني"
    r"|مر[هة]|مرات|قضي[هة]|قضايا|طلب|طلبات|قرار|قرارات|فاتور[هة]|فواتير|قسط|[اأ]قساط|دفع[هة]|دفعات|شخص|[اأ]شخاص|نفر|[اأ]نفار|عيال|[اأ]ولاد|بنات|[اأ]طفال"
    r"|سيار[هة]|سيارات|كيلو|متر|رسال[هة]|رسايل|رسائل|خطو[هة]|خطوات|مستند|مستندات|بنك|بنوك|خدم[هة]|خدمات|رقم|[اأ]رقام|خان[هة]|خانات|حرف|حروف"
    r"|سؤال|سوال|شغل[هة]|مشكل[هة]|سبب|واحد|امبير|متر|امتار|نجوم|هجري|ميلادي|هـ|شكر|مبروك|مبارك|سلام[هة]|تحي[هة]|عافي[هة]|رحم[هة]|هلا|مرحبا|هلل[هة]|هللات|دولار|جنيه|درهم|دينار|روبي[هة]|يورو)(?:ا|اً)?(?!\w)"
    rf"|(?:من\s+)?(?:شهر\s+)?(?:{MONTH_NAME})(?!\w)"
    r"|months?|mths?|weeks?|days?|years?|yrs?|hours?|hrs?|minutes?|mins?|seconds?|times|cases?|kids|children|people|persons?|cars|requests?|invoices?|digits?|numbers?"
    r"|km|kilos?|kg|din|yawm|yoom|am|pm|percent|usd|dollars?|egp|inr|halalas?|shahar|shahr|shhor|yom|ayam|sana|sneen|sa3a|marra|shukr|qadaya|ga9aya)(?![a-z]))",
    re.IGNORECASE,
)
_YEAR_AFTER = re.compile(r"\s*(?:هـ|ه(?!\w)|م(?!\w)|هجري|ميلادي|a\.?d\b|a\.?h\b)", re.IGNORECASE)
_NAME_BEFORE = re.compile(
    r"(?:رقم\w*|[اأ]رقام|هوي\w+|جوال\w*|هاتف\w*|قرار\w*|ماد[هة]|نظام|مرسوم|تعميم|مرحل[هة]|المرحل[هة]|خطو[هة]|رمز\w*|كود\w*|بند|فقر[هة]|صفح[هة]|ساع[هة]|تاريخ|موديل"
    r"|عمر(?:ي|ه|ها|ك|نا)?|نسب[هة]|[اأ]تصل\w*(?:\s+(?:على|علي|ب))?|دق(?:يت|و|ينا)?\s+على|كلمت"
    r"|decisions?|article|step|number|no\.?|code|otp|call(?:ed|ing)?|dial(?:led)?|aged?|ragam|ragm|raqam|rqm|ramz)[:#]?\s*$",
    re.IGNORECASE,
)
_SMALL_BEFORE = re.compile(
    r"(?:يوم|شهر|سن[هة]|عام|قضي\w*|فاتور\w*|في|بعد|قبل|كل|خلال|على|in|on|after|every|the)\s*$", re.IGNORECASE
)
_TIME_BEFORE = re.compile(
    rf"(?:(?<!\w)(?:{MONTH_NAME})(?:\s+\w+)?|"
    r"(?<!\w)(?:[وفب])?(?:في|من|منذ|منو|سن[هة]|عام|بعام|لعام|قبل|بعد|حتى|الى|إلى|لين|نظام|سنت|mn|min|fi|sanat)|since|in|from|of|year|until|till|by)\s*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:~|(?:الى|إلى|الي|لين|حتى|لغاي[هة]|او|أو|ولا|to|or|till)(?!\w)|ل)\s*")
_FROM_BETWEEN = re.compile(r"(?:بين|ما\s?بين|between)\s*$", re.IGNORECASE)

_NOT_GLUED = r"(?<!\d)(?<!\d[_.,،٬/:٫-])(?<![A-Za-z][_.:/-])(?<![A-Za-z]')(?:(?<![A-Za-z])|(?<=(?<![A-Za-z])SAR)|(?<=(?<![A-Za-z])SR))"
_NO_WORD_AFTER = r"(?!\d|[٬٫]\d|[.,،:/-]\d)(?![A-Za-z]|_)"
_GLUED_WORD = r"(?=(?:k|m|alf|alaf|sar|sr|riyals?|r[iy]als?|thousand|million)(?![A-Za-z]))"
_END = rf"(?:{_NO_WORD_AFTER}|{_GLUED_WORD})"
_TOKEN = re.compile(
    rf"(?P<digits>{_NOT_GLUED}(?:(?<!\S)(?<!\d )-)?"
    rf"(?:\d{{1,3}}(?:\.\d{{3}}){{1,4}},\d{{1,2}}|\d{{1,3}}(?:[,،٬ .’']\d{{3}}){{1,4}}(?:[.٫]\d{{1,2}})?|\d{{1,15}}(?:[.,٫]\d{{1,2}})?){_END})"
    r"|(?P<word>(?<![A-Za-z])(?:sar|sr)(?=\d)|(?:(?<![A-Za-z\d])\d)?[A-Za-z]+(?:\d[A-Za-z]*)*|(?:(?![A-Za-z])[^\W\d_])+)",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"(?<![\d/.:,~-])(?!0\d)(\d[\d,.]{0,9}k?\s?)[-–—](?=\s?(?!0\d)\d[\d,.]{0,9}k?(?![\d,.]*\s?[-–—/:]\s?\d)(?!\d))",
    re.I,
)
_OPENINGS = (re.compile("^(?:و|ف)?[بلكف]?"), re.compile("^(?:و|ف)?(?:[بكف]?ال|لل)"))
_LETTER = re.compile(r"[^\W\d_]")
_DOUBLED = re.compile("([\u0621-\u064a])\\1+")
_PUBLIC_LINE = re.compile(r"9200\d{5}|800\d{7}|19\d{3,4}|199\d{3}")


_AROUND = 40
"""How many characters before and after a number may say what it counts."""


def parse_amount(text: str) -> Decimal | None:
    """The sum that a message names: beside a currency or a word of money first, else the first bare number."""
    amounts = list(find_amounts(text))
    return next((amount.value for amount in amounts if amount.sure), amounts[0].value if amounts else None)


def find_amounts(text: str) -> Iterator[Amount]:
    """Every number that can be money, with its place in `text` (months, percentages, `رقم ٢`, years and dates cannot)."""
    seen = visible(text)
    line = _RANGE.sub(r"\1~", seen.text) if _LETTER.search(seen.text) else seen.text
    found = list(_numbers(line))
    for place, number in enumerate(found):
        following = found[place + 1] if place + 1 < len(found) else None
        if following and _is_range(line, number, following):
            number = replace(number, counts=number.counts or following.counts)
            if following.scale and not number.scale and not number.currency and number.value < 1000:
                number = replace(number, value=number.value * following.scale, scale=following.scale, scaled=True)
        if amount := _amount(line, number):
            start, end = seen.span(number.start, number.end)
            yield replace(amount, start=start, end=end)


@dataclass(frozen=True)
class _Number:
    value: Decimal
    start: int
    end: int
    in_words: bool
    one_word: bool
    """A lone `الف` or `مية`, as in a thousand thanks."""
    scaled: bool
    scale: Decimal | None
    """What its last part is multiplied by."""
    alone: bool
    currency: bool
    counts: bool
    """Something else than money stands beside it."""
    after_and: bool


def _amount(line: str, number: _Number) -> Amount | None:
    before = _words_before(line, number.start)
    after = line[number.end : number.end + _AROUND]
    if not number.currency and (number.counts or _NAME_BEFORE.search(before)):
        return None
    if number.in_words and line[max(0, number.start - 2) : number.start].strip(" -")[-1:].isdigit():
        return None  # `10-15-20 ألف`: not the thousand alone
    year = number.value == number.value.to_integral_value() and int(number.value) in _YEARS
    if year and not number.currency and (_TIME_BEFORE.search(before) or _YEAR_AFTER.match(after)):
        return None
    money = bool(_MONEY_BEFORE.search(before))
    if number.value < 100 and not number.scaled:
        money = number.value >= 10 and bool(_MONEY_JUST_BEFORE.search(before)) and not _SMALL_BEFORE.search(before)
    owed = bool(_OWED_BEFORE.search(before))
    named = bool(_ONE_BEFORE.search(before) or _ONE_AFTER.match(after))
    told = number.currency or number.alone or money or owed or named
    if number.in_words and not (told if number.one_word else number.currency or number.alone or number.scaled):
        return None
    sure = number.currency or number.scaled or money or (owed and number.value >= 100)
    return Amount(number.value, number.start, number.end, sure, number.currency)


_YEARS = {*range(1380, 1500), *range(1900, 2100)}


def _words_before(line: str, start: int) -> str:
    before = line[max(0, start - _AROUND) : start]
    return before if _LETTER.search(before) else ""


def _is_range(line: str, first: _Number, second: _Number) -> bool:
    between = line[first.end : second.start]
    if _BETWEEN.fullmatch(between):
        return True
    before = _words_before(line, first.start)
    return second.after_and and between.strip() in ("", "و", "and") and bool(_FROM_BETWEEN.search(before))


# Reading numbers


@dataclass(frozen=True)
class _Word:
    """Digits, or one word of a number."""

    kind: Kind | Literal["digits", "eleven", "and", "except", "a", "other"]
    value: Decimal = Decimal(0)
    start: int = 0
    end: int = 0
    joined: bool = False
    """Nothing but space stands between it and the one before."""
    after_and: bool = False
    opens: bool = False
    """`بخمسة`, `الخمسة`: nothing before it belongs to the number."""
    definite: bool = False
    """`بالمية` is a percentage, `من الألف للياء` from A to Z."""
    text: str = ""


def _read(line: str) -> list[_Word]:
    found: list[_Word] = []
    end, pending_and = 0, False
    for token in _TOKEN.finditer(line):
        word = _word(token, not line[end : token.start()].strip(" -") and bool(found))
        if pending_and and word.joined:
            word = replace(word, after_and=True)
        end, pending_and = token.end(), word.kind == "and"
        if pending_and:
            pending_and = word.joined
            continue
        found.append(word)
    return found


def _word(token: re.Match[str], joined: bool) -> _Word:
    start, end = token.span()
    if token["digits"]:
        return _Word("digits", _from_digits(token["digits"]), start, end, joined, text=token["digits"])
    return replace(_known(token["word"]), start=start, end=end, joined=joined)


@lru_cache(maxsize=4096)
def _known(typed: str) -> _Word:
    """What the word is in a number, wherever it stands."""
    word = normalise(typed)
    single = _DOUBLED.sub(r"\1", word)
    if word not in _WORDS and (single in _WORDS or single.removeprefix("و") in _WORDS):
        word = single  # `الااف`, `ونصص`
    if word in _WORDS:
        return _Word(*_WORDS[word], text=word)
    if word in _JOINING or word in _ELEVEN:
        return _Word(_JOINING.get(word, "eleven"))
    if word[:1] == "و" and word[1:] in _WORDS:
        return _Word(*_WORDS[word[1:]], after_and=True, text=word[1:])
    for opening in _OPENINGS:
        bare = opening.sub("", word)
        if bare in _WORDS and len(bare) > 2 and bare != "ميت":
            return _Word(*_WORDS[bare], opens=True, definite=opening is _OPENINGS[1], text=bare)
    return _Word("other")


def _numbers(line: str) -> Iterator[_Number]:
    words = _read(line)
    place = 0
    while place < len(words):
        reader = _Reader(words, place, line)
        number = reader.number()
        if number is None:
            place += 1
            continue
        place = reader.place
        yield number


class _Reader:
    """One number from `place` on: groups that a scale lifts, each smaller than the one before."""

    def __init__(self, words: list[_Word], place: int, line: str) -> None:
        self.words, self.first, self.place, self.line = words, place, place, line
        self.scale: Decimal | None = None
        self.scaled = False
        self.in_words = True

    def number(self) -> _Number | None:
        value = self._group(opening=True)
        if value is None:
            return None
        while self.scale is not None and (more := self._more()) is not None:
            value += more
        last = self.words[self.place - 1]
        start = self.words[self.first].start
        whole = len(self.words) == self.place - self.first and not self.words[self.first].definite
        after = self.line[last.end : last.end + _AROUND]
        before = _words_before(self.line, start) or self.line[max(0, start - 3) : start]
        currency = bool(_CURRENCY.match(after) or _CURRENCY_BEFORE.search(before))
        first = self.words[self.first]
        one_word = self.place - self.first == 1 and (first.kind in ("hundred", "scale") or first.text in _LOOSE)
        counts = (
            (one_word and first.definite and value < 1_000_000)
            or _counts(after)
            or bool(_PUBLIC_LINE.fullmatch(first.text) or re.match(r"0\d", first.text))
        )
        return _Number(
            value=value,
            start=start,
            end=last.end,
            in_words=self.in_words,
            one_word=one_word,
            scaled=self.scaled,
            scale=self.scale,
            alone=whole,
            currency=currency,
            counts=counts,
            after_and=first.after_and,
        )

    def _peek(self, step: int = 0) -> _Word | None:
        """The next word, if it still stands in the same number."""
        place = self.place + step
        if place >= len(self.words):
            return None
        word = self.words[place]
        return word if place == self.first or (word.joined and not word.opens) else None

    def _is(self, word: _Word | None, *kinds: str) -> bool:
        return word is not None and word.kind in kinds and (not word.after_and or self.place == self.first)

    def _group(self, opening: bool = False) -> Decimal | None:
        """A number below the scale that follows it, times that scale."""
        word = self._peek()
        if word is None:
            return None
        if word.kind == "a" and self._is_next(1, "hundred", "scale") and opening:
            self.first = self.place = self.place + 1
            word = self.words[self.place]
        if word.kind == "thousands":
            self.place += 1
            self.scale, self.scaled = Decimal(1_000_000 if word.value == 2_000_000 else 1000), True
            return word.value
        if word.kind == "part":
            following = self._peek(2 if self._is_next(1, "a") else 1)
            if following is None or following.kind != "scale" or following.after_and or not opening:
                return None
            self.place += 3 if self._is_next(1, "a") else 2
            self.scale, self.scaled = following.value, True
            return word.value * following.value
        value = Decimal(1) if word.kind == "scale" and word.text not in ("k", "m", "ك") else self._below_thousand()
        if value is None:
            return None
        part = self._peek()
        if part is not None and part.kind == "part" and part.after_and and self._is_next(1, "scale"):
            value += part.value  # `خمسة وعشرين ونص الف`
            self.place += 1
        following = self._peek()
        if following is not None and following.kind == "scale" and (not following.after_and or following is word):
            glued = following.start == self.words[self.place - 1].end
            if following.text not in ("m", "ك") or glued:
                if following.value >= 1_000_000 and word.kind == "digits" and re.fullmatch(r"\d\.\d{3}", word.text):
                    value = Decimal(word.text)  # `1.500 مليون`
                self.place += 1
                self.scale, self.scaled = following.value, True
                return value * following.value
        if not opening:
            self.scale = None
        return value

    def _is_next(self, step: int, *kinds: str) -> bool:
        word = self._peek(step)
        return word is not None and word.kind in kinds and not word.after_and

    def _below_thousand(self) -> Decimal | None:
        word = self.words[self.place]
        if word.kind == "digits":
            self.place += 1
            self.in_words = False
            if word.value in range(1, 10) and self._is_next(0, "hundred"):
                self.place += 1
                self.scaled = True
                return word.value * 100
            return word.value
        total = Decimal(0)
        if word.kind in ("hundred", "hundreds") or (word.kind == "ones" and self._is_next(1, "hundred")):
            self.place += 1 if word.kind != "ones" else 2
            self.scaled = True
            total = word.value * (100 if word.kind == "ones" else 1)
            rest = self._peek()
            if rest is None or not (rest.after_and or rest.text.isascii()):
                return total
        below = self._below_hundred()
        if below is None:
            return total or None
        return total + below

    def _below_hundred(self) -> Decimal | None:
        word = self._peek()
        if word is None or word.kind not in ("ones", "ten", "teen", "tens", "eleven"):
            return None
        after = self._peek(1)
        if word.kind == "eleven" or word.kind == "ones":
            one = Decimal(1) if word.kind == "eleven" else word.value
            if after is not None and after.kind == "ten" and not after.after_and:
                self.place += 2
                return one + 10
            if word.kind == "eleven":
                return None
            if after is not None and after.kind == "tens" and after.after_and:
                self.place += 2
                return one + after.value
        elif word.kind == "tens" and after is not None and after.kind == "ones" and after.text.isascii():
            self.place += 2
            return word.value + after.value
        self.place += 1
        return word.value

    def _more(self) -> Decimal | None:
        """`و500`, `وخمسمية`, `ونص`, `إلا ربع`: what is added to a number that has a scale."""
        scale, kept = self.scale or Decimal(1), (self.place, self.scale, self.scaled, self.in_words)
        word = self._peek()
        if word is None:
            return None
        if word.kind == "except" and self._is_next(1, "part"):
            part = self.words[self.place + 1].value
            self.place, self.scale = self.place + 2, None
            return -part * scale
        if word.kind == "part" and word.after_and:
            self.place, self.scale = self.place + 1, None
            return word.value * scale
        if word.kind == "digits" and not word.after_and:
            return None
        in_words = self.in_words
        value = self._group()
        self.in_words = in_words and self.in_words
        enough = word.after_and or (value or 0) >= (20 if word.text.isascii() else 100)
        after = self.line[self.words[self.place - 1].end :][:_AROUND] if value is not None else ""
        counted = _counts(after) and not _CURRENCY.match(after)
        if value is not None and scale >= 1_000_000 and 100 <= value < 1000 and word.kind != "digits":
            value *= 1 if self.scale or _CURRENCY.match(after) else 1000  # `مليون وميتين`
        if value is None or value >= scale or not enough or counted:
            self.place, self.scale, self.scaled, self.in_words = kept
            self.scale = scale
            return None
        return value


def _counts(after: str) -> bool:
    """`180 يووم`, `33%`: what follows a number says that it is no money."""
    return bool(_OTHER_UNIT.match(after) or (_DOUBLED.search(after) and _OTHER_UNIT.match(_DOUBLED.sub(r"\1", after))))


def _from_digits(digits: str) -> Decimal:
    if digits.isdigit():
        return Decimal(digits)
    digits = re.sub("[٬،’' ]", ",", digits.replace("٫", "."))
    if re.fullmatch(r"-?\d{1,3}(?:\.\d{3})+,\d{1,2}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    if re.fullmatch(r"-?[1-9]\d{0,2}(?:[.,]\d{3})+", digits):
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

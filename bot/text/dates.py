"""Dates and times as the citizen reads and writes them: Gregorian and Hijri, on the clock of Riyadh."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from hijridate import Gregorian, Hijri

from bot.text.normalise import normalise
from bot.text.visible import visible

RIYADH = timezone(timedelta(hours=3), "Asia/Riyadh")
"""No daylight saving there, so no time zone database is needed."""

_MONTHS = {
    "ar": [
        "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
        "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
    ],
    "en": [
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ],
}  # fmt: skip
_HIJRI_MONTHS = {
    "ar": [
        "محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة",
        "رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة",
    ],
    "en": [
        "Muharram", "Safar", "Rabi I", "Rabi II", "Jumada I", "Jumada II",
        "Rajab", "Sha'ban", "Ramadan", "Shawwal", "Dhu al-Qi'dah", "Dhu al-Hijjah",
    ],
}  # fmt: skip
_ERA = {"ar": "هـ", "en": " AH"}
_HALF_DAY = {"ar": ("صباحًا", "مساءً"), "en": ("AM", "PM")}


def format_date(when: date | datetime | str, language: str) -> str:
    """`22 نوفمبر 2026 (12 جمادى الآخرة 1448هـ)`. A datetime is moved to Riyadh first; a naive one is UTC."""
    day = _riyadh(when)
    day = day.date() if isinstance(day, datetime) else day
    gregorian = f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"
    try:
        hijri = Gregorian.fromdate(day).to_hijri()
    except OverflowError:
        return gregorian  # beyond the Umm al-Qura tables
    return f"{gregorian} ({hijri.day} {_HIJRI_MONTHS[language][hijri.month - 1]} {hijri.year}{_ERA[language]})"


def format_time(when: datetime | str, language: str) -> str:
    """`3:05 مساءً`, in Riyadh."""
    moment = _riyadh(when)
    if not isinstance(moment, datetime):
        raise TypeError(f"a day has no time: {when}")
    return f"{moment.hour % 12 or 12}:{moment.minute:02d} {_HALF_DAY[language][moment.hour >= 12]}"


def _riyadh(when: date | datetime | str) -> date | datetime:
    if isinstance(when, str):
        when = date.fromisoformat(when) if len(when) == 10 else datetime.fromisoformat(when.replace("Z", "+00:00"))
    if not isinstance(when, datetime):
        return when
    return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).astimezone(RIYADH)


@dataclass(frozen=True)
class FoundDate:
    value: date
    calendar: str
    """hijri or gregorian: how it was written; `value` is Gregorian."""
    start: int
    end: int


_BY = r"\s?[-/.\\]\s?"
_NUMERIC = re.compile(
    rf"(?<![\d/.\\-])(?:(?P<y1>\d{{4}}){_BY}(?P<m1>\d{{1,2}}){_BY}(?P<d1>\d{{1,2}})|(?P<d2>\d{{1,2}}){_BY}(?P<m2>\d{{1,2}}){_BY}(?P<y2>\d{{4}}))(?![\d/\\-])"
)
_UNITS = ("اول", "ثاني", "ثالث", "رابع", "خامس", "سادس", "سابع", "ثامن", "تاسع")
_TENS = {"عاشر": 10, "عشرين": 20, "عشرون": 20, "ثلاثين": 30, "ثلاثون": 30}
_DAY_WORDS = {
    **{word: number for number, word in enumerate(_UNITS, start=1)},
    **_TENS,
    **{f"{unit} عشر": 10 + number for number, unit in enumerate(("حادي", *_UNITS[1:]), start=1)},
    **{
        f"{unit} و {ten}": _TENS[ten] + number
        for ten in _TENS
        if ten != "عاشر"
        for number, unit in enumerate(("حادي", *_UNITS[1:]), start=1)
    },
}
"""Normalised, without article: `الثالث والعشرين` → `ثالث و عشرين`."""


def _spelt(name: str) -> str:
    """A pattern for however hamza, ة and ى of a normalised word are written."""
    return re.escape(name).replace("ا", "[اأإآ]").replace("ه", "[هة]").replace("ي", "[يىئ]")


_DAY_WORD = (
    r"(?<!\w)(?:ال)?(?:" + "|".join(map(_spelt, [*_UNITS, "حادي", *_TENS])) + r")"
    r"(?:\s+عشر|\s+و\s?ال(?:عشر|ثلاث)[يو]ن)?(?!\w)"
)
_OF = r"(?:(?:من|لشهر|شهر|of|the)\s+){0,2}"
_NAMED = re.compile(
    rf"(?:(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<word>{_DAY_WORD}))\s*[-/]?\s*{_OF}(?P<month>[^\W\d_]+(?:[\s'-]{{1,3}}[^\W\d_]+){{0,2}})"
    r"\s*[-/،,]?\s*(?P<year>\d{4})(?!\d)"
    r"|(?<![A-Za-z])(?P<english>[a-z]{3,9})\.?\s+(?P<english_day>\d{1,2})(?:st|nd|rd|th)?\s*,?\s*(?P<english_year>\d{4})(?!\d)",
    re.IGNORECASE,
)
_HIJRI_YEARS = range(1343, 1501)
_OTHER_NAMES = {
    "gregorian": [
        ["كانون الثاني", "jan"], ["شباط", "فيبراير", "feb"], ["اذار", "mar"], ["نيسان", "ابرايل", "apr"], ["ايار"],
        ["حزيران", "يونيه", "jun"], ["تموز", "يوليه", "jul"], ["اب", "اوغسطس", "aug"], ["ايلول", "sep", "sept"],
        ["تشرين الاول", "oct"], ["تشرين الثاني", "nov"], ["كانون الاول", "dec"],
    ],
    "hijri": [
        ["muharam", "moharram"], ["safer"],
        ["ربيع اول", "rabi al awwal", "rabi ul awwal", "rabi awwal"],
        ["ربيع الثاني", "ربيع ثاني", "ربيع اخر", "rabi al thani", "rabi ul thani", "rabi al akhir", "rabi thani"],
        ["جمادي الاول", "جمادي اول", "جماد الاول", "جماد اول", "جماد الاولي", "jumada al awwal", "jumada al ula", "jumada ula"],
        ["جمادي الاخر", "جمادي الثانيه", "جمادي الثاني", "جمادي ثاني", "جماد الثاني", "جماد ثاني", "جماد الاخر", "جماد الاخره", "جماد اخر", "jumada al thani", "jumada al akhirah", "jumada thani"],
        ["rajab", "rejeb"], ["shaban", "shaaban", "sha ban"], ["ramadhan", "ramzan"], ["shawal"],
        ["ذي القعده", "ذوالقعده", "ذي قعده", "القعده", "dhul qadah", "dhu al qadah", "dhul qidah", "zul qadah"],
        ["ذي الحجه", "ذوالحجه", "ذي حجه", "الحجه", "dhul hijjah", "dhu al hijjah", "zul hijjah", "dhul hijja"],
    ],
}  # fmt: skip
_MONTH_NUMBERS = {
    (normalise(name), calendar): number
    for calendar, languages in (("gregorian", _MONTHS), ("hijri", _HIJRI_MONTHS))
    for names in languages.values()
    for number, name in enumerate(names, start=1)
} | {
    (name, calendar): number
    for calendar, months in _OTHER_NAMES.items()
    for number, names in enumerate(months, start=1)
    for name in names
}
_SAYS_YEAR = {"سنه", "عام", "لعام", "لسنه", "year"}
MONTH_NAME = "|".join(
    sorted(
        {
            _spelt(name.split()[0])
            for name, _ in _MONTH_NUMBERS
            if name.split()[0] not in ("ذو", "ذي", "اب", "may", "mar")
        }
    )
)
"""A pattern for the first word of a month: a number beside it is no money."""


def find_dates(text: str) -> Iterator[FoundDate]:
    """`2026-11-22`, `12/6/1448`, `22 نوفمبر 2026`, `١٢ رمضان ١٤٤٨`; the year tells the calendar.

    A day without its year (`5 نوفمبر`, `بكرة`) is none: which year is meant depends on when one reads it.
    """
    seen = visible(text)
    for match in _NUMERIC.finditer(seen.text):
        year, month, day = (int(match[f"{part}1"] or match[f"{part}2"]) for part in "ymd")
        yield from _found(seen.span(*match.span()), year, month, day)
    for match in _NAMED.finditer(seen.text):
        year = int(match["year"] or match["english_year"])
        calendar = "hijri" if year in _HIJRI_YEARS else "gregorian"
        named = normalise(match["month"] or match["english"]).split()
        known = (_MONTH_NUMBERS.get((" ".join(words), calendar)) for words in (named, _without_year_word(named)))
        day = int(match["day"] or match["english_day"] or _day(match["word"]))
        if named_month := next(filter(None, known), None):
            yield from _found(seen.span(*match.span()), year, named_month, day)


def _without_year_word(words: list[str]) -> list[str]:
    return words[:-1] if words[-1:] and words[-1] in _SAYS_YEAR else words


def _day(words: str) -> int:
    bare = re.sub(r"(?<!\w)(و ?)?ال(?=\w{3})", r"\1", normalise(words))
    return _DAY_WORDS.get(re.sub(r"(?<= )و ?(?=\w)", "و ", bare), 0)


def _found(span: tuple[int, int], year: int, month: int, day: int) -> Iterator[FoundDate]:
    hijri = year in _HIJRI_YEARS
    try:
        value = date(*Hijri(year, month, day).to_gregorian().datetuple()) if hijri else date(year, month, day)
    except (ValueError, OverflowError):
        return
    if hijri or 1900 <= year <= 2200:
        yield FoundDate(value, "hijri" if hijri else "gregorian", *span)

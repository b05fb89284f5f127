"""Dates and times as the citizen reads and writes them: Gregorian and Hijri, on the clock of Riyadh."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from hijridate import Gregorian, Hijri

from bot.text.digits import to_western
from bot.text.normalise import normalise

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


_NUMERIC = re.compile(
    r"(?<![\d/.-])(?:(?P<y1>\d{4})[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})|(?P<d2>\d{1,2})[-/.](?P<m2>\d{1,2})[-/.](?P<y2>\d{4}))(?![\d/-])"
)
_NAMED = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s*(?:من\s+)?(?P<month>[^\W\d_]+(?:\s+[^\W\d_]+)?)\s*،?,?\s*(?P<year>\d{4})(?!\d)"
)
_HIJRI_YEARS = range(1343, 1501)
_MONTH_NUMBERS = {
    (normalise(name), calendar): number
    for calendar, languages in (("gregorian", _MONTHS), ("hijri", _HIJRI_MONTHS))
    for names in languages.values()
    for number, name in enumerate(names, start=1)
}


def find_dates(text: str) -> Iterator[FoundDate]:
    """`2026-11-22`, `12/6/1448`, `22 نوفمبر 2026`, `١٢ رمضان ١٤٤٨`; the year tells the calendar."""
    western = to_western(text)
    for match in _NUMERIC.finditer(western):
        year, month, day = (int(match[f"{part}1"] or match[f"{part}2"]) for part in "ymd")
        yield from _found(match, year, month, day)
    for match in _NAMED.finditer(western):
        calendar = "hijri" if int(match["year"]) in _HIJRI_YEARS else "gregorian"
        month = _MONTH_NUMBERS.get((normalise(match["month"]), calendar))
        if month:
            yield from _found(match, int(match["year"]), month, int(match["day"]))


def _found(match: re.Match[str], year: int, month: int, day: int) -> Iterator[FoundDate]:
    hijri = year in _HIJRI_YEARS
    try:
        value = date(*Hijri(year, month, day).to_gregorian().datetuple()) if hijri else date(year, month, day)
    except (ValueError, OverflowError):
        return
    if hijri or 1900 <= year <= 2200:
        yield FoundDate(value, "hijri" if hijri else "gregorian", *match.span())

"""Dates and times as the citizen reads them: Gregorian and Hijri, on the clock of Riyadh."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from hijridate import Gregorian

RIYADH = timezone(timedelta(hours=3), "Asia/Riyadh")
"""No daylight saving there, so no time zone database is needed."""

_MONTHS = {
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر".split(),
    "en": "January February March April May June July August September October November December".split(),
}
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

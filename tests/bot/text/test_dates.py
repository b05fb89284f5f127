from datetime import date, datetime, timezone

import pytest

from bot.text.dates import find_dates, format_date, format_time


def test_names_both_calendars() -> None:
    assert format_date(date(2026, 11, 22), "ar") == "22 نوفمبر 2026 (12 جمادى الآخرة 1448هـ)"
    assert format_date("2026-11-22", "en") == "22 November 2026 (12 Jumada II 1448 AH)"


def test_goes_by_the_clock_of_riyadh() -> None:
    late = datetime(2026, 11, 22, 21, 30, tzinfo=timezone.utc)
    assert format_date(late, "en").startswith("23 November 2026")
    assert format_time(late, "en") == "12:30 AM"
    assert format_time("2026-11-22T12:05:00Z", "ar") == "3:05 مساءً"


def test_leaves_the_hijri_date_out_where_no_table_reaches() -> None:
    assert format_date(date(1800, 1, 1), "en") == "1 January 1800"


@pytest.mark.parametrize(
    ("typed", "calendar"),
    [
        ("2026-11-22", "gregorian"),
        ("22/11/2026", "gregorian"),
        ("١٢/٦/١٤٤٨", "hijri"),
        ("22 نوفمبر 2026", "gregorian"),
        ("12 جمادى الآخرة 1448هـ", "hijri"),
        ("12 جماد الثاني ١٤٤٨", "hijri"),
        ("١٢\u200f/٦\u200f/١٤٤٨", "hijri"),
        ("12 Jumada II 1448", "hijri"),
        ("22 / 11 / 2026", "gregorian"),
        ("22 من نوفمبر سنة 2026", "gregorian"),
        ("22 تشرين الثاني 2026", "gregorian"),
        ("الثاني والعشرين من نوفمبر 2026", "gregorian"),
        ("November 22nd, 2026", "gregorian"),
        ("22 nov 2026", "gregorian"),
    ],
)
def test_finds_the_same_day_however_it_is_written(typed: str, calendar: str) -> None:
    [found] = find_dates(f"من {typed} وبعد")
    assert (found.value, found.calendar) == (date(2026, 11, 22), calendar)


@pytest.mark.parametrize(
    "typed",
    [
        "31/2/2026",
        "2026-13-01",
        "1058-52-9940",
        "3 شهور",
        "22 حزينبر 2026",
        "31/2",
        "30/2/1447",
        "11/22/2026",
        "3 رجب 2026",
        "نوفمبر 2026",
        "5 نوفمبر",
        "بكرة",
    ],
)
def test_finds_no_day_that_never_was(typed: str) -> None:
    assert list(find_dates(typed)) == []

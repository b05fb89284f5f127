from __future__ import annotations

import datetime as dt

import pytest

from actions.services.calendar import (
    add_months,
    add_working_days,
    is_open,
    lift_window,
    next_working_day,
    opens_at,
    riyadh_date,
)


def utc(day: str, time: str = "07:00") -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{time}:00+00:00")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_the_day_changes_at_midnight_in_riyadh() -> None:
    assert riyadh_date(utc("2026-11-22", "20:59")) == day("2026-11-22")
    assert riyadh_date(utc("2026-11-22", "21:00")) == day("2026-11-23")


@pytest.mark.parametrize(
    ("given", "works"),
    [
        ("2026-11-26", "2026-11-26"),  # a Thursday stays
        ("2026-11-27", "2026-11-29"),  # Friday
        ("2026-11-28", "2026-11-29"),  # Saturday
        ("2026-09-23", "2026-09-24"),  # National Day
        ("2027-02-22", "2027-02-23"),  # Founding Day
    ],
)
def test_weekends_and_holidays_move_to_the_next_working_day(given: str, works: str) -> None:
    assert next_working_day(day(given)) == day(works)


def test_a_feast_is_not_worked_through() -> None:
    first = next_working_day(day("2027-03-09"))
    assert first > day("2027-03-12")


def test_working_days_are_counted_from_the_day_after() -> None:
    assert add_working_days(day("2026-11-25"), 2) == day("2026-11-29")  # Wednesday → Thursday, Sunday


def test_a_month_later_is_never_beyond_the_months_end() -> None:
    assert add_months(day("2026-08-31"), 1) == day("2026-09-30")
    assert add_months(day("2026-08-31"), 6) == day("2027-02-28")
    assert add_months(day("2026-12-05"), 1) == day("2027-01-05")
    assert add_months(day("2026-11-22"), 24) == day("2028-11-22")


@pytest.mark.parametrize(
    ("filed", "earliest", "latest"),
    [
        ("2026-11-22", "2026-11-23", "2026-11-26"),  # Sunday
        ("2026-11-23", "2026-11-24", "2026-11-29"),  # Monday: the fourth day is a Friday
        ("2026-11-26", "2026-11-29", "2026-11-30"),  # Thursday: the first day is a Friday
    ],
)
def test_a_court_lift_is_expected_from_a_day_to_four_days_on_working_days(
    filed: str, earliest: str, latest: str
) -> None:
    assert lift_window(utc(filed), "court") == (day(earliest), day(latest))


def test_a_government_lift_is_expected_a_day_later_whatever_day_that_is() -> None:
    assert lift_window(utc("2026-11-26"), "government") == (day("2026-11-27"), day("2026-11-27"))


@pytest.mark.parametrize(
    ("day_", "time", "is_it"),
    [
        ("2026-11-22", "05:00", True),  # Sunday 8:00
        ("2026-11-22", "04:59", False),
        ("2026-11-22", "12:59", True),
        ("2026-11-22", "13:00", False),  # 16:00
        ("2026-11-27", "08:00", False),  # Friday
        ("2026-09-23", "08:00", False),  # National Day
    ],
)
def test_people_answer_from_eight_to_four_on_working_days(day_: str, time: str, is_it: bool) -> None:
    assert is_open(utc(day_, time)) is is_it


def test_the_next_opening_is_named() -> None:
    assert opens_at(utc("2026-11-22", "03:00")) == utc("2026-11-22", "05:00")  # before eight
    assert opens_at(utc("2026-11-26", "14:00")) == utc("2026-11-29", "05:00")  # Thursday evening

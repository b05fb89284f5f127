"""Days as people in Riyadh count them: working days, holidays, the window in which a lift may be expected."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from functools import lru_cache
from pathlib import Path

import yaml

from bot.text.dates import RIYADH

FRIDAY, SATURDAY = 4, 5
OPENS, CLOSES = dt.time(8), dt.time(16)
HOLIDAYS = Path(__file__).resolve().parents[2] / "data" / "reference" / "holidays.yml"

SOONEST, LATEST = dt.timedelta(hours=24), dt.timedelta(days=4)
"""What is told of a court's lift; no official time is published."""
GOVERNMENT_LIFT = dt.timedelta(hours=24)
"""From the body's request."""


def riyadh_date(moment: dt.datetime) -> dt.date:
    return moment.astimezone(RIYADH).date()


def is_working_day(day: dt.date) -> bool:
    return day.weekday() not in (FRIDAY, SATURDAY) and day not in _holidays()


def next_working_day(day: dt.date) -> dt.date:
    """`day` itself when people work on it."""
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    return day


def add_working_days(day: dt.date, count: int) -> dt.date:
    for _ in range(count):
        day = next_working_day(day + dt.timedelta(days=1))
    return day


def add_months(day: dt.date, count: int) -> dt.date:
    """The same day of a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + count, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, monthrange(year, month)[1]))


def lift_window(filed_at: dt.datetime, kind: str) -> tuple[dt.date, dt.date]:
    """The first and the last day to expect the lift on. `kind` is the case's: a government body's system lifts on any
    day of the week, a court on its working days."""
    if kind == "government":
        day = riyadh_date(filed_at + GOVERNMENT_LIFT)
        return day, day
    return next_working_day(riyadh_date(filed_at + SOONEST)), next_working_day(riyadh_date(filed_at + LATEST))


def is_open(now: dt.datetime) -> bool:
    """Whether a person answers hand-overs."""
    local = now.astimezone(RIYADH)
    return is_working_day(local.date()) and OPENS <= local.time() < CLOSES


def opens_at(now: dt.datetime) -> dt.datetime:
    """The next opening after `now`, in UTC."""
    local = now.astimezone(RIYADH)
    day = local.date() if local.time() < OPENS else local.date() + dt.timedelta(days=1)
    return dt.datetime.combine(next_working_day(day), OPENS, RIYADH).astimezone(dt.timezone.utc)


@lru_cache(maxsize=1)
def _holidays() -> frozenset[dt.date]:
    return frozenset(day["date"] for day in yaml.safe_load(HOLIDAYS.read_text(encoding="utf-8")))

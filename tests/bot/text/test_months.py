from __future__ import annotations

import pytest

from bot.text.months import parse_months


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("٦ شهور", 6), ("6", 6), ("ستة أشهر", 6), ("ست شهور لو سمحت", 6), ("شهرين", 2), ("شهر واحد", 1),
        ("سنة", 12), ("نص سنة", 6), ("سنة ونص", 18), ("2 سنوات", 24), ("12 month", 12), ("six months", 6), ("100", 100),
    ],
)  # fmt: skip
def test_months_as_people_say_them(text: str, months: int) -> None:
    assert parse_months(text) == months


@pytest.mark.parametrize("text", ["ما أدري", "كم تعطوني؟", "10000 ريال", "", "10,000"])
def test_no_months(text: str) -> None:
    assert parse_months(text) is None

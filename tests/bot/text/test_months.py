from __future__ import annotations

import pytest

from bot.text.months import parse_months


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("٦ شهور", 6), ("6", 6), ("ستة أشهر", 6), ("ست شهور لو سمحت", 6), ("شهرين", 2), ("شهر واحد", 1),
        ("no wait make it one year", 12), ("change months to twelve", 12), ("سنة", 12), ("نص سنة", 6), ("سنة ونص", 18), ("2 سنوات", 24), ("12 month", 12), ("six months", 6), ("تلاتة شهور", 3), ("تمن شهور", 8), ("اتناشر شهر", 12),
        ("100", 100),
        ("1000", 1000), ("10,000", 10_000), ("١٢٣٤٥ شهر", 12_345), ("10000 ريال على 6 شهور", 6),
        ("99999999", 99_999_999),
    ],
)  # fmt: skip
def test_months_as_people_say_them(text: str, months: int) -> None:
    assert parse_months(text) == months


@pytest.mark.parametrize(
    "text",
    [
        "ما أدري", "كم تعطوني؟", "10000 ريال", "", "١٠ آلاف ريال", "عشرة آلاف ريال", "5000 SAR", "1058529940",
        "105 852 9940",
        "2058529940", "0512345678", "4512345678", "9" * 5000,
    ],
)  # fmt: skip
def test_no_months(text: str) -> None:
    assert parse_months(text) is None

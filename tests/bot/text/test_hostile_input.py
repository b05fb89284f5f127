"""Nothing typed makes these functions raise, or take long."""

import time
from collections.abc import Callable

import pytest

from bot.text import (
    amounts,
    clean,
    dates,
    distress,
    language,
    lost_number,
    mask,
    months,
    national_id,
    normalise,
    ordinals,
    questions,
    secrets,
    visible,
    yes_no,
)

LONG = 10_000
INPUTS = [
    "a",
    "1",
    "٩",
    "كلمة السر ",
    "هوية",
    "-",
    "12345 ",
    "باسورد 1",
    "A1",
    "خمسة و",
    "9,000",
    " 123",
    "؟ ",
    "😀",
    "\u200f",
    "ابي ",
    "a@",
    "sa12 ",
    "رمز بنك ",
    "رقمي ",
    "my phone ",
    "القضية 1 ",
    "لا ",
    "5 نوفمبر ",
    "12/6/1448 ",
    "ر\u064e",
    "الف ",
    "\ud800",
]
FUNCTIONS = [
    amounts.parse_amount,
    clean.clean,
    lambda text: list(dates.find_dates(text)),
    distress.in_distress,
    language.detect,
    language.first_language,
    lost_number.says_number_is_lost,
    mask.mask,
    months.parse_months,
    national_id.find_id_like,
    national_id.id_problem,
    normalise.normalise,
    ordinals.parse_ordinal,
    questions.pieces,
    secrets.secret_in,
    visible.visible,
    yes_no.parse_yes_no,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_ten_thousand_characters_of_anything(function: Callable[[str], object]) -> None:
    slowest = 0.0
    for typed in INPUTS:
        function("")
        started = time.process_time()
        function((typed * LONG)[:LONG])
        slowest = max(slowest, time.process_time() - started)
    assert slowest < 1

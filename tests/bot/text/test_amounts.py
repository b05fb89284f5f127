from decimal import Decimal

import pytest

from bot.text.amounts import find_amounts, format_money, parse_amount


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("9000", "9000"),
        ("٩٬٠٠٠", "9000"),
        ("9.000", "9000"),
        ("9,000.50", "9000.50"),
        ("٩٬٥٠٠٫٧٥ ريال", "9500.75"),
        ("5 000 ريال", "5000"),
        ("٩ آلاف", "9000"),
        ("٩ آلاف و٥٠٠", "9500"),
        ("9 الاف و 500 ريال", "9500"),
        ("9k", "9000"),
        ("١٥ الف ريال", "15000"),
        ("تسعة آلاف وخمسمية", "9500"),
        ("خمسة وعشرين الف", "25000"),
        ("ثلاثة عشر الف", "13000"),
        ("خمسطعش الف ريال", "15000"),
        ("مية وعشرين الف", "120000"),
        ("خمس مية وخمسين", "550"),
        ("الفين وثلاثمية", "2300"),
        ("الف ونص", "1500"),
        ("نص مليون", "500000"),
        ("مليون و 200 الف", "1200000"),
        ("عشر تلاف", "10000"),
        ("ألف وخمسمائة ريال", "1500"),
        ("nine thousand five hundred", "9500"),
        ("SAR 1,200", "1200"),
        ("twenty five thousand riyals", "25000"),
        ("راتبي 9000 كم يخصمون", "9000"),
        ("بعد 3 شهور راتبي 9000", "9000"),
        ("قرار 46 وعلي ٥٠٠٠ ريال", "5000"),
        ("0", "0"),
        ("-500", "-500"),
        ("1000000000000", "1000000000000"),
    ],
)
def test_reads_sums_as_people_write_them(typed: str, amount: str) -> None:
    assert parse_amount(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "كم المدة",
        "عندي ثلاث قضايا",
        "القضية رقم 2",
        "2026-11-22",
        "33%",
        "6 شهور",
        "بعد خمسة ايام",
        "12:30",
        "الف شكر",
    ],
)
def test_takes_nothing_else_for_a_sum(typed: str) -> None:
    assert parse_amount(typed) is None


def test_tells_where_it_stands_in_the_text_as_typed() -> None:
    typed = "راتبي ٩ آلاف تقريبًا"
    [amount] = find_amounts(typed)
    assert typed[amount.start : amount.end] == "٩ آلاف"


@pytest.mark.parametrize(
    ("amount", "language", "printed"),
    [
        ("9000", "ar", "\u20669,000\u2069 ريال"),
        ("9000.5", "ar", "\u20669,000.50\u2069 ريال"),
        ("9000.00", "en", "\u2066SAR 9,000\u2069"),
        ("0.005", "en", "\u2066SAR 0.01\u2069"),
    ],
)
def test_prints_a_number_that_copies_whole(amount: str, language: str, printed: str) -> None:
    assert format_money(Decimal(amount), language) == printed

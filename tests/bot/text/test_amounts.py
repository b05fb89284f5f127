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
        ("خمستاشر الف", "15000"),
        ("اتناشر الف", "12000"),
        ("احد عشر ألفًا", "11000"),
        ("تلاتة تلاف", "3000"),
        ("تمنية الاف", "8000"),
        ("خمستلاف ريال", "5000"),
        ("ثلاثة وعشرون ألفًا وأربعمئة ريال", "23400"),
        ("٩ الااف", "9000"),
        ("بخمسة آلاف", "5000"),
        ("الف الا ربع ريال", "750"),
        ("مليون وميتين", "1200000"),
        ("مليون ومئتين ريال", "1000200"),
        ("خمسة ستة الاف", "6000"),
        ("5 الاف و 3 قضايا", "5000"),
        ("١٢،٥٠٠ ريال", "12500"),
        ("12.500,50", "12500.50"),
        ("1.500 مليون", "1500000"),
        ("\u200f9000\u200f ريال", "9000"),
        ("SR3000", "3000"),
        ("500﷼", "500"),
        ("5ams alaf riyal", "5000"),
        ("20 alf w nos", "20500"),
        ("the 6k one", "6000"),
        ("3000 شهريا", "3000"),
        ("كل شهر الف وماشي معكم", "1000"),
        ("مليون ونصص", "1500000"),
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
        "الف الف مبروك",
        "مية مية",
        "من الألف للياء",
        "كم بالمية",
        "ابوي ميت",
        "نص الراتب",
        "ربع",
        "عمري 40",
        "سنة 2019",
        "من 2019 الى 2023",
        "١٤٤٦هـ",
        "رجب 1447",
        "5 نوفمبر",
        "١٨٠ يووم",
        "36 قسط",
        "100 دولار",
        "الرمز 4829",
        "007312",
        "920001111",
        "3alay egaf w 6alabi",
        "I'm",
        "D360",
        "9" * 40,
    ],
)
def test_takes_nothing_else_for_a_sum(typed: str) -> None:
    assert parse_amount(typed) is None


@pytest.mark.parametrize(
    ("typed", "amounts"),
    [
        ("من 3000 الى 5000", ["3000", "5000"]),
        ("من 3000 ل5000", ["3000", "5000"]),
        ("3000-5000 ريال", ["3000", "5000"]),
        ("15-20 الف", ["15000", "20000"]),
        ("من 3 الى 5 الاف", ["3000", "5000"]),
        ("بين عشرة وعشرين الف", ["10000", "20000"]),
        ("9k-12k", ["9000", "12000"]),
        ("ستة الاف و 2000", ["6000", "2000"]),
    ],
)
def test_a_range_is_both_its_ends(typed: str, amounts: list[str]) -> None:
    assert [amount.value for amount in find_amounts(typed)] == [Decimal(amount) for amount in amounts]


@pytest.mark.parametrize(
    ("typed", "sure"),
    [
        ("9k", True),
        ("500 ريال", True),
        ("راتبي 9000", True),
        ("علي 2020", True),
        ("ادفع 50", True),
        ("9000", False),
        ("عندي 40 وراتبي زين", False),
        ("سددت في 15", False),
        ("ادفع 3", False),
    ],
)
def test_tells_a_sum_from_a_mere_number(typed: str, sure: bool) -> None:
    [amount] = find_amounts(typed)
    assert amount.sure is sure


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

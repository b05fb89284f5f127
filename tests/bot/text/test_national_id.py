import pytest

from bot.text.national_id import check_digit, find_id_like, id_problem, is_valid_national_id


@pytest.mark.parametrize("digits", ["1058529940", "1001244019", "1101798278"])
def test_known_ids_are_valid(digits: str) -> None:
    assert is_valid_national_id(digits)
    assert check_digit(digits[:9]) == int(digits[9])


@pytest.mark.parametrize(
    "digits", ["1234567890", "105852994", "10585299400", "3058529940", "", "abcdefghij", "١٠٥٨٥٢٩٩٤٠"]
)
def test_others_are_not(digits: str) -> None:
    assert not is_valid_national_id(digits)


@pytest.mark.parametrize(
    "typed",
    [
        "1058529940",
        "١٠٥٨٥٢٩٩٤٠",
        "۱۰۵۸۵۲۹۹۴۰",
        "105 852 9940",
        "1058-529-940",
        "\u200f1058529940",
        "هويتي 1058529940 الله يعافيك",
        "رقم الهوية:1058529940",
        "جوالي 0500000000 وهويتي 1058529940",
        "1058529940 0500000000",
    ],
)
def test_finds_an_id_however_it_is_typed(typed: str) -> None:
    assert find_id_like(typed) == "1058529940"
    assert id_problem(typed) is None


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("1058529941", "checksum"),
        ("105852994", "length"),
        ("هويتي 105852994", "length"),
        ("10585299401", "length"),
        ("4512345678", "first_digit"),
        ("1O5852994O", "letters"),
        ("10585A9940", "letters"),
    ],
)
def test_says_what_is_wrong(typed: str, problem: str) -> None:
    assert id_problem(typed) == problem


@pytest.mark.parametrize(
    "typed",
    ["", "محمد", "482913", "9000 ريال", "جوالي 0500000000", "قضيتي 4512345678", "فاتورة 701234567890", "كم المدة؟"],
)
def test_takes_nothing_else_for_an_id(typed: str) -> None:
    assert find_id_like(typed) is None
    assert id_problem(typed) is None

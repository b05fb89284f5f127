import pytest

from bot.text.clean import clean
from bot.text.digits import to_western
from bot.text.normalise import normalise


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("ﺍﻟﺴﻼﻡ ﻋﻠﻴﻜﻢ", "السلام عليكم"),
        ("\u200f1058529940\u200e", "1058529940"),
        ("10\u200b58\ufeff\u2066", "1058"),
        ("  كم \t المدة  ", "كم المدة"),
        ("سطر\r\n\n  آخر", "سطر\nآخر"),
        ("أبغى الفَاتُورة ٩", "أبغى الفَاتُورة ٩"),
        ("\x00\x07\u200f", ""),
        ("مقطوع\ud800", "مقطوع"),
    ],
)
def test_keeps_the_spelling_and_drops_what_nobody_sees(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


@pytest.mark.parametrize(
    ("typed", "western"), [("٠١٢٣٤٥٦٧٨٩", "0123456789"), ("۰۱۲۳۴۵۶۷۸۹", "0123456789"), ("رقم ١٢", "رقم 12")]
)
def test_digits_of_every_script_become_western(typed: str, western: str) -> None:
    assert to_western(typed) == western


@pytest.mark.parametrize(
    "spellings",
    [
        ("أبغى", "ابغي", "أَبْغَىٰ", "ابغىىىى", "ابـــغى", "ابغی"),
        ("الفاتورة", "الفاتوره", "الفَاتُورَةُ", "الفاتورة!!", "«الفاتورة»"),
        ("إضافة", "أضافه", "اضافة"),
        ("9000", "٩٠٠٠", "9,000", "٩٬٠٠٠", "۹۰۰۰"),
        ("Najiz", "NAJIZ", "najiz."),
    ],
)
def test_spellings_of_a_word_meet(spellings: tuple[str, ...]) -> None:
    assert len({normalise(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize("typed", ["", "؟؟!", "😀😀", "\u200f", "...", "👍🏽"])
def test_nothing_is_left_of_a_message_without_words(typed: str) -> None:
    assert normalise(typed) == ""


def test_digits_are_never_shortened() -> None:
    assert normalise("1110000") == "1110000"

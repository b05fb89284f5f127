import pytest

from bot.text.visible import visible


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("الراجحي", "الراجحي"),
        ("\u200fرَاجِـحِي\u200c ٩\u202c", "راجحي 9"),
        ("ﺍﻟﺮﺍﺟﺤﻲ", "الراجحي"),
        ("\ud800a\n\tb\x00", "a\n\tb"),
        ("", ""),
        ("\u064e\u200f", ""),
    ],
)
def test_only_what_is_seen_is_left(typed: str, seen: str) -> None:
    assert visible(typed).text == seen


def test_a_span_comes_back_as_typed_with_the_vowels_of_its_last_letter() -> None:
    typed = "في \u200fمِئَةٍ\u200f و٩"
    seen = visible(typed)
    place = seen.text.index("مئة")
    start, end = seen.span(place, place + 3)
    assert typed[start:end] == "مِئَةٍ"
    start, end = seen.span(len(seen.text) - 1, len(seen.text))
    assert typed[start:end] == "٩"

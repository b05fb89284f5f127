import pytest
from camel_tools.tokenizers.word import simple_word_tokenize

from bot.nlu.words import _TOKEN, words
from bot.project import DATA


@pytest.mark.parametrize(
    "typed",
    [
        "  أبغى الفَاتُورة!! ",
        "راتبي٤٥٠٠كم يبقالي؟",
        "abi 3ala 9000",
        "ﺍﻟﺴﻼﻡ عليكم 😀",
        "هويتي 1058\u200f529940",
        "١٢ و ١٢ و ١٢",
    ],
)
def test_every_word_stands_where_it_was_typed(typed: str) -> None:
    found = words(typed)
    assert found
    assert all(typed[word.start : word.start + len(word.text)] == word.text for word in found)
    assert [word.start for word in found] == sorted({word.start for word in found})


def test_lemmas_are_normalised_and_the_text_is_not() -> None:
    word, mark = words("الفَاتُورةُ!")[0], words("الفَاتُورةُ!")[-1]
    assert (word.text, word.lemma) == ("الفَاتُورةُ", "الفاتوره")
    assert (mark.text, mark.lemma) == ("!", "")


def test_parts_arabic_letters_from_digits_but_not_arabizi() -> None:
    assert [word.lemma for word in words("راتبي٤٥٠٠كم")] == ["راتبي", "4500", "كم"]
    assert [word.text for word in words("dayn 3ala abuy")] == ["dayn", "3ala", "abuy"]


def test_arabizi_comes_near_to_arabic() -> None:
    assert [word.lemma for word in words("abi arfa3")] == ["ابي", "ارفع"]


def test_english_stays_english() -> None:
    assert [word.lemma for word in words("How long?")] == ["how", "long", ""]


def test_tokens_are_those_of_camel_tools() -> None:
    """Found with one pattern instead of a search for each symbol; on everything that people wrote here, and worse."""
    typed = [sentence for path in sorted((DATA / "nlu").rglob("*.yml")) for sentence in path.read_text().splitlines()]
    odd = [
        "👨‍👩‍👧 شكرا🙏🏽!!",
        "١٢٣٫٥﷼ و5,000",
        "a_b-c@d.sa https://najiz.sa/x?y=1",
        "كَلِمَةٌ ﷺ 𐤀𞸀",
        "﴾نص﴿ …؟!",
        "\u200fنص\u200e",
    ]
    for text in [*typed[::40], *odd]:
        assert _TOKEN.findall(text) == simple_word_tokenize(text), text

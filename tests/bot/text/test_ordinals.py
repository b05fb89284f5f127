import pytest

from bot.text.ordinals import parse_ordinal


@pytest.mark.parametrize(
    ("typed", "which"),
    [
        ("الأولى", 1),
        ("الاولا", 1),
        ("القضية الثانية", 2),
        ("لا، الثالثه", 3),
        ("ثاني وحدة", 2),
        ("رقم ٢", 2),
        ("2", 2),
        ("٣", 3),
        ("واحد", 1),
        ("الأخيرة", -1),
        ("آخر وحدة", -1),
        ("the second one", 2),
        ("second", 2),
        ("the last one", -1),
    ],
)
def test_reads_which_one(typed: str, which: int | None) -> None:
    assert parse_ordinal(typed) == which


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "عندي موضوع ثاني",
        "من الأول",
        "المرة الثانية",
        "رقم الهوية 1058529940",
        "قضية ثانية غير هذي",
        "0",
        "كم المدة",
    ],
)
def test_a_passing_word_chooses_nothing(typed: str) -> None:
    assert parse_ordinal(typed) is None

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
        ("القضية 1", 1),
        ("القضية ٢", 2),
        ("قضية رقم 3", 3),
        ("لا، غلطت، قصدي القضية 1", 1),
        ("مو القضية 1، القضية 2", 2),
        ("no, the second case", 2),
        ("No, case 2", 2),
        ("case number 3", 3),
        ("case two", 2),
        ("2nd", 2),
        ("7th", 7),
        ("12", 12),
        ("رقم٢", 2),
        ("امقضية امثانية", 2),
        ("9adiya ragm 3", 3),
        ("el thanya", 2),
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
        "القضية 2024",
        "قضية 4512345678",
        "القضية 5 الاف ريال",
        "القضية لها 6 شهور",
        "القضية 6 شهور",
        "6 شهور",
        "case 3 months ago",
        "case 2023",
        "القضية 12/6/1448",
        "عندي 3 قضايا",
        "عندي قضية وحدة",
        "الشهر الثاني",
        "2nd month",
        "أول مرة",
        "first time here",
        "no one helps me",
        "not the second one",
        "9000 ريال",
        "first of all, thank you",
        "men el awwal",
        "اول شي ابي اعرف",
        "ragam el 6alab 66120934",
    ],
)
def test_a_passing_word_chooses_nothing(typed: str) -> None:
    assert parse_ordinal(typed) is None

import pytest

from bot.text.questions import pieces


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("كم مدة رفع الايقاف وهل ينخصم من الراتب؟", ["كم مدة رفع الايقاف", "هل ينخصم من الراتب؟"]),
        ("هل يوقفون الراتب وكم نسبة الخصم", ["هل يوقفون الراتب", "كم نسبة الخصم"]),
        ("كم مدة الرفع؟ وكيف ادفع؟", ["كم مدة الرفع؟", "كيف ادفع؟"]),
        ("كم مدة الرفع\nوهل اقدر اسافر", ["كم مدة الرفع", "هل اقدر اسافر"]),
        ("ابي اسدد فاتورتي الحين، ووش يصير بعد السداد؟", ["ابي اسدد فاتورتي الحين", "وش يصير بعد السداد؟"]),
        ("كيف اعترض؟ وابي اكلم موظف", ["كيف اعترض؟", "ابي اكلم موظف"]),
        ("how long does it take and can I travel?", ["how long does it take", "can I travel?"]),
    ],
)
def test_parts_two_questions(typed: str, parts: list[str]) -> None:
    assert pieces(typed) == parts


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "وش اسوي؟؟؟",
        "هل اقدر اسافر واشتري سيارة",
        "تسعة آلاف وخمسمية ريال وعشرين",
        "راتبي 9,000.50 ريال كم يخصمون",
        "السلام عليكم كيف الحال وكيف ارفع الايقاف",
        "اقدر ادفع جزء من الفاتورة والباقي بعدين؟ كيف اسويها",
        "احتاج قرار 34 عشان تطلع الفاتورة؟ وش شروطها",
    ],
)
def test_leaves_one_question_whole(typed: str) -> None:
    assert pieces(typed) == [typed]


def test_never_makes_more_than_three_and_loses_nothing() -> None:
    parts = pieces("كم مدة الرفع؟ كيف ادفع الفاتورة؟ هل اقدر اسافر؟ هل يخصمون الراتب؟")
    assert len(parts) == 3
    assert parts[2] == "هل اقدر اسافر؟ هل يخصمون الراتب؟"

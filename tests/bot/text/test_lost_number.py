import pytest

from bot.text.lost_number import says_number_is_lost


@pytest.mark.parametrize(
    "typed",
    [
        "هذا مو رقمي الجوال القديم", "مو رقمي", "مب جوالي", "هذا مهو رقمي", "ليس رقم جوالي", "الرقم تغير",
        "رقمي تغيّر من زمان",
        "غيرت رقمي", "تغير رقم جوالي", "رقمي القديم مع اخوي", "الرقم هذا مع زوجي", "الشريحة انقطعت", "ضاع جوالي",
        "ضيعت الشريحة",
        "رقمي ما عاد معي", "الجوال مو معي", "الرقم مو لي", "ما عاد عندي الرقم", "الرقم اللي عندكم قديم",
        "not my number", "that's not my phone number", "it isn't my number", "old sim", "this is my old number",
        "I changed my number", "my number has changed", "I lost my phone", "I don't have that number",
        "the number is not mine",
        "I no longer have this sim",
    ],
)  # fmt: skip
def test_the_number_is_lost(typed: str) -> None:
    assert says_number_is_lost(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "", "ما وصلني الرمز", "ما جاني شي على جوالي", "الرمز ما وصل على رقمي", "كم رقم الفاتورة", "رقم القضية تغير",
        "تغير رقم القضية",
        "رقم الهوية مو لي", "ضاع رقم الطلب", "الرقم صحيح ما تغير", "ما غيرت رقمي", "الرمز تغير",
        "ما عاد وصلني شي على جوالي",
        "وصلني على الجوال رمز قديم", "عندي جوال قديم والتطبيق ما يفتح", "ارسلوا رمز جديد على جوالي", "هذا رقمي",
        "no code came to my phone", "the case number changed", "I lost the invoice number",
        "I don't have the case number",
        "my number has not changed", "I didn't change my number", "I never changed my number",
    ],
)  # fmt: skip
def test_the_number_is_still_theirs(typed: str) -> None:
    assert not says_number_is_lost(typed)

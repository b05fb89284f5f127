import pytest

from bot.text.yes_no import parse_yes_no


@pytest.mark.parametrize(
    "typed",
    [
        "نعم", "ايوه", "إيوااا", "اي", "إيه ارسل", "ارسل", "أرسله", "ارسلوه", "قدموه", "قدم الطلب", "تمام ارسل",
        "تمام", "أكيد",
        "يلا", "توكلنا على الله", "موافق", "خلاص ارسل", "ايه والله ارسلوه الحين الله يعطيكم العافية", "ما عندي مانع",
        "👍",
        "ok", "Yes", "yes, send it", "send", "send it please", "file it", "submit", "go ahead", "no problem, send it",
        "eh", "aywa", "na3am", "tamam arsel",
    ],
)  # fmt: skip
def test_yes(typed: str) -> None:
    assert parse_yes_no(typed) is True


@pytest.mark.parametrize(
    "typed",
    [
        "لا", "لاااا", "لا ترسل", "لا ترسلونه", "مو الحين", "خلاص لا", "لا ابي", "ما أبي", "ما ابي ترسلون",
        "ما ابي ارسله", "i don't want", "تمام لا ترسل", "لا شكرا",
        "لا والله مو الحين", "الغيه", "بعدين", "غير موافق", "لا أوافق",
        "don't send", "don’t send it", "do not send", "no", "No thanks", "cancel it", "not now", "not yet", "la",
        "mabi", "mo al7een",
    ],
)  # fmt: skip
def test_no(typed: str) -> None:
    assert parse_yes_no(typed) is False


@pytest.mark.parametrize(
    "typed",
    [
        "", "ارسل ولا لا؟", "ارسل ولا لا", "send or not", "ok?", "نعم؟", "اي طلب", "ارسل الرمز",
        "send the code again", "ارسلتوه",
        "لا ارسل", "no send it", "نعم لا ترسل", "not sure", "مو متأكد", "لا أدري", "خلاص", "شكرا", "1", "9000",
        "ما ارسلتوا شي",
        "نعم بس ابي اعدل السبب اول", "لا يمكن اسدد هالمبلغ كله", "ok but change the months first", "ابي اكلم موظف",
    ],
)  # fmt: skip
def test_unclear(typed: str) -> None:
    assert parse_yes_no(typed) is None

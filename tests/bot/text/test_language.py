import pytest

from bot.text.language import detect, first_language, is_arabizi, other_language


@pytest.mark.parametrize(
    "typed",
    [
        "كم ياخذ رفع الايقاف",
        "كيف ادفع",
        "السلام عليكم",
        "الفاتورة pdf كيف أنزلها",
        "abi a3rf 3ly e8af wla la",
        "kaif arfa3 el i8af",
        "wain wesel talabi",
        "abi alfatora",
        "el khadamat",
    ],
)
def test_arabic_also_in_latin_letters(typed: str) -> None:
    assert detect(typed) == "ar"


@pytest.mark.parametrize(
    "typed",
    [
        "how long does it take",
        "how long?",
        "I want to pay now",
        "hello",
        "sir iqama renew possible or not",
        "I don't know what's this",
        "switch to arabic",
        "pay with al rajhi",
    ],
)
def test_english(typed: str) -> None:
    assert detect(typed) == "en"


@pytest.mark.parametrize(
    "typed",
    [
        "", "1058529940", "٩٠٠٠", "😀", "؟!", "ok", "Ahmed Ali", "احمد محمد", "قضاياي", "alrajhi", "الراجحي", "نعم",
        "al rajhi", "Al-Rajhi", "Al Rajhi Bank", "el inma", "snb", "البنك الأهلي السعودي", "Pay", "pay now",
        "lift request",
        "bengali language ache?", "تكلم عربي",
    ],
)  # fmt: skip
def test_values_names_and_buttons_tell_nothing(typed: str) -> None:
    assert detect(typed) is None
    assert other_language(typed) is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("میری سروس کیوں بند ہے", "ur"),
        ("mera salary kyun band hai", "ur"),
        ("mera service band hai kya karu", "ur"),
        ("meri service kab khulegi", "ur"),
        ("मेरी सेवा क्यों बंद है", "hi"),
        ("क्या है", "hi"),
        ("আমার সেবা কেন বন্ধ", "bn"),
        ("bakit po nakatigil ang serbisyo ko", "tl"),
        ("bagaimana saya bisa membayar tagihan", "id"),
        ("comment payer la facture", "fr"),
        ("خدمات من چرا قطع شده است", "fa"),
    ],
)
def test_other_languages_are_named(typed: str, code: str) -> None:
    assert detect(typed) == "other"
    assert other_language(typed) == code


@pytest.mark.parametrize(
    "typed",
    ["سيارة ورثناها من الوالد وواحد من الورثة موقوف", "گلت لك ابي اسدد", "الخصم من اجمالي الراتب ولا من الأساسي"],
)
def test_dialect_letters_are_still_arabic(typed: str) -> None:
    assert detect(typed) == "ar"


def test_tells_arabizi_from_english() -> None:
    assert is_arabizi("abi fatora")
    assert not is_arabizi("my invoice")
    assert not is_arabizi("ابي فاتورة")


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("hi", "en"), ("Hello!", "en"), ("lift request", "en"), ("pay", "en"), ("my case 4512345678", "en"),
        ("500 SAR", "en"),
        ("هلا", "ar"), ("قضيتي", "ar"), ("فاتورة pdf", "ar"), ("hi السلام عليكم", "ar"),
        ("", None), ("1058529940", None), ("👍", None), ("SA0380000000608010167519", None), ("salam", None),
        ("mar7aba", None),
        ("abi fatora", None), ("alrajhi", None), ("सेवा", None),
    ],
)  # fmt: skip
def test_one_word_decides_the_first_language(typed: str, language: str | None) -> None:
    assert first_language(typed) == language

import pytest

from bot.text.language import detect, is_arabizi, other_language


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
    ],
)
def test_english(typed: str) -> None:
    assert detect(typed) == "en"


@pytest.mark.parametrize(
    "typed",
    ["", "1058529940", "٩٠٠٠", "😀", "؟!", "ok", "Ahmed Ali", "احمد محمد", "قضاياي", "alrajhi", "الراجحي", "نعم"],
)
def test_values_names_and_buttons_tell_nothing(typed: str) -> None:
    assert detect(typed) is None
    assert other_language(typed) is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("میری سروس کیوں بند ہے", "ur"),
        ("mera salary kyun band hai", "ur"),
        ("मेरी सेवा क्यों बंद है", "hi"),
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

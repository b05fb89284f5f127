import pytest

from bot.text.secrets import secret_in


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("4111 1111 1111 1111", "card"),
        ("رقم بطاقتي ٤١١١١١١١١١١١١١١١", "card"),
        ("cvv 123", "card"),
        ("SA0380000000608010167519", "iban"),
        ("ايباني sa39 1500 0999 1031 4343 0001", "iban"),
        ("كلمة سر حسابي البنكي هي سامي123", "password"),
        ("باسورد نفاذ Abc@123", "password"),
        ("باسوردي: محمد", "password"),
        ("رقمي السري للبنك هو 4821", "password"),
        ("SA0380000000608010167519 this is my iban take from there", "iban"),
        ("my password is hunter2", "password"),
        ("رمز التحقق حق البنك 482913", "bank_code"),
        ("كود الراجحي 1234", "bank_code"),
        ("رقم نفاذ 45", "bank_code"),
    ],
)
def test_notices_what_should_not_be_shared(typed: str, kind: str) -> None:
    assert secret_in(typed) == kind


@pytest.mark.parametrize(
    "typed",
    [
        "نسيت كلمة السر",
        "كلمة السر ما تشتغل",
        "كلمة السر هي المشكلة",
        "كلمة المرور خطأ وش اسوي",
        "وش كلمة السر حق نفاذ؟",
        "هل تطلبون الرقم السري؟",
        "my password is wrong",
        "is my password safe?",
        "الرمز 482913",
        "482913",
        "1058529940",
        "ادفع في بنك الراجحي رقم الفاتورة 701234567890",
        "رقم الطلب في البنك 12345678",
        "جاني رمز من البنك ايش اسوي",
    ],
)
def test_a_mention_is_no_secret(typed: str) -> None:
    assert secret_in(typed) is None

import pytest

from bot.text.mask import mask, mask_any


@pytest.mark.parametrize(
    ("typed", "masked"),
    [
        ("هويتي ١٠٥٨٥٢٩٩٤٠ وجوالي 0500000000", "هويتي ⟨national_id⟩ وجوالي ⟨mobile⟩"),
        ("1058-529-940", "⟨national_id⟩"),
        ("1058\u200f529940", "⟨national_id⟩"),
        ("رقم1058529940هذا", "رقم⟨national_id⟩هذا"),
        ("هويتي 105852994", "هويتي ⟨national_id⟩"),
        ("1058529940 0500000000", "⟨national_id⟩ ⟨mobile⟩"),
        ("+966 50 000 0000", "⟨mobile⟩"),
        ("00966500000056", "⟨mobile⟩"),
        ("رَمْز التحقق هو 4829", "رَمْز التحقق هو ⟨code⟩"),
        ("el ramz 4471", "el ramz ⟨code⟩"),
        ("كوود 4471", "كوود ⟨code⟩"),
        ("SA03 8000 0000 6080 1016 7519 hi", "⟨iban⟩ hi"),
        ("GB29 NWBK 6016 1331 9268 19 is abroad", "⟨iban⟩ is abroad"),
        ("482913", "⟨code⟩"),
        ("٤٨٢٩", "⟨code⟩"),
        ("الرمز 482913", "الرمز ⟨code⟩"),
        ("code: 4829", "code: ⟨code⟩"),
        ("هذا هو 482913", "هذا هو ⟨code⟩"),
        ("SA03 8000 0000 6080 1016 7519", "⟨iban⟩"),
        ("٤١١١ ١١١١ ١١١١ ١١١١", "⟨card⟩"),
        ("cvv 123", "cvv ⟨card⟩"),
        ("باسوردي هو Abc@123", "باسوردي هو ⟨password⟩"),
        ("راسلوني a.b@example.com", "راسلوني ⟨email⟩"),
        ("فاتورة 701234567890 وقضية 4512345678", "فاتورة ⟨invoice_number⟩ وقضية ⟨case_number⟩"),
        ("قضية 8512345678", "قضية ⟨case_number⟩"),
        ("طلب 12345678", "طلب ⟨request_number⟩"),
        ("105 852 9940 4829", "⟨number⟩"),
    ],
)
def test_hides_what_must_not_be_kept(typed: str, masked: str) -> None:
    assert mask(typed) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "typed",
    [
        "راتبي ٩٠٠٠ ريال",
        "المبلغ 1,500,000 ريال",
        "بتاريخ 2026-11-22 10:30:00",
        "22/11/2026",
        "1448/06/12",
        "قرار 46 و 34",
        "920003344 أو 1950",
        "a3f10585-1234-4123-8123-123456789012",
        "150000 ريال",
        "ba3 3lay el camry kash w 7awwalt lah el felos",
        "",
    ],
)
def test_leaves_the_rest_as_typed(typed: str) -> None:
    assert mask(typed) == typed


def test_goes_through_lists_and_objects() -> None:
    event = {
        "text": "١٠٥٨٥٢٩٩٤٠",
        "entities": [{"value": 1058529940}],
        "timestamp": 1732262400.5,
        "ok": True,
        "none": None,
        "step": 3,
    }
    assert mask_any(event) == {
        "text": "⟨national_id⟩",
        "entities": [{"value": "⟨national_id⟩"}],
        "timestamp": 1732262400.5,
        "ok": True,
        "none": None,
        "step": 3,
    }

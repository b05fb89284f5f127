import pytest

from bot.nlu.entities import find_entities


def found(text: str) -> list[tuple[str, object, str]]:
    return [
        (entity["entity"], entity["value"], text[entity["start"] : entity["end"]]) for entity in find_entities(text)
    ]


@pytest.mark.parametrize(
    ("text", "entity", "value", "typed"),
    [
        ("هويتي ١٠٥٨-٥٢٩-٩٤٠ تفضل", "national_id", "1058529940", "١٠٥٨-٥٢٩-٩٤٠"),
        ("جوالي ٠٥٠٠٠٠٠٠٠٠", "mobile", "0500000000", "٠٥٠٠٠٠٠٠٠٠"),
        ("اتصل على +966 50 000 0000", "mobile", "0500000000", "+966 50 000 0000"),
        ("الرمز ٤٨٢٩١٣", "code", "482913", "٤٨٢٩١٣"),
        ("فاتورة 701234567890", "invoice_number", "701234567890", "701234567890"),
        ("قضية 4512345678", "case_number", "4512345678", "4512345678"),
        ("قضية ٨٥١٢٣٤٥٦٧٨", "case_number", "8512345678", "٨٥١٢٣٤٥٦٧٨"),
        ("طلبي 12345678 وين وصل", "request_number", "12345678", "12345678"),
        ("sa03 8000 0000 6080 1016 7519", "iban", "SA0380000000608010167519", "sa03 8000 0000 6080 1016 7519"),
        ("كم يخصمون من ٩ آلاف", "amount", "9000", "٩ آلاف"),
        ("عندي 9,000.50 ريال", "amount", "9000.5", "9,000.50"),
        ("من 12/6/1448 موقوف", "date", "2026-11-22", "12/6/1448"),
        ("القضية الثانية", "ordinal", 2, "الثانية"),
        ("رقم ٢", "ordinal", 2, "٢"),
        ("ابي ادفع بالراجحي", "bank", "rajhi", "بالراجحي"),
        ("وبنك البلاد", "bank", "albilad", "وبنك البلاد"),
        ("للأهلي", "bank", "snb", "للأهلي"),
        ("pay with alrajhi", "bank", "rajhi", "alrajhi"),
        ("والرخصة وش وضعها، اقصد رخصة القيادة", "service", "driving_licence", "رخصة القيادة"),
        ("يوقفون الجوازات؟ بالجواز وش يصير", "service", "passport", "بالجواز"),
        ("abi ajadded jawazi", "service", "passport", "jawazi"),
    ],
)
def test_values_are_canonical_and_offsets_as_typed(text: str, entity: str, value: object, typed: str) -> None:
    assert (entity, value, typed) in found(text)


def test_the_clitic_and_article_before_a_service_do_not_hide_it() -> None:
    assert ("service", "driving_licence", "والليسن") in found("الجواز والليسن موقوفين")


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("انا ساكن في الرياض وخدماتي موقوفة من زمان", "bank"),
        ("هويتي 105852994", "national_id"),
        ("الرمز 482913", "amount"),
        ("طلبي 12345678 وين وصل", "amount"),
        ("عندي موضوع ثاني غير هذا", "ordinal"),
        ("راتبي 9000 ريال", "code"),
        ("2026-11-22", "amount"),
    ],
)
def test_takes_nothing_for_what_it_is_not(text: str, entity: str) -> None:
    assert entity not in {name for name, *_ in found(text)}


def test_a_bare_number_may_be_a_code_or_a_sum() -> None:
    assert found("9000") == [("code", "9000", "9000"), ("amount", "9000", "9000")]


def test_a_word_that_is_also_a_city_is_a_bank_when_it_is_the_whole_answer() -> None:
    assert found("الرياض") == [("bank", "riyad", "الرياض")]

"""What is found in a message, kind by kind: what it must find, and what it must leave alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from bot.nlu.entities import find_entities
from bot.text.visible import visible

Found = tuple[str, ...]
"""Entity, value and, of a date, its calendar."""


def found(text: str) -> list[Found]:
    return [
        (entity["entity"], str(entity["value"]), *([entity["calendar"]] if "calendar" in entity else []))
        for entity in find_entities(text)
    ]


def typed(text: str) -> list[str]:
    return [text[entity["start"] : entity["end"]] for entity in find_entities(text)]


def of(entity: str, *rows: tuple[str, ...]) -> list[tuple[str, list[Found]]]:
    """Each row: the text, then the values of `entity` in it, and nothing else is found."""
    return [(text, [(entity, value) for value in values]) for text, *values in rows]


NATIONAL_ID = of(
    "national_id",
    ("1058529940", "1058529940"),
    ("هويتي ١٠٥٨-٥٢٩-٩٤٠ تفضل", "1058529940"),
    ("۱۰۵۸۵۲۹۹۴۰ هذي هويتي", "1058529940"),
    ("رقم الهوية: 1058529940", "1058529940"),
    ("اقامتي 2345678901 سجلها", "2345678901"),
    ("my iqama number is 2345678901", "2345678901"),
    ("سجل1058529940عندك", "1058529940"),
)
NOT_NATIONAL_ID = ["هويتي 105852994", "هويتي 10585299401", "قضية 4512345678", "جوالي 0500000000", "3058529940"]

MOBILE = of(
    "mobile",
    ("جوالي ٠٥٠٠٠٠٠١٢٣", "+966500000123"),
    ("+966500000123", "+966500000123"),
    ("اتصل على +966 50 000 0123", "+966500000123"),
    ("00966500000123", "+966500000123"),
    ("رقمي ٠٠٩٦٦٥٠٠٠٠٠٠٥٦ سجله", "+966500000056"),  # by chance it passes for a card
    ("966500000123", "+966500000123"),
    ("+9660500000123", "+966500000123"),
    ("500000123", "+966500000123"),
    ("050-000-0123", "+966500000123"),
    ("0500000123 و 0500000124", "+966500000123", "+966500000124"),
)
NOT_MOBILE = ["920001111", "050000012", "05000001234", "0112345678", "المبلغ 500000 ريال", "+971501234567"]

CODE = of(
    "code",
    ("الرمز ٤٨٢٩١٣", "482913"),
    ("الرمز ٧١٩ ٣٠٥", "719305"),
    ("الكود اللي جاني 4829", "4829"),
    ("كوود 771204", "771204"),
    ("el ramz 4471", "4471"),
    ("code: 007312", "007312"),
    ("هذا هو 482913", "482913"),
)
NOT_CODE = ["راتبي 9000 ريال", "بدفع 150000", "سنة 2024", "كم رسوم 4829 ريال", "رمز التحقق ما وصل"]

INVOICE_NUMBER = of(
    "invoice_number",
    ("فاتورة 701234567890", "701234567890"),
    ("رقم الفاتوره ٧٠١٢٣٤٥٦٧٨٩١", "701234567891"),
    ("الفاتورة 70 1234 5678 90 وش فيها", "701234567890"),
)
NOT_INVOICE_NUMBER = ["فاتورة 801234567890", "70123456789", "فاتورة 12345678", "7012345678901"]

CASE_NUMBER = of(
    "case_number",
    ("قضية 4512345678", "4512345678"),
    ("قضية ٨٥١٢٣٤٥٦٧٨ وين وصلت", "8512345678"),
    ("رقم القضية:4512345678", "4512345678"),
)
NOT_CASE_NUMBER = ["القضية 2", "قضية 451234567", "قضية 5512345678", "1058529940"]

REQUEST_NUMBER = of(
    "request_number",
    ("طلبي 12345678 وين وصل", "12345678"),
    ("رقم الطلب ۷۷۱۲۰۰۴۴", "77120044"),
    ("عندي طلبات 55012398 و 55012397", "55012398", "55012397"),
)
NOT_REQUEST_NUMBER = [
    "رقم الفاتورة 12345678",
    "invoice no 12345678",
    "علي 12500000 ريال",
    "بتاريخ 15-11-2026",
    "طلبي 1234567",
    "قضيتي رقمها 12345678",
]

IBAN = of(
    "iban",
    ("SA0380000000608010167519", "SA0380000000608010167519"),
    ("sa03 8000 0000 6080 1016 7519", "SA0380000000608010167519"),
    ("آيباني SA٠٣ ٨٠٠٠ ٠٠٠٠ ٦٠٨٠ ١٠١٦ ٧٥١٩ حولوا", "SA0380000000608010167519"),
    ("SA03 8000 0000 6080 1016 7519 hi there", "SA0380000000608010167519"),
    ("it is GB29 NWBK 6016 1331 9268 19 in London", "GB29NWBK60161331926819"),
)
NOT_IBAN = ["SA03", "in 2021 I handed over keys, all of them", "ba3 3lay el camry kash w 7awwalt lah el", "GB29 NWBK"]

AMOUNT = of(
    "amount",
    ("9k", "9000"),
    ("9.5k", "9500"),
    ("٩ آلاف", "9000"),
    ("٩ الااف", "9000"),
    ("٩ آلاف و٥٠٠", "9500"),
    ("تسعة آلاف وخمسمية", "9500"),
    ("12,500.50", "12500.5"),
    ("١٢٬٥٠٠٫٥٠", "12500.5"),
    ("12.500,50", "12500.5"),
    ("عليّ ١٢،٥٠٠ ريال", "12500"),
    ("۱۲٬۵۰۰ ريال", "12500"),
    ("نص مليون", "500000"),
    ("مليون ونص", "1500000"),
    ("مليون وميتين", "1200000"),
    ("1.5 مليون", "1500000"),
    ("1.500 مليون", "1500000"),
    ("الفين ريال", "2000"),
    ("الف الا ربع ريال", "750"),
    ("الف ونص", "1500"),
    ("خمستعش الف", "15000"),
    ("خمستاشر الف", "15000"),
    ("احد عشر ألفًا", "11000"),
    ("تلاتة تلاف", "3000"),
    ("خمستلاف", "5000"),
    ("تمنية الاف", "8000"),
    ("تمنمية وخمسين ريال", "850"),
    ("ميتين ريال", "200"),
    ("ثلاثة وعشرون ألفًا وأربعمئة", "23400"),
    ("مية وعشرين الف", "120000"),
    ("بخمسة آلاف", "5000"),
    ("500﷼", "500"),
    ("500 \u20c1", "500"),
    ("SAR 3000", "3000"),
    ("SR3000", "3000"),
    ("3000 SR", "3000"),
    ("٥٠٠ ر.س", "500"),
    ("٥٥٠ ریال", "550"),
    ("15 alf riyal", "15000"),
    ("5ams alaf", "5000"),
    ("five thousand two hundred riyals", "5200"),
    ("half a million", "500000"),
    ("من 3000 الى 5000", "3000", "5000"),
    ("من 3 الى 5 الاف", "3000", "5000"),
    ("بين عشرة وعشرين الف", "10000", "20000"),
    ("3000-5000 ريال", "3000", "5000"),
    ("خمسة ستة الاف", "6000"),
    ("5 الاف و 3 قضايا", "5000"),
    ("بدفع 150000", "150000"),
    ("علي 12500000 ريال", "12500000"),
    ("3000 شهريا", "3000"),
    ("بدفع 50", "50"),
    ("علي 1450", "1450"),
)
NOT_AMOUNT = [
    "33%",
    "٣٣٪",
    "ثلاثة وثلاثين بالمية",
    "كم بالمية يخصمون من الدخل",
    "ربع الراتب",
    "نص الراتب",
    "عمري 40",
    "عمري ٤٥ سنة",
    "3 قضايا",
    "٥ ايام",
    "١٨٠ يووم",
    "شهرين",
    "عندي 3 عيال",
    "36 قسط",
    "سنة 2019",
    "موقوف من 2019 الى 2023",
    "١٤٤٦هـ",
    "موديل 2015",
    "15/11/2026",
    "31/2/2026",
    "5 نوفمبر",
    "رجب 1447",
    "الساعة 9:30",
    "القضية رقم 2",
    "قرار 46",
    "طلع علي ٤٦",
    "الف شكر",
    "الف الف مبروك",
    "تمام مية مية",
    "من الألف للياء",
    "ابوي ميت",
    "سداد الدين عن الميت",
    "لا احد يرد",
    "ابي الثلاثة",
    "3alay egaf w 6alabi ma wsal",
    "I'm suspended",
    "بنك 360",
    "1950 ما يردون",
    "اتصلت على 937 امس",
    "920001111",
    "100 دولار",
    "الرمز 482913",
    "طلبي 12345678 وين وصل",
    "1058529940",
    "0500000123",
    "9" * 5000,
]

DATE: list[tuple[str, list[Found]]] = [
    ("2026-11-15", [("date", "2026-11-15", "gregorian")]),
    ("15/11/2026", [("date", "2026-11-15", "gregorian")]),
    ("١٥ / ١١ / ٢٠٢٦", [("date", "2026-11-15", "gregorian")]),
    ("۱۵.۱۱.۲۰۲۶", [("date", "2026-11-15", "gregorian")]),
    ("1447/5/3", [("date", "2025-10-25", "hijri")]),
    ("٣ رجب ١٤٤٧", [("date", "2025-12-23", "hijri")]),
    ("١٥ جماد الثاني ١٤٤٧هـ", [("date", "2025-12-06", "hijri")]),
    ("1 ذوالحجة سنة 1447", [("date", "2026-05-18", "hijri")]),
    ("3 من نوفمبر 2026", [("date", "2026-11-03", "gregorian")]),
    ("الثالث والعشرين من نوفمبر 2026", [("date", "2026-11-23", "gregorian")]),
    ("November 3rd, 2026", [("date", "2026-11-03", "gregorian")]),
    ("3 nov 2026", [("date", "2026-11-03", "gregorian")]),
    ("12 كانون الثاني 2026", [("date", "2026-01-12", "gregorian")]),
    (
        "من 1/1/1447 الى 5/5/2026",
        [("date", "2025-06-26", "hijri"), ("date", "2026-05-05", "gregorian")],
    ),
]
NOT_DATE = [
    "31/2/2026",
    "45/13/2026",
    "30/2/1447",
    "31/2",
    "11/15/2026",
    "3 رجب 2026",
    "22 حزينبر 2026",
    "نوفمبر 2026",
    "5 نوفمبر",
    "بكرة",
    "1058-52-9940",
    "م/46",
]

BANK = of(
    "bank",
    ("الراجحي", "rajhi"),
    ("بالراجحي", "rajhi"),
    ("وبالراجحي", "rajhi"),
    ("فالراجحي", "rajhi"),
    ("عالراجحي", "rajhi"),
    ("هالراجحي", "rajhi"),
    ("امراجحي", "rajhi"),
    ("حق الراجحي", "rajhi"),
    ("ب الراجحييي", "rajhi"),
    ("قصدي الراحجي", "rajhi"),
    ("rajhi", "rajhi"),
    ("pay with alrajhi", "rajhi"),
    ("belrajhi", "rajhi"),
    ("rajehi", "rajhi"),
    ("للأهلي", "snb"),
    ("ادفع عالبنك الاهلي", "snb"),
    ("bank al-ahli", "snb"),
    ("snb", "snb"),
    ("ابغا ادفع من الاهلي", "snb"),
    ("الاهلي مسكر علي ولا ريال اقدر اصرفه", "snb"),
    ("وبنك البلاد", "albilad"),
    ("بحولها من حسابي بالبلاد", "albilad"),
    ("الرياض", "riyad"),
    ("بالرياض", "riyad"),
    ("ايش دا، انا قلت الرياض مو الراجحي", "riyad", "rajhi"),
    ("ابي ادفع بالإنماء", "inma"),
    ("حساب إنماء حقي القديم", "inma"),
    ("البنك الأول", "sab"),
    ("السعودي الفرنسي", "bsf"),
    ("العربي الوطني وسايب", "anb", "saib"),
    ("بنك الجزيره", "aljazira"),
    ("بنك ميم", "gib"),
    ("بنك الإمارات دبي الوطني", "emirates_nbd"),
    ("بنك أبوظبي الأول", "fab"),
    ("بنك الكويت الوطني", "nbk"),
    ("stc bank ولا D360", "stc_bank", "d360"),
    ("فيجن بنك", "vision_bank"),
)
NOT_BANK = [
    "انا ساكن في الرياض وخدماتي موقوفة من زمان",
    "سددت وانا في الرياض قبل امس",
    "فيه بنك في الرياض يفتح السبت",
    "مغادرة البلاد",
    "خارج البلاد",
    "أنا خارج البلاد حاليا وراتبي ينزل",
    "إنما أردت أن أسأل عن المدة",
    "صندوق الإنماء الاجتماعي",
    "ينفع أحول فلوس لأهلي وأنا موقوف",
    "الاهلي كسب المباراة امس",
    "كلمني بالعربي",
    "النفاذ الوطني",
    "السبب اني سددت",
    "ye sab kya hai bhai sahab",
    "البنك اول ما سددت قال اصبر",
    "نبدا من الأول",
    "3600 riyal",
]

SERVICE = of(
    "service",
    ("الجواز", "passport"),
    ("بالجواز وش يصير", "passport"),
    ("امجواز خلص", "passport"),
    ("والجوازات", "passport"),
    ("abi ajadded jawazi", "passport"),
    ("فالرخصة", "driving_licence"),
    ("والليسن", "driving_licence"),
    ("رخصة البلدية", "municipal_licence"),
    ("رخصة العمل", "work_permit"),
    ("تجديد رخصة السير", "vehicle_registration"),
    ("ابي اجدد الهوية", "national_id"),
    ("والإقامة تتجدد؟", "iqama"),
    ("للسفر", "travel"),
    ("مغادرة البلاد", "travel"),
    ("من ابشر", "absher"),
    ("كنت ادخل ابشر كل يوم", "absher"),
    ("العمرة", "hajj_umrah"),
    ("ابي اروح عمرة بعد اسبوع", "hajj_umrah"),
    ("والكهرباء", "utilities"),
    ("الجواز والليسن", "passport", "driving_licence"),
    ("Is my SIM blocked too?", "sim_card"),
)
NOT_SERVICE = [
    "ما الفرق",
    "لما سددت ما صار شي",
    "نحيطكم علمًا",
    "كم المدة",
    "لسه ما جاني",
    "المبلغ المطالب به",
    "سجل عندك",
    "يوم الجمعة",
    "jum3a",
    "عمره سبعين",
    "ابشر طال عمرك",
    "ابشر يا بعدي",
    "جوزي موقوف",
    "الأجر على الله",
    "في المملكة",
    "الحجي هذا",
    "do they work?",
    "الرخصة المهنية",
    "رخصت السيارة كثير",
    "صك حصر ورثة",
    "رقم هويتي",
    "هويتي 1058529940",
    "اقامتي هي 2345678901",
]

ORDINAL = of(
    "ordinal",
    ("القضية الثانية", "2"),
    ("رقم ٢", "2"),
    ("رقم٢", "2"),
    ("امقضية امثانية", "2"),
    ("9adiya ragm 3", "3"),
    ("الاخيرة", "-1"),
    ("the third one", "3"),
)
NOT_ORDINAL = [
    "عندي موضوع ثاني غير هذا",
    "first of all, thank you",
    "الأول من ديسمبر 2026",
    "اول شي ابي اعرف",
    "من الأول",
    "12 شهر",
]

MUST: dict[str, list[tuple[str, list[Found]]]] = {
    "national_id": NATIONAL_ID,
    "mobile": MOBILE,
    "code": CODE,
    "invoice_number": INVOICE_NUMBER,
    "case_number": CASE_NUMBER,
    "request_number": REQUEST_NUMBER,
    "iban": IBAN,
    "amount": AMOUNT,
    "date": DATE,
    "bank": BANK,
    "service": SERVICE,
    "ordinal": ORDINAL,
}
MUST_NOT = {
    "national_id": NOT_NATIONAL_ID,
    "mobile": NOT_MOBILE,
    "code": NOT_CODE,
    "invoice_number": NOT_INVOICE_NUMBER,
    "case_number": NOT_CASE_NUMBER,
    "request_number": NOT_REQUEST_NUMBER,
    "iban": NOT_IBAN,
    "amount": NOT_AMOUNT,
    "date": NOT_DATE,
    "bank": NOT_BANK,
    "service": NOT_SERVICE,
    "ordinal": NOT_ORDINAL,
}
TOGETHER: list[tuple[str, list[Found]]] = [
    (
        "راتبي ٩ آلاف وابي ادفع 500 ريال بالراجحي قبل 15/11/2026",
        [
            ("service", "salary"),
            ("amount", "9000"),
            ("amount", "500"),
            ("bank", "rajhi"),
            ("date", "2026-11-15", "gregorian"),
        ],
    ),
    (
        "هويتي 1058529940 وجوالي 0500000123 والقضية 4512345678",
        [("national_id", "1058529940"), ("mobile", "+966500000123"), ("case_number", "4512345678")],
    ),
    ("9000", [("code", "9000"), ("amount", "9000")]),
    ("482913", [("code", "482913"), ("amount", "482913")]),
    ("12345678", [("request_number", "12345678"), ("amount", "12345678")]),
]
ALL = [case for cases in MUST.values() for case in cases] + TOGETHER


@pytest.mark.parametrize(("text", "expected"), ALL)
def test_finds_what_is_there_and_nothing_else(text: str, expected: list[Found]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in MUST_NOT.items() for text in texts])
def test_takes_nothing_for_what_it_is_not(kind: str, text: str) -> None:
    assert kind not in {entity for entity, *_ in found(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("هويتي ١٠٥٨-٥٢٩-٩٤٠ تفضل", ["١٠٥٨-٥٢٩-٩٤٠"]),
        ("اتصل على +966 50 000 0123 بعد", ["+966 50 000 0123"]),
        ("sa03 8000 0000 6080 1016 7519 لي", ["sa03 8000 0000 6080 1016 7519"]),
        ("كم يخصمون من ٩ آلاف", ["٩ آلاف"]),
        ("ثلاثة وعشرون ألفًا وأربعُمِئةٍ ريال", ["ثلاثة وعشرون ألفًا وأربعُمِئةٍ"]),
        ("عندي 9,000.50 ريال", ["9,000.50"]),
        ("الحكم في ٣ رجب ١٤٤٧هـ صدر", ["٣ رجب ١٤٤٧"]),
        ("وبالراجِحي و الليسن", ["وبالراجِحي", "الليسن"]),
        ("القضية الثَّانِيَةُ لو سمحت", ["الثَّانِيَةُ"]),
        ("بالرا\u200cجـحي", ["بالرا\u200cجـحي"]),
        ("١٥\u200f/١١\u200f/٢٠٢٦", ["١٥\u200f/١١\u200f/٢٠٢٦"]),
        ("ﺍﻟﺮﺍﺟﺤﻲ", ["ﺍﻟﺮﺍﺟﺤﻲ"]),
    ],
)
def test_offsets_show_it_as_typed(text: str, expected: list[str]) -> None:
    assert typed(text) == expected


DISGUISES: dict[str, Callable[[str], str]] = {
    "emoji": lambda text: f"😀👨‍👩‍👧 {text} 🇸🇦🙏🏽",
    "direction marks": lambda text: "\u202b" + re.sub(r"(?<=\S)(?= )|(?<= )(?=\S)", "\u200f", text) + "\u202c",
    "zero-width": lambda text: re.sub(r"(?<=[\u0621-\u064a])(?=[\u0621-\u064a])", "\u200d", text),
    "tashkeel": lambda text: re.sub(r"(?<=[\u0628-\u063a\u0641-\u064a])(?=[\u0621-\u064a])", "\u064e", text),
    "surrogate": lambda text: f"\ud800{text}\udfff",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_what_nobody_sees_changes_neither_what_is_found_nor_where(disguise: str) -> None:
    for text, expected in ALL:
        disguised = DISGUISES[disguise](text)
        assert found(disguised) == expected, ascii(disguised)
        assert [visible(part).text for part in typed(disguised)] == [visible(part).text for part in typed(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "؟!",
        "\u064e\u064f",
        "\u200f\u202b",
        "ـــ",
        "\ud800",
        "\udfff\ud800 الراجحي",
        "😀",
        "\x00",
        "9" * 5000,
        "٩" * 5000,
        "9 " * 5000,
        "ا" * 10_000,
        "خمسة و" * 1500,
        "الف " * 2500,
        "1/" * 5000,
        "رقم " * 2500,
        "sa12 " * 2000,
        "\u200f" * 10_000,
        "ﷺ" * 10_000,
        "الاهلي مو الراجحي " * 500,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_nothing_typed_makes_it_raise(text: str) -> None:
    assert all(0 <= entity["start"] < entity["end"] <= len(text) for entity in find_entities(text))

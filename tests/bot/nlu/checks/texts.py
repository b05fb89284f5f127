"""What people type: as it should be, as it also comes, and what nobody should."""

from __future__ import annotations

SPELLINGS: dict[str, list[tuple[str, str]]] = {
    "alef": [("أبغى", "ابغى"), ("إيقاف", "ايقاف"), ("آخر", "اخر"), ("ٱلخدمات", "الخدمات")],
    "hamza": [("مسؤول", "مسوول"), ("قضائي", "قضايي"), ("شيء", "شي"), ("الرؤساء", "الروسا")],
    "teh marbuta": [("الفاتورة", "الفاتوره"), ("المحكمة", "المحكمه")],
    "alef maksura": [("على", "علي"), ("متى", "متي")],
    "tatweel": [("الســـلام", "السلام"), ("كـم", "كم")],
    "tashkeel": [("الفَاتُورَةُ", "الفاتورة"), ("مُحَمَّدٌ", "محمد"), ("هٰذا", "هذا")],
    "presentation forms": [("ﺍﻟﺴﻼﻡ", "السلام"), ("ﻻ", "لا"), ("ﻓﺎﺗﻮﺭﺓ", "فاتورة")],
    "repeated letters": [("شكراااااا", "شكرا"), ("أبغىىىى", "ابغى"), ("هلاااا والله", "هلا والله")],
    "Persian letters": [("کیف", "كيف"), ("گلت", "قلت")],
    "Arabic-Indic digits": [("٤٥٠٠", "4500"), ("عندي ٣ قضايا", "عندي 3 قضايا"), ("راتبي٤٥٠٠كم", "راتبي 4500 كم")],
    "Persian digits": [("۴۵۰۰", "4500"), ("عندي ۳ قضايا", "عندي 3 قضايا")],
    "Arabic punctuation": [("كم الرسوم؟", "كم الرسوم"), ("لا، شكرا؛", "لا شكرا"), ("«ناجز» ٪", "ناجز")],
    "direction marks": [
        ("\u200fكم الرسوم\u200e", "كم الرسوم"),
        ("\u202bادفع \u2067الحين\u2069\u202c", "ادفع الحين"),
        ("1058\u200f529940", "1058529940"),
        ("الفا\u200fتورة", "الفاتورة"),
        ("راتبي4\u200e500", "راتبي4500"),
    ],
    "spaces": [("  كم   الرسوم ", "كم الرسوم"), ("كم\nالرسوم", "كم الرسوم"), ("كم\u00a0الرسوم", "كم الرسوم")],
    "letter case": [("I Want To PAY", "i want to pay")],
}
"""Kind → pairs that are one to whoever compares lemmas."""

DIFFERENT = [("دين", "دينار"), ("سفر", "سافر"), ("علي", "عليكم"), ("12", "13"), ("٣", "٤"), ("pay", "paid")]

TYPED = [
    "  أبغى الفَاتُورة!! ",
    "راتبي٤٥٠٠كم يبقالي؟",
    "abi 3ala 9000",
    "How long does it take?",
    "ﺍﻟﺴﻼﻡ عليكم 😀",
    "هويتي 1058\u200f529940",
    "\u200f١٢ و \u200e١٢ و ۱۲",
    "👨\u200d👩\u200d👧 شكرا🙏🏽!!",
    "a_b-c@d.sa https://najiz.sa/x?y=1",
    "كم\nمرة",
    "हैलो मुझे भुगतान करना है",
    *(text for pairs in SPELLINGS.values() for pair in pairs for text in pair),
]

WITHOUT_WORDS = {
    "nothing": "",
    "spaces": " \t\n\u00a0\u3000 ",
    "punctuation": "؟!،؛...«»",
    "emoji": "😀👨\u200d👩\u200d👧🙏🏽",
    "direction marks": "\u200f\u200e\u202b\u202c",
    "zero width": "\u200b\u200c\u200d\ufeff",
    "null bytes": "\0\0",
    "control characters": "".join(map(chr, range(32))),
    "tashkeel": "\u064b\u0651\u0670",
    "tatweel": "ـــــ",
    "underscores": "___",
    "symbols": "$€%+=",
    "lone surrogates": "\ud83d \udc80",
    "no characters": "\uffff\ufffe\ue000",
}
"""Without a letter or a digit."""

BAD = {
    **WITHOUT_WORDS,
    "zero width within": "ا\u200bبي\u200c ا\u200dدفع\ufeff",
    "mixed directions": "\u202eابي pay \u202dالفاتورة now\u202c \u2067x\u2069",
    "long Arabic": ("ابغى اسدد الفاتورة " * 600)[:10_000],
    "long Latin": ("i want to pay " * 800)[:10_000],
    "long Arabizi": ("abi arfa3 al3aqd " * 600)[:10_000],
    "long digits": "1234567890" * 1_000,
    "long digits apart": "1 " * 5_000,
    "long Arabic-Indic digits": "٩" * 10_000,
    "long word": "فاتورة" * 1_667,
    "long letter": "ا" * 10_000,
    "long Latin word": "abcdefghij" * 1_000,
    "long emoji": "😀" * 10_000,
    "long ligatures": "\ufdfa" * 2_000,
    "long tashkeel": "ا" + "\u0651" * 9_999,
    "many amounts": "مليون " * 1_700,
    "many dashes and digits": "1-" * 2_000,
    "a sum beyond numbers": "9" * 400 + " الف",
    "dates that are none": "99/99/9999 0/0/0 31/2/1447 2026-13-45",
    "lone surrogate within a word": "اب\udc80ي",
    "lone surrogate between words": "ابي \ud83d ادفع",
    "null byte within": "ابي\0ادفع",
    "digits only": "123",
    "one digit": "٧",
    "one letter": "ا",
    "hamza alone": "ء",
    "one Latin letter": "x",
    "Chinese": "我想付钱",
    "Hebrew": "אני רוצה לשלם",
    "Thai": "ฉันต้องการจ่าย",
    "Hindi": "मैं भुगतान करना चाहता हूँ",
    "Bengali": "আমি টাকা দিতে চাই",
    "Urdu": "مجھے پیسے دینے ہیں",
    "numbers that are letters": "①②½Ⅷ²𝟘",
}


def is_writable(text: str) -> bool:
    """Rasa cannot train on a lone surrogate, and no file of UTF-8 can hold one."""
    return text.encode("utf-8", "ignore").decode() == text

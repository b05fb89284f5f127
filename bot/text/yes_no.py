"""The short answer to "shall it be sent?", when nothing in it leaves a doubt."""

from __future__ import annotations

import re

from bot.text.normalise import normalise
from bot.text.phrases import once, phrases_pattern

_SEND = [
    verb + ending
    for verb in ("ارسل", "رسل", "قدم", "ابعث", "اعتمد", "ارفع", "سجل", "دز", "طرش")
    for ending in ("", "ه", "ها", "و", "وا", "وه", "وها", "ي", "يه")
]
_YOU_SEND = ("ترسل*", "تقدم*", "تبعث*", "تعتمد*", "ترفع*", "تسجل*", "تدز*", "تطرش*", "تكمل*", "توافق*")
_WANT = ("ابي", "ابيه", "ابيها", "ابغي", "ابغا", "ابغاه", "اريد", "اريده", "ارغب", "ودي", "نبي", "نبغي")
_DO = ("send", "send it", "submit", "submit it", "file it", "do it", "want", "want it")

_NO_OBJECTION = [
    "لا مانع", "لا مانع لدي", "لا باس", "ما عندي مانع", "ما فيه مانع", "ما فيه مشكله", "ما في مشكله", "مافي مشكله",
    "no problem", "no objection", "la mane3",
]  # fmt: skip
_NO = [
    *(f"لا {verb}" for verb in _YOU_SEND),
    *(f"{no} {want}" for no in ("ما", "لا") for want in _WANT),
    *(f"ما {want} {verb}" for want in _WANT for verb in ("ترسل*", "ارسل", "ارسله", "ارسلها")),
    *(f"{dont} {do}" for dont in ("dont", "i dont", "do not", "i do not", "never") for do in _DO),
    "لا", "لالا", "لاء", "كلا", "ابد", "ابدا", "ما يحتاج", "ماني موافق", "ماني موافقه", "مابي", "مابيه", "مابغي",
    "لا اوافق", "مو موافق", "مو موافقه", "غير موافق", "غير موافقه",
    "مو الحين", "مب الحين", "مهب الحين", "مو الان", "ليس الان", "مش دلوقتي", "مو دحين", "بعدين", "لاحقا",
    "الغ", "الغه", "الغيه", "الغوه", "الغاء", "كنسل", "هونت", "بطلت", "غيرت رايي", "تراجعت",
    "no", "nope", "nah", "not now", "not yet", "later", "cancel", "cancel it", "stop",
    "dont", "la", "laa", "la2", "la tersel", "la tersil", "la trsl", "mabi", "ma abi", "la abi", "ma abgha",
    "mo al7een", "mo alheen", "mo alhin",
]  # fmt: skip
_YES = [
    *_SEND, "نعم", "ايوه", "يب", "ابشر", "بالتاكيد", "طبعا", "اوكد", "ايوا", "اي", "ايه", "ايي", "اجل", "بلي",
    "موافق", "موافقه", "اوافق", "ياليت", "يا ليت",
    "صح", "صحيح", "ارسال", "yes", "yep", "yeah", "yup", "correct", "send", "send it", "submit", "submit it", "file",
    "file it",
    "go ahead", "do it", "proceed", "confirm", "i agree", "agreed", "eh", "ee", "eeh", "ey", "aywa", "aiwa", "eywa",
    "ewa",
    "na3am", "n3m", "naam", "arsel", "arsil", "arsl", "arslo", "arselo", "arsilo", "ersel", "ersil",
]  # fmt: skip
_SOFT_YES = [
    "تمام", "طيب", "اكيد", "يلا", "يله", "ماشي", "زين", "اوكي", "اوك", "اوكيه", "توكلنا", "توكلنا علي الله",
    "علي بركه الله",
    "ok", "okay", "oki", "okey", "sure", "fine", "alright", "tamam", "tmam", "akeed", "akid", "yalla", "tayeb",
    "tawakalna",
]  # fmt: skip
"""Agrees with whatever else is said: `تمام لا ترسل` is a no, `نعم لا ترسل` is unclear."""
_AROUND = [
    "خلاص", "والله", "ان شاء الله", "باذن الله", "لو سمحت", "لو سمحتي", "من فضلك", "شكرا", "مشكور", "الله يعافيك*",
    "الله يسعدك*", "يعطيك* العافيه", "الله يعطيك* العافيه", "الحين", "الان", "دحين", "هلا", "الطلب", "طلبي", "يا اخي",
    "اخوي", "لهم", "لسا", "لسه",
    "please", "pls", "plz", "thanks", "thank you", "now", "it", "the request", "my request", "khalas", "5alas",
    "wallah",
    "al7een", "alheen", "alhin", "shukran",
]  # fmt: skip

_THUMBS = {ord("👍"): " نعم ", ord("👎"): " لا "}
_ASKS = re.compile(r"[؟?]|\bولا (?:لا|مو|بعدين)\b|\bام لا\b|\bاو لا\b|\bor (?:not|no)\b")


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    return phrases_pattern(sorted(phrases, key=len, reverse=True))


_NO_OBJECTION_PATTERN, *_PATTERNS = map(_pattern, (_NO_OBJECTION, _NO, _YES, _SOFT_YES, _AROUND))


def parse_yes_no(text: str) -> bool | None:
    """Yes or no only when every word is known and none speaks against another; a question is neither."""
    words = normalise(text.translate(_THUMBS).replace("'", "").replace("’", ""))
    if _ASKS.search(text) or _ASKS.search(words):
        return None
    rest, agrees = _NO_OBJECTION_PATTERN.subn("|", once(words))
    counts = []
    for pattern in _PATTERNS:
        rest, count = pattern.subn("|", rest)
        counts.append(count)
    no, yes, soft_yes, _ = counts
    yes += agrees
    if rest.strip("| ") or (no and yes):
        return None
    return False if no else (True if yes or soft_yes else None)

"""Which one of several: the first, the second, the last."""

from __future__ import annotations

import re

from bot.text.normalise import normalise

LAST = -1

_NAMES = {
    1: "اول اولي اولا اولانيه first 1st awwal oola",
    2: "ثاني ثانيه تاني تانيه second 2nd thani thanya thanyah tani tanya",
    3: "ثالث ثالثه تالت تالته third 3rd thaltha thalthah",
    4: "رابع رابعه fourth 4th",
    5: "خامس خامسه fifth 5th",
    6: "سادس سادسه sixth 6th",
    7: "سابع سابعه seventh 7th",
    8: "ثامن ثامنه تامن تامنه eighth 8th",
    9: "تاسع تاسعه ninth 9th",
    10: "عاشر عاشره tenth 10th",
    LAST: "اخير اخيره last",
}
_ORDINALS = {name: number for number, names in _NAMES.items() for name in names.split()}
_COUNTS = {
    name: number
    for number, names in enumerate(("واحد وحده one", "اثنين ثنين ثنتين two", "ثلاثه three", "اربعه four"), start=1)
    for name in names.split()
}

_NAMED = {**_ORDINALS, **_COUNTS}
_CASE = r"(?:و|ف)?(?:هال|بال|لل|ال|ام|ل|ب)?قضي(?:ه|تي)"
_NAME = rf"(?:{'|'.join(_NAMED)})\b"
_DIGITS = (
    r"\d{1,2}(?!\w)(?! ?\d)"
    r"(?! (?:ريال|الف|الاف|مليون|ملايين|شهر|شهور|اشهر|سنه|سنوات|سنين|يوم|ايام|اسابيع|مرات|اشخاص|قضايا|"
    r"sar|riyals?|k|months?|years?|days?|weeks?|times)\b)"
)
# `no one` and `قضية وحدة` choose nothing: after these two only digits count.
_NUMBERED = re.compile(
    rf"\b(?:(?:{_CASE} )?(?:ال)?(?:رقم|خيار|number|option|ra?[gq]a?m)|case(?: number)?) (?P<name>{_DIGITS}|{_NAME})"
    rf"|\b(?:{_CASE} ?|(?:case )?no )(?P<digits>{_DIGITS})"
)
_DEFINITE = re.compile(r"\b(?:و|ف)?(?:بال|لل|ال|ام|the |el |al )(\w+)")
_GLUED = re.compile("(?<=[\u0621-\u064a])(?=\\d)")
"""`رقم٢`."""
# `من الأول` asks to begin again, `المرة الثانية` and `اول شهر` are about time, `مو الأولى` is what it is not.
_NOT_A_CHOICE = re.compile(
    r"\bمن الاول\b|\bm(?:e|i)?n (?:el|al) awwal\b|\b(?:ال)?(?:مره|يوم|شهر|سنه|اسبوع) (?:ال)?\w+|\b(?!ال)[^\W\d]+ (?:مره|يوم|شهر|سنه|اسبوع)\b"
    r"|\bfirst of all\b|\bat first\b|\bاولا (?:وقبل|و قبل)\b|\b(?:ال)?اول شي\w*\b"
    r"|\b(?:at|the) last (?:time|night|day)\b|\b(?:in|at) the \w+ place\b|\b\w+ (?:time|day|week|month|year)s?\b"
    r"|\b(?:مو|مب|مش|مهي|مهو|ليست) (?:(?:ال)?قضيه )?(?:رقم )?\w+|\bnot (?:the )?(?:case |number )*\w+(?: one| case)?\b"
)


def parse_ordinal(text: str) -> int | None:
    """الأولى → 1, `القضية ٢` → 2, `رقم ٢` → 2, the last → -1 (LAST); None when none is named.

    Without "the" it must open the message: `ثاني وحدة` chooses, `عندي موضوع ثاني` does not.
    """
    words = _NOT_A_CHOICE.sub(" ", _GLUED.sub(" ", normalise(text))).strip()
    if not words:
        return None
    if re.fullmatch(r"\d{1,2}", words):
        return int(words) or None
    if numbered := _NUMBERED.search(words):
        value = numbered["name"] or numbered["digits"]
        return (int(value) or None) if value.isdigit() else _NAMED[value]
    if definite := [_ORDINALS[word] for word in _DEFINITE.findall(words) if word in _ORDINALS]:
        return definite[0]
    first, *rest = words.split()
    if first in ("اخر", "اخري"):
        return LAST if rest else None
    return _ORDINALS.get(first) or (None if rest else _NAMED.get(first))

"""Which one of several: the first, the second, the last."""

from __future__ import annotations

import re

from bot.text.normalise import normalise

LAST = -1

_NAMES = {
    1: "اول اولي اولا اولانيه first 1st",
    2: "ثاني ثانيه تاني تانيه second 2nd",
    3: "ثالث ثالثه تالت تالته third 3rd",
    4: "رابع رابعه fourth 4th",
    5: "خامس خامسه fifth 5th",
    6: "سادس سادسه sixth",
    7: "سابع سابعه seventh",
    8: "ثامن ثامنه تامن تامنه eighth",
    9: "تاسع تاسعه ninth",
    10: "عاشر عاشره tenth",
    LAST: "اخير اخيره last",
}
_ORDINALS = {name: number for number, names in _NAMES.items() for name in names.split()}
_COUNTS = {
    name: number
    for number, names in enumerate(("واحد وحده one", "اثنين ثنين ثنتين two", "ثلاثه three", "اربعه four"), start=1)
    for name in names.split()
}

_NUMBERED = re.compile(r"\b(?:ال)?(?:رقم|خيار|number|no|option)\s+(\d{1,2}|[^\W\d]+)\b(?!\s*\d)")
_DEFINITE = re.compile(r"\b(?:و|ف)?(?:بال|لل|ال|the )(\w+)")
# `من الأول` asks to begin again, `المرة الثانية` is about time.
_NOT_A_CHOICE = re.compile(
    r"\bمن الاول\b|\b(?:ال)?مره (?:ال)?\w+|\b(?:ال)?يوم (?:ال)?\w+"
    r"|\b(?:at|the) last (?:time|night|day)\b|\b(?:in|at) the \w+ place\b"
)


def parse_ordinal(text: str) -> int | None:
    """الأولى → 1, الثانية → 2, `رقم ٢` → 2, the last → -1 (LAST); None when none is named.

    Without "the" it must open the message: `ثاني وحدة` chooses, `عندي موضوع ثاني` does not.
    """
    words = _NOT_A_CHOICE.sub(" ", normalise(text)).strip()
    if not words:
        return None
    named = {**_ORDINALS, **_COUNTS}
    if re.fullmatch(r"\d{1,2}", words):
        return int(words) or None
    if numbered := _NUMBERED.search(words):
        value = numbered[1]
        return (int(value) or None) if value.isdigit() else named.get(value)
    if definite := [_ORDINALS[word] for word in _DEFINITE.findall(words) if word in _ORDINALS]:
        return definite[0]
    first, *rest = words.split()
    if first in ("اخر", "اخري"):
        return LAST if rest else None
    return _ORDINALS.get(first) or (None if rest else named.get(first))

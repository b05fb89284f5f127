"""Arabic in Latin letters, brought near to how it is written: `abi fatora` → `ابي فتوره`. For matching only."""

from __future__ import annotations

import re

_LETTERS = {
    "sh": "ش", "ch": "ش", "kh": "خ", "gh": "غ", "th": "ث", "dh": "ض",
    "aa": "ا", "oo": "و", "ou": "و", "ee": "ي", "ei": "ي", "ai": "ي",
    "3'": "غ", "7'": "خ", "6'": "ظ", "9'": "ض",
    "2": "ا", "3": "ع", "5": "خ", "6": "ط", "7": "ح", "8": "ق", "9": "ص",
    "b": "ب", "c": "ك", "d": "د", "f": "ف", "g": "ق", "h": "ه",
    "j": "ج", "k": "ك", "l": "ل", "m": "م", "n": "ن", "p": "ب", "q": "ق",
    "r": "ر", "s": "س", "t": "ت", "v": "ف", "w": "و", "x": "كس", "y": "ي", "z": "ز",
}  # fmt: skip
_SOUND = re.compile("|".join(sorted(map(re.escape, _LETTERS), key=len, reverse=True)) + "|[aeiou]")
_ARTICLE = re.compile(r"^(?:el|al)-?(?=[^aeiou\W])")
_LONG = re.compile("(?<=.)[اويى](?=.)")


def to_arabic(word: str) -> str:
    """One word, lower case. Short vowels go, save at either end; English words come out as nonsense, harmlessly."""
    article = _ARTICLE.match(word)
    rest = word[article.end() :] if article else word
    return ("ال" if article else "") + _SOUND.sub(lambda sound: _sound(sound, len(rest)), rest)


def skeleton(word: str) -> str:
    """The consonants of a normalised word: `فاتوره`, `فتوره` and `فاتورا` are one."""
    word = word.translate(_ALIKE)
    return _LONG.sub("", word).rstrip("اهيى") or word


_ALIKE = str.maketrans({"ظ": "ض", "ذ": "د", "ث": "ت", "غ": "ق", "ص": "س", "ط": "ت"})


def _sound(sound: re.Match[str], length: int) -> str:
    letters = sound.group()
    if letters in _LETTERS:
        return _LETTERS[letters]
    if sound.start() == 0:
        return "ا"
    if sound.end() == length:
        return {"a": "ه", "i": "ي", "e": "ه", "o": "و", "u": "و"}[letters]
    return ""

"""Names of banks and services, found by spaCy whatever is glued to them: `بالراجحي`, `والرخصة`, `عالبنك`.

An alias that is written with the article needs it (`الماء`, not `ما`); any other goes with it and without.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

import spacy
import yaml
from spacy.tokens import Doc, Span

from bot.nlu.words import words
from bot.project import DATA
from bot.text.arabizi import to_arabic
from bot.text.language import is_arabizi
from bot.text.normalise import normalise
from bot.text.visible import visible

KINDS = {"bank": "banks", "service": "services"}
"""Entity → its file in data/reference: a list of keys, names and aliases."""

CONDITIONS = ("not", "aliases", "as_spelt", "in_sentence", "near_money", "after_bank_words", "when_asked")
"""Lists of names in those files, by when they count; their headers say what each means."""

MOST_WORDS = 20_000
"""Whose parts are remembered: people say the same words."""
_ANSWER = 3
"""A name that also means something else counts by itself only in a message of so few words."""
_ENDING = 3
"""Letters at the end of a name in which its spelling tells it from another word: `عمرة`, `إنماء`."""
_NO_WORD = "·"

_ARTICLES = (
    *("ال", "لل", "ام", "وال", "فال", "بال", "كال", "عال", "هال", "مال", "حال", "ولل", "فلل"),
    *("وبال", "فبال", "وعال", "وهال", "وكال", "وام", "فام", "بام", "لام", "وبام"),
)
_HURRIED = ("بل", "عل", "فل", "مل", "وبل")
"""`بلراجحي`; before a short word it may be anything (`علمًا`)."""
_LETTERS = ("و", "ف", "ب", "ل", "ك", "وب", "ول", "فب", "فل", "وك")
_PREFIXES = sorted(
    [*((prefix, "ال") for prefix in (*_ARTICLES, *_HURRIED)), *((prefix, "") for prefix in _LETTERS)],
    key=lambda prefix: (len(prefix[0]), prefix),
)
"""What is glued before a name, and the article that it hides: `لل` is `ل` and `ال`, `ام` is `ال` in the south."""
_GLUED = "+"
"""Marks a word that had more than the article before it: it may begin a name, not go on with one (`بنك بالرياض`)."""
_LONG = 4
"""Letters. An Arabizi name of so many is also known by its sound (`rajhy`, `rajehi`), and found behind `bel`, `w`."""
_LATIN_PREFIX = re.compile(r"(?:w|wa)?(?:b|bi|be|l|li|le|f|fi|3a|m|men|min)?(?:al|el|il|ul|l)?")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_GLUE = re.compile(r"[-–'’_]")

_MONEY = re.compile(
    r"(?:[وفبلكيتنا]|ال|لل)*(?:دفع|سدد|سداد|حول(?:ت|نا|و)?$|تحويل|حوال[هت]|حساب|بنك|مصرف|بطاق|قرض|تمويل|سلف|رصيد|راتب|مرتب|معاش|صراف|فلوس"
    r"|مبلغ|فاتور|تطبيق|قسط|عميل|فيزا|شيك|ريال|صرف|سحب|حجز|محجوز|مدي$|ايداع|اودع|كارت)"
    r"|(?:pay|paid|transfer|account|bank|card|loan|salary|money|7awal|7awel|a7aw|7sab|7esab|hisab|adfa3|dafa3|asad|sadad|tatbe|tatbi)",
    re.IGNORECASE,
)
_BANK_NOUN = re.compile(
    r"(?:[وفبل]|ال|لل|بال)*(?:حساب|بنك|مصرف|بطاق|قرض|تمويل|تطبيق|رصيد|عميل|فيزا|بنوك)|(?:7sab|7esab|hisab|account|app|tatbeeq)",
    re.I,
)
_PAYING = re.compile(
    r"(?:[وفبلكيتنا]|ال)*(?:دفع|سدد|سداد|حول(?:ت|نا|و)?$|تحويل|حوال)|(?:pay|paid|transfer|7awal|7awel|a7aw|adfa3|dafa3|asad)",
    re.I,
)
_BETWEEN = re.compile(
    "من|عن|طريق|عبر|خلال|ب|ع|في|علي|عند|مع|حق|حقي|حقت|حقتي|تبع|تبعي|هو|الي|ل|from|with|in|by|me?n|bel|3al|fi|my"
)
_MOST_BETWEEN = 3
_CONTRAST = re.compile("مو|مب|مش|مهو|ماهو|لا|بدل|غير|و?ليس|not|mo|la|mesh")
_MOST_CONTRASTED = 10
_SPORT = re.compile(
    r"(?:[وفبل]|ال|لل)*(?:هلال|نصر$|اتحاد|مبارا|دوري|كوره|كره$|لاعب|مدرب|جمهور|شجع|يشجع|اشجع|مشجع|فوز|يفوز|فاز|كسب|خسر|هدف|ماتش|مبارياا?ت)"
)


@dataclass(frozen=True)
class Named:
    entity: str
    key: str
    start: int
    end: int


@dataclass(frozen=True)
class _Name:
    entity: str
    key: str
    condition: str
    spelt: str


def find_names(text: str) -> Iterator[Named]:
    seen = visible(text)
    found = [word for word in words(seen.text) if not _GLUE.fullmatch(word.text)]
    # numbers may be somebody's own: they are not remembered
    lemmas = [_lemma(word.text) if word.text.isalpha() else normalise(word.text) for word in found]
    lexicon = _lexicon()
    by_sound = sum(map(bool, lemmas)) <= _ANSWER or is_arabizi(seen.text)
    norms = [lexicon.norm(lemma, by_sound) or _NO_WORD for lemma in lemmas]
    if not lexicon.may_name(norms):
        return
    doc = Doc(lexicon.nlp.vocab, [lemma or _NO_WORD for lemma in lemmas])
    for token, norm in zip(doc, norms, strict=True):
        token.norm_ = norm
    doc = lexicon.nlp(doc)
    about = _Message(lemmas, [name for span in doc.ents for name in lexicon.names[span.ent_id_]])
    for span in doc.ents:
        start, end = found[span.start].start, found[span.end - 1].start + len(found[span.end - 1].text)
        names = lexicon.names[span.ent_id_]
        other = {name.key for name in names if name.condition == "not"}
        for name in names:
            if name.key not in other and about.says(name, span, seen.text[start:end]):
                yield Named(name.entity, name.key, *seen.span(start, end))
                break


_lemma = lru_cache(MOST_WORDS)(normalise)


class _Message:
    """What stands around a name and tells what it means."""

    def __init__(self, lemmas: list[str], names: list[_Name]) -> None:
        self.lemmas = lemmas
        self.size = sum(map(bool, lemmas))
        self.short = self.size <= _ANSWER
        self.sure_of_a_bank = any(name.entity == "bank" and name.condition == "aliases" for name in names)

    def says(self, name: _Name, span: Span, typed: str) -> bool:
        if name.condition == "as_spelt":
            return typed.endswith(name.spelt[-_ENDING:])
        if name.condition == "in_sentence":
            return span.start > 0 and not self.short
        if name.condition == "near_money":
            return self._about_money or self._instead()
        if name.condition == "after_bank_words":
            return self._after_bank_words(span) or self._instead()
        return name.condition == "aliases" or self.short

    @cached_property
    def _about_money(self) -> bool:
        return any(map(_MONEY.match, self.lemmas)) and not any(map(_SPORT.match, self.lemmas))

    def _after_bank_words(self, span: Span) -> bool:
        """`حسابي في الرياض`, `قرض من الرياض`; `بنك في الرياض` and `سددت في الرياض` are of a city."""
        place = span.start
        while place > max(0, span.start - _MOST_BETWEEN) and _BETWEEN.fullmatch(self.lemmas[place - 1]):
            place -= 1
        between, before = self.lemmas[place : span.start], self.lemmas[place - 1] if place else ""
        glued = bool(re.match("(?:و|ف)?(?:ب|ع|م|ل)(?:ال|ل)", self.lemmas[span.start]))
        if {"في", "in", "fi"} & set(between):
            return bool(re.match("(?:و|ف|ب|ال|بال)*حساب|account|7sab", before))
        return bool(_BANK_NOUN.match(before) or (_PAYING.match(before) and (between or glued)))

    def _instead(self) -> bool:
        """`انا قلت الرياض مو الراجحي`."""
        return self.sure_of_a_bank and self.size <= _MOST_CONTRASTED and any(map(_CONTRAST.fullmatch, self.lemmas))


class _Lexicon:
    """The names, their words, and spaCy to find them."""

    def __init__(self, names: dict[str, list[_Name]]) -> None:
        self.names = names
        sure = (form for form, known in names.items() if " " in form or any(name.condition != "not" for name in known))
        self._firsts = {form.split()[0] for form in sure}
        self._others = {form for form in names if " " not in form}
        patterns = {form: [form.split()[0], *map(self._norm, form.split()[1:])] for form in names}
        self._others |= {word for pattern in patterns.values() for word in pattern[1:]}
        self.norm = lru_cache(MOST_WORDS)(self._norm)
        self.nlp = spacy.blank("ar")
        # Patterns are normalised already, and parted by spaces.
        self.nlp.tokenizer = lambda forms: Doc(self.nlp.vocab, forms.split())  # type: ignore[assignment]
        ruler = self.nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "NORM"})
        ruler.add_patterns(  # type: ignore[attr-defined]
            [
                {"label": "NAME", "pattern": glued + " ".join(pattern), "id": form}
                for form, pattern in patterns.items()
                for glued in ("", _GLUED)
            ]
        )

    def may_name(self, norms: list[str]) -> bool:
        """Most messages name nothing; that is known without spaCy."""
        return any(norm.removeprefix(_GLUED) in self._firsts for norm in norms)

    def _norm(self, lemma: str, by_sound: bool = False) -> str:
        """The word without what is glued to it, if that is a word of a name: `فبالراجحي` → `+الراجحي`."""
        for form in (lemma, _DOUBLED.sub(r"\1", lemma)):
            if form in self._firsts or form in self._others:
                return form
            found = self._latin(form, by_sound) if form.isascii() else self._without_prefix(form)
            if found:
                return found
        return lemma

    def _without_prefix(self, word: str) -> str:
        for prefix, article in _PREFIXES:
            rest = word[len(prefix) :]
            if not word.startswith(prefix) or (prefix in _HURRIED and len(rest) < _LONG):
                continue
            if prefix == "ام" and article + rest in self._others:
                return article + rest
            if article + rest in self._firsts:
                return article + rest if prefix in ("ال", "ام") else f"{_GLUED}{article}{rest}"
        return ""

    def _latin(self, word: str, by_sound: bool) -> str:
        longest = _LATIN_PREFIX.match(word)
        for end in range(1, longest.end() + 1 if longest else 1):
            if len(word) - end >= _LONG and word[end:] in self._firsts and _LATIN_PREFIX.fullmatch(word[:end]):
                return word[end:] if word[:end] in ("al", "el", "il", "ul") else _GLUED + word[end:]
        sound = _sound(word) if by_sound else ""
        return sound if sound in self._firsts else ""


def _sound(word: str) -> str:
    """Marked, so that it is no Arabic word: `lease` does not become `لسه`."""
    sound = to_arabic(word).removeprefix("ال")
    return f"~{sound}" if len(sound) >= _LONG else ""


# Reading the lists


@cache
def _lexicon() -> _Lexicon:
    found: dict[str, list[_Name]] = defaultdict(list)
    rows = [
        (entity, row)
        for entity, file in KINDS.items()
        for row in yaml.safe_load((DATA / "reference" / f"{file}.yml").read_text(encoding="utf-8"))
    ]
    for condition in CONDITIONS:
        for entity, row in rows:
            for alias in _aliases(row, condition):
                for form in _forms(normalise(alias), condition):
                    name = _Name(entity, row["key"], condition, alias)
                    if all(known.condition == "not" or known.key == name.key for known in found[form]):
                        found[form].append(name)
    return _Lexicon(dict(found))


def _aliases(row: dict[str, Any], condition: str) -> list[str]:
    listed = [str(alias) for alias in row.get(condition, [])]
    if condition != "aliases":
        return listed
    conditional = {str(alias) for other in CONDITIONS if other != condition for alias in row.get(other, [])}
    return [*listed, *(name for name in (row["ar"], row["en"]) if name not in conditional)]


def _forms(alias: str, condition: str) -> Iterator[str]:
    if not alias:
        return
    first, *rest = alias.split()
    if alias.isascii():
        yield alias
        if not rest and condition != "not" and (sound := _sound(first)):
            yield sound
        return
    firsts = [first]
    if condition != "not":
        firsts += [first.removeprefix("ال")] if first.startswith("ال") and rest else []
        firsts += [] if first.startswith("ال") or first.isascii() else [f"ال{first}"]
    for one in firsts:
        yield " ".join([one, *rest])
        if rest and condition != "not":
            yield " ".join([one, *(word if word.startswith("ال") or word.isascii() else f"ال{word}" for word in rest)])

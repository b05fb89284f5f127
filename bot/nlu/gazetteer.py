"""Names of banks and services, found by spaCy whatever is glued to them: `بالراجحي`, `والرخصة`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import spacy
import yaml
from spacy.language import Language
from spacy.tokens import Doc

from bot.nlu.words import words
from bot.project import DATA
from bot.text.arabizi import to_arabic
from bot.text.normalise import normalise

KINDS = {"bank": "banks", "service": "services"}
"""Entity → its file in data/reference: a list of keys, names and aliases."""

_ARTICLE = re.compile(r"^(?:و|ف)?(?:ب|ع|ف|ك|ه)?(?:ال|لل)(?=\w{2})")
_GLUED = ("", "ب", "ل", "و", "وب", "ول")
_ANSWER = 3
"""A name that also means something else counts only in a message of so few words."""


@dataclass(frozen=True)
class Named:
    entity: str
    key: str
    start: int
    end: int


def _read(nlp: Language, text: str) -> Doc:
    """spaCy's tokens are our words, compared (NORM) by lemma without article."""
    found = words(text)
    doc = Doc(nlp.vocab, [word.text for word in found])
    for token, word in zip(doc, found, strict=True):
        token.norm_ = _bare(word.lemma) or word.text
    doc.user_data["starts"] = [word.start for word in found]
    return doc


def find_names(text: str) -> Iterator[Named]:
    nlp = _nlp()
    doc = nlp(_read(nlp, text))
    starts: list[int] = doc.user_data["starts"]
    for span in doc.ents:
        entity, when_asked = span.label_.removesuffix("?"), span.label_.endswith("?")
        if when_asked and len(normalise(text).split()) > _ANSWER:
            continue
        last = span.end - 1
        yield Named(entity, span.ent_id_, starts[span.start], starts[last] + len(doc[last].text))


@cache
def _nlp() -> Language:
    nlp = spacy.blank("ar")
    # Patterns are lemmas already, and parted by spaces.
    nlp.tokenizer = lambda lemmas: Doc(nlp.vocab, lemmas.split())  # type: ignore[assignment]
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "NORM"})
    ruler.add_patterns(list(_patterns()))  # type: ignore[attr-defined]
    return nlp


def _patterns() -> Iterator[dict[str, str]]:
    """A name that can stand anywhere goes before one that needs a question, when both have the same words."""
    taken: set[str] = set()
    for field, mark in (("aliases", ""), ("when_asked", "?")):
        for entity, file in KINDS.items():
            for row in yaml.safe_load((DATA / "reference" / f"{file}.yml").read_text(encoding="utf-8")):
                for alias in [*row.get(field, []), *([row["ar"], row["en"]] if field == "aliases" else [])]:
                    for form in _forms(normalise(str(alias))):
                        if form not in taken:
                            taken.add(form)
                            yield {"label": entity + mark, "pattern": form, "id": row["key"]}


def _forms(alias: str) -> Iterator[str]:
    """As written, as Arabizi comes out, and with what may be glued to its first word."""
    yield alias
    if alias.isascii():
        yield " ".join(map(to_arabic, alias.split()))
    else:
        bare = " ".join(map(_bare, alias.split()))
        yield from (glued + bare for glued in _GLUED)


def _bare(lemma: str) -> str:
    return _ARTICLE.sub("", lemma)

"""What the classifier sees of a message: n-grams of its lemmas, their consonants, and the concepts they stand for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import yaml
from scipy.sparse import csr_matrix

from bot.project import DATA
from bot.text.arabizi import skeleton
from bot.text.normalise import normalise

WEIGHTS = {"letters": 1.0, "words": 1.0, "skeletons": 1.0, "skeleton_letters": 1.0, "concepts": 1.5}
"""Each block is a unit vector times its weight."""

DENSE_WEIGHT = 0.75
"""Of the sentence vector, beside them. Those of sentences that the encoder was tuned on are too good to weigh more."""

_CLITICS = re.compile(r"^[وف]?(?:بال|عال|فال|كال|هال|لل|ال|[بلك])?")


def blocks(lemmas: list[str]) -> dict[str, list[str]]:
    """Lemmas without any letter or digit (punctuation, emoji) are left out; a number is only as long as it is."""
    lemmas = [f"#{len(lemma)}" if lemma.isdigit() else lemma for lemma in lemmas if re.search(r"[^\W_]", lemma)]
    skeletons = [skeleton(lemma) for lemma in lemmas]
    return {
        "letters": list(_letters(lemmas, 2, 5)),
        "words": _words(lemmas),
        "skeletons": _words(skeletons),
        "skeleton_letters": list(_letters(skeletons, 2, 4)),
        "concepts": _with_pairs(concepts(lemmas)),
    }


def concepts(lemmas: list[str]) -> list[str]:
    """Names of data/reference/concepts.yml that the words stand for."""
    exact, beginnings, phrases = _concepts()
    found: set[str] = set()
    for lemma in lemmas:
        for form in _without_clitics(lemma):
            found |= exact.get(form, frozenset())
            found = found.union(
                *(beginnings[form[:end]] for end in range(2, len(form) + 1) if form[:end] in beginnings)
            )
    line = f" {' '.join(lemmas)} "
    found |= {concept for phrase, concept in phrases if f" {phrase} " in line}
    return sorted(found)


class Features:
    """Which features there are, and how telling each is (tf-idf), learnt from the training sentences."""

    def __init__(self, index: dict[str, int], rarity: np.ndarray) -> None:
        self.index = index
        self.rarity = rarity

    @classmethod
    def learn(cls, sentences: list[list[str]]) -> Features:
        counts: Counter[str] = Counter()
        for lemmas in sentences:
            for block, names in blocks(lemmas).items():
                counts.update({f"{block}:{name}" for name in names})
        # what stands in one sentence only was half of all features and told nothing
        kept = sorted(name for name, count in counts.items() if count > 1)
        rarity = [np.log((1 + len(sentences)) / (1 + counts[name])) + 1 for name in kept]
        return cls({name: place for place, name in enumerate(kept)}, np.array(rarity, dtype=np.float32))

    def row(self, lemmas: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Places and values of the features that are there."""
        places: list[np.ndarray] = []
        values: list[np.ndarray] = []
        for block, names in blocks(lemmas).items():
            known = Counter(place for name in names if (place := self.index.get(f"{block}:{name}")) is not None)
            if known:
                at = np.fromiter(known, dtype=np.int64, count=len(known))
                value = (1 + np.log(np.fromiter(known.values(), dtype=np.float32, count=len(known)))) * self.rarity[at]
                places.append(at)
                values.append(WEIGHTS[block] * value / np.linalg.norm(value))
        if not places:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return np.concatenate(places), np.concatenate(values)

    def matrix(self, sentences: list[list[str]]) -> csr_matrix:
        rows = [self.row(lemmas) for lemmas in sentences]
        ends = np.cumsum([0, *(len(places) for places, _ in rows)])
        places = np.concatenate([places for places, _ in rows])
        values = np.concatenate([values for _, values in rows])
        return csr_matrix((values, places, ends), shape=(len(rows), len(self.index)))


def _letters(words: list[str], shortest: int, longest: int) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for size in range(shortest, longest + 1):
            if size >= len(padded):
                yield padded
                break
            yield from (padded[start : start + size] for start in range(len(padded) - size + 1))


def _words(words: list[str]) -> list[str]:
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def _with_pairs(names: list[str]) -> list[str]:
    return names + [f"{first}+{second}" for place, first in enumerate(names) for second in names[place + 1 :]]


def _without_clitics(lemma: str) -> set[str]:
    """`والفاتوره` → itself, `الفاتوره`, `فاتوره`. A letter of the word itself may go too; that does no harm."""
    forms = {lemma}
    clitics = _CLITICS.match(lemma)
    if clitics:
        forms |= {lemma[clitics.end() :], lemma[1:] if lemma[0] in "وفبلك" else lemma}
    return {form for form in forms if len(form) > 1}


@cache
def _concepts() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]], list[tuple[str, str]]]:
    lists: dict[str, list[Any]] = yaml.safe_load((DATA / "reference" / "concepts.yml").read_text(encoding="utf-8"))
    exact: dict[str, frozenset[str]] = {}
    beginnings: dict[str, frozenset[str]] = {}
    phrases = []
    for concept, words in lists.items():
        for word in map(str, words):
            plain = normalise(word)
            if " " in plain:
                phrases.append((plain, concept))
                continue
            where = beginnings if word.endswith("*") else exact
            where[plain] = where.get(plain, frozenset()) | {concept}
    return exact, beginnings, phrases

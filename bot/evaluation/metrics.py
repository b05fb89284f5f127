"""Figures from predictions. Nothing here reads a file or asks a model.

A share of nothing is None, never zero: there is nothing to say about it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

OUT_OF_SCOPE = "out_of_scope"
BANDS = ("sure", "half", "lost")
OFFERED = 3
"""How many intents count as offered: the first of the ranking."""
BINS = 10


@dataclass(frozen=True)
class Heard:
    """One sentence and what it was taken for."""

    text: str
    variety: str
    intents: tuple[str, ...]
    """What is meant, then what is equally right."""
    ranking: tuple[tuple[str, float], ...]
    band: str

    @property
    def said(self) -> str | None:
        return self.ranking[0][0] if self.ranking else None

    @property
    def confidence(self) -> float:
        return self.ranking[0][1] if self.ranking else 0.0

    @property
    def right(self) -> bool:
        return self.said in self.intents

    @property
    def offered(self) -> bool:
        return any(intent in self.intents for intent, _ in self.ranking[:OFFERED])

    @property
    def counts_as(self) -> str:
        """The intent that it is a sentence of: the one that was said, when that is equally right."""
        return self.said if self.said and self.right else self.intents[0]


@dataclass(frozen=True)
class Accuracy:
    count: int
    first: float | None
    three: float | None
    """Right, or equally right, first, and among the first three."""


@dataclass(frozen=True)
class OfIntent:
    count: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class OfBand:
    count: int
    right: int
    offered: int
    """Where the right one is first, and where it is among the first three."""


@dataclass(frozen=True)
class Bin:
    """The messages whose stated confidence is from `low` to below `high` (1 counts into the last)."""

    low: float
    high: float
    count: int
    stated: float | None
    right: float | None


@dataclass(frozen=True)
class Caught:
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class OutOfScope:
    count: int
    strict: Caught
    """Caught: taken for out_of_scope, or lost."""
    lenient: Caught
    """Caught: not answered as a real intent at `sure`; so also what is asked back at `half`."""
    refused: float | None
    """Of the real questions: taken for out_of_scope at `sure`, or lost."""


@dataclass(frozen=True)
class Confusion:
    wanted: str
    said: str | None
    sentences: tuple[Heard, ...]


@dataclass(frozen=True)
class Pair:
    """One message with two wishes, and what was heard in it."""

    text: str
    intents: tuple[str, ...]
    heard: tuple[str, ...]

    @property
    def right(self) -> bool:
        return sorted(self.heard) == sorted(self.intents)


Entity = tuple[str, str]
"""Kind and canonical value."""


@dataclass(frozen=True)
class Read:
    """One sentence, the entities in it, and those that were found."""

    text: str
    variety: str
    wanted: tuple[Entity, ...]
    found: tuple[Entity, ...]

    @property
    def right(self) -> bool:
        return not self.missed and not self.extra

    @property
    def missed(self) -> list[Entity]:
        return sorted((Counter(self.wanted) - Counter(self.found)).elements())

    @property
    def extra(self) -> list[Entity]:
        return sorted((Counter(self.found) - Counter(self.wanted)).elements())


@dataclass(frozen=True)
class OfKind:
    count: int
    precision: float | None
    recall: float | None


def share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def accuracy(heard: Sequence[Heard]) -> Accuracy:
    return Accuracy(
        len(heard),
        share(sum(one.right for one in heard), len(heard)),
        share(sum(one.offered for one in heard), len(heard)),
    )


def in_scope(heard: Iterable[Heard]) -> list[Heard]:
    return [one for one in heard if one.intents[0] != OUT_OF_SCOPE]


def by_variety(heard: Iterable[Heard]) -> dict[str, Accuracy]:
    varieties = defaultdict(list)
    for one in heard:
        varieties[one.variety].append(one)
    return {variety: accuracy(varieties[variety]) for variety in sorted(varieties)}


def by_intent(heard: Iterable[Heard]) -> dict[str, OfIntent]:
    """Also the intents that no sentence is of and that were said."""
    wanted, said, right = Counter[str](), Counter[str](), Counter[str]()
    for one in heard:
        wanted[one.counts_as] += 1
        said.update([one.said] if one.said else [])
        right.update([one.counts_as] if one.right else [])
    return {
        intent: OfIntent(
            wanted[intent],
            share(right[intent], said[intent]),
            share(right[intent], wanted[intent]),
            share(2 * right[intent], wanted[intent] + said[intent]),
        )
        for intent in sorted(wanted | said)
    }


def macro_f1(intents: dict[str, OfIntent]) -> float | None:
    """Each intent that has sentences weighs the same."""
    f1s = [figures.f1 or 0.0 for figures in intents.values() if figures.count]
    return share(sum(f1s), len(f1s))


def by_band(heard: Iterable[Heard]) -> dict[str, OfBand]:
    bands: dict[str, list[Heard]] = {band: [] for band in BANDS}
    for one in heard:
        bands[one.band].append(one)
    return {
        band: OfBand(len(ones), sum(one.right for one in ones), sum(one.offered for one in ones))
        for band, ones in bands.items()
    }


def calibration(heard: Iterable[Heard]) -> list[Bin]:
    bins: list[list[Heard]] = [[] for _ in range(BINS)]
    for one in heard:
        bins[min(int(one.confidence * BINS), BINS - 1)].append(one)
    return [
        Bin(
            place / BINS,
            (place + 1) / BINS,
            len(ones),
            share(sum(one.confidence for one in ones), len(ones)),
            share(sum(one.right for one in ones), len(ones)),
        )
        for place, ones in enumerate(bins)
    ]


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """How far stated confidence and share of right ones lie apart, weighted by the messages of each bin."""
    return share(
        sum(
            one.count * abs(one.stated - one.right) for one in bins if one.stated is not None and one.right is not None
        ),
        sum(one.count for one in bins),
    )


def out_of_scope(heard: Sequence[Heard]) -> OutOfScope:
    strict = [one for one in heard if one.said == OUT_OF_SCOPE or one.band == "lost"]
    lenient = [one for one in heard if one.said == OUT_OF_SCOPE or one.band != "sure"]
    refused = [one for one in heard if is_refused(one)]
    count = sum(_is_outside(one) for one in heard)
    return OutOfScope(count, _caught(strict, count), _caught(lenient, count), share(len(refused), len(heard) - count))


def is_refused(one: Heard) -> bool:
    """A real question that is told that it is none, or that it was not understood."""
    return not _is_outside(one) and (one.band == "lost" or (one.band == "sure" and one.said == OUT_OF_SCOPE))


def _is_outside(one: Heard) -> bool:
    return one.counts_as == OUT_OF_SCOPE


def _caught(ones: Sequence[Heard], of: int) -> Caught:
    right = sum(_is_outside(one) for one in ones)
    return Caught(share(right, len(ones)), share(right, of))


def confusions(heard: Iterable[Heard]) -> list[Confusion]:
    """The most frequent first; in each, the surest mistake first."""
    pairs = defaultdict(list)
    for one in heard:
        if not one.right:
            pairs[one.counts_as, one.said].append(one)
    found = [
        Confusion(wanted, said, tuple(sorted(ones, key=lambda one: -one.confidence)))
        for (wanted, said), ones in pairs.items()
    ]
    return sorted(found, key=lambda confusion: (-len(confusion.sentences), confusion.wanted, confusion.said or ""))


def by_kind(read: Iterable[Read]) -> dict[str, OfKind]:
    """A value that is not exact is both missed and found in vain."""
    wanted, found, missed = Counter[str](), Counter[str](), Counter[str]()
    for one in read:
        wanted.update(kind for kind, _ in one.wanted)
        found.update(kind for kind, _ in one.found)
        missed.update(kind for kind, _ in one.missed)
    return {
        kind: OfKind(
            wanted[kind],
            share(wanted[kind] - missed[kind], found[kind]),
            share(wanted[kind] - missed[kind], wanted[kind]),
        )
        for kind in sorted(wanted | found)
    }

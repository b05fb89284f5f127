"""Sentences that are one twice over: trained on and held out, under two intents, or only counted twice.

A sentence is the bag of its words' skeletons, so neither order nor spelling hides a twin. Where two are only nearly
equal, a word counts the less the more intents it stands under: what is said everywhere hardly hides or makes a twin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import log

from bot.training.check_intents import Sentence
from bot.training.located import Problem

WORDS_UNDER_TWO = 2
"""So many before two spellings are one sentence across intents: alone, `والعلاوة` and `والعيال` have one skeleton."""
WORDS_HELD_OUT = 3
"""The same between training and test: what is shorter, people have few ways to say."""
WORDS_NEARLY = 4
NEARLY = 80
"""Of what two sentences say together, the share that both say, in per cent."""


def problems(sentences: Sequence[Sentence], held: Iterable[Sentence]) -> Iterator[Problem]:
    """At most one for each trained sentence, the gravest."""
    tested = {_key(sentence, WORDS_HELD_OUT): sentence for sentence in held}
    anywhere: dict[object, Sentence] = {}
    of_intent: dict[object, Sentence] = {}
    nearly = _nearly_equal(sentences)
    for nth, sentence in enumerate(sentences):
        if not sentence.words:
            continue
        across = anywhere.setdefault(_key(sentence, WORDS_UNDER_TWO), sentence)
        within = of_intent.setdefault((sentence.intent, sentence.skeletons), sentence)
        if twin := tested.get(_key(sentence, WORDS_HELD_OUT)):
            wrong = f"{_the_same(sentence, twin)} في جمل الاختبار ({twin.place})"
            yield sentence.problem(wrong, "احذفها من هنا، فالاختبار لا يُدرَّب عليه")
        elif across.intent != sentence.intent:
            wrong = f"{_the_same(sentence, across)} تحت {across.intent} ({across.place})"
            yield sentence.problem(wrong, "احذف إحداهما، وحدودهما في data/intents.yml")
        elif within is not sentence:
            wrong = f"{_the_same(sentence, within)} في {within.place}"
            yield sentence.problem(wrong, "احذف أضعفهما، فالمكررة لا تعلّم شيئًا")
        elif twin := nearly.get(nth):
            wrong = f"تكاد تكون «{twin.text}» ({twin.place})"
            yield sentence.problem(wrong, "احذف أضعفهما، أو اكتب إحداهما بكلمات أخرى")


def _key(sentence: Sentence, fewest: int) -> object:
    """What two sentences share when they are one: the skeletons, and of short ones the very words."""
    return sentence.skeletons if len(sentence.skeletons) >= fewest else sentence.words


def _the_same(sentence: Sentence, twin: Sentence) -> str:
    return "الجملة نفسها" if sentence.words == twin.words else f"كلمات «{twin.text}» نفسها"


def _nearly_equal(sentences: Sequence[Sentence]) -> dict[int, Sentence]:
    """By its place, each sentence that nearly is an earlier one of its intent, and which."""
    weights = _weights(sentences)
    bags = [frozenset(sentence.skeletons) for sentence in sentences]
    totals = [sum(map(weights.__getitem__, bag)) for bag in bags]
    earlier: dict[tuple[str, str], list[int]] = defaultdict(list)
    found = {}
    for nth, (sentence, bag) in enumerate(zip(sentences, bags, strict=True)):
        if len(bag) < WORDS_NEARLY:
            continue
        telling = _telling(bag, weights, totals[nth])
        for other in sorted({other for word in telling for other in earlier[sentence.intent, word]}):
            both = sum(map(weights.__getitem__, bag & bags[other]))
            if 100 * both >= NEARLY * (totals[nth] + totals[other] - both):
                found[nth] = sentences[other]
                break
        for word in bag:
            earlier[sentence.intent, word].append(nth)
    return found


def _telling(bag: frozenset[str], weights: dict[str, int], total: int) -> Iterator[str]:
    """Its heaviest words, of which a sentence nearly equal has at least one: without them too little is left."""
    left = total
    for word in sorted(bag, key=weights.__getitem__, reverse=True):
        if 100 * left < NEARLY * total:
            return
        yield word
        left -= weights[word]


def _weights(sentences: Iterable[Sentence]) -> dict[str, int]:
    """Of each word, whole so that their sums are exact."""
    intents: dict[str, set[str]] = defaultdict(set)
    for sentence in sentences:
        for word in sentence.skeletons:
            intents[word].add(sentence.intent)
    every = len(set().union(*intents.values()))
    return {word: round(100 * log(1 + every / len(under))) for word, under in intents.items()}

"""The answers of one turn as the fewest messages within a channel's limits.

Texts that follow each other are one message; an answer with choices ends it. The order of what is said never changes
and no word is lost. Choices are buttons, else rows of a list, else lines with numbers to type, which run on through
the turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, takewhile
from typing import Any

import regex

from bot.answers import SOURCE
from bot.channels.base import Choice, Limits, Piece
from bot.text.isolate import WITHOUT_MARKS


@dataclass(frozen=True)
class Words:
    """What the channel itself says."""

    open_list: str
    """On the button that opens a list."""
    section: str
    """Over its rows, and above choices that came without a word."""
    numbered: str
    """Over choices that are chosen by their number."""


def words(labels: Mapping[str, Mapping[str, Mapping[str, str]]], language: str) -> Words:
    """`labels`: as `Answers.labels`."""
    said = labels["channel"]
    return Words(said["list_button"][language], said["list_section"][language], said["numbered"][language])


def pieces(bodies: Sequence[Mapping[str, Any]], limits: Limits, words: Words, language: str) -> list[Piece]:
    """`bodies`: what `Line.body` holds, of one turn, in order. Choices that fit neither buttons nor rows are in no
    `Piece.choices`; `numbered` tells which number means which."""
    made: list[Piece] = []
    count = 0
    for text, choices in _joined(bodies, limits):
        forms = [
            [*_texts(before, limits, language), Piece(kind, last, shown, language, *_of_list(kind, words))]
            for kind, shown, longest in _forms(choices, limits)
            for *before, last in [_above(text or words.section, longest, limits)]
        ]
        if forms:
            made += min(forms, key=len)
        else:
            made += _texts([_with_numbers(text, choices, words, count)], limits, language)
            count += 0 if _begin_with_numbers(choices) else len(choices)
    return made


def as_text(piece: Piece, words: Words, limits: Limits) -> list[Piece]:
    """The same without buttons or list, for a provider that refuses them; the first choice is number 1."""
    return _texts([_with_numbers(piece.text, piece.choices, words)], limits, piece.language)


def numbered(bodies: Sequence[Mapping[str, Any]], made: Sequence[Piece]) -> list[str]:
    """The ids that were named by number in `made`, the first of them by 1."""
    pressed = {choice.id for piece in made for choice in piece.choices}
    left = [tuple(choice for choice in _choices(body) if choice.id not in pressed) for body in bodies]
    return [choice.id for choices in left if not _begin_with_numbers(choices) for choice in choices]


def units(text: str) -> int:
    """How messengers count: in UTF-16, an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# what belongs together


def _joined(bodies: Sequence[Mapping[str, Any]], limits: Limits) -> Iterator[tuple[str, tuple[Choice, ...]]]:
    text, choices = "", ()
    for body in bodies:
        more = _choices(body)
        if choices and not (more and _one_series(choices + more, limits)):
            yield text, choices
            text, choices = "", ()
        text = "\n\n".join(filter(None, (text, (body.get("text") or "").strip())))
        choices += more
    if text or choices:
        yield text, choices


def _choices(body: Mapping[str, Any]) -> tuple[Choice, ...]:
    buttons = body.get("buttons") or ()
    titles = (" ".join(button["title"].translate(WITHOUT_MARKS).split()) for button in buttons)
    return tuple(dict.fromkeys(Choice(button["payload"], title) for button, title in zip(buttons, titles, strict=True)))


def _one_series(choices: tuple[Choice, ...], limits: Limits) -> bool:
    """Choices of several answers that differ by their number only (القضية 1، القضية 2) are one question."""
    kinds = {regex.sub(r"\d+", "#", choice.title) for choice in choices}
    return len(kinds) == 1 and bool(_forms(choices, limits))


# choices


def _forms(choices: tuple[Choice, ...], limits: Limits) -> list[tuple[str, tuple[Choice, ...], int]]:
    """Each way to show them that can be pressed, the better one first: kind, choices, longest text above."""
    rows = tuple(_row(choice, limits) for choice in choices)
    narrow = all(0 < units(choice.title) <= limits.button_title for choice in choices)
    ways = [
        ("buttons", choices, limits.buttons_text, narrow and len(choices) <= limits.buttons),
        ("list", rows, limits.list_text, all(rows) and len(rows) <= limits.rows),
    ]
    return [(kind, shown, longest) for kind, shown, longest, fits in ways if choices and fits and _told_apart(shown)]


def _begin_with_numbers(choices: Sequence[Choice]) -> bool:
    return any(choice.title[:1].isdigit() for choice in choices)


def _of_list(kind: str, words: Words) -> tuple[str, ...]:
    return (words.open_list, words.section) if kind == "list" else ()


def _told_apart(choices: tuple[Choice, ...]) -> bool:
    return all(len({getattr(choice, of) for choice in choices}) == len(choices) for of in ("id", "title"))


def _row(choice: Choice, limits: Limits) -> Choice | None:
    """None where a row is too narrow even for the title shortened at the end of a word."""
    if 0 < units(choice.title) <= limits.row_title:
        return choice
    beginnings = (f"{part.rstrip(' ،,؛;:-–')}…" for part in accumulate(choice.title.split(), "{} {}".format))
    *_, short = "", *takewhile(lambda part: units(part) <= limits.row_title, beginnings)
    if len(short) < 2 or units(choice.title) > limits.row_description:
        return None
    return Choice(choice.id, short, choice.title)


def _with_numbers(text: str, choices: Sequence[Choice], words: Words, before: int = 0) -> str:
    """`before`: how many numbers of this turn are taken."""
    if not choices:
        return text
    lines = [f"{number}. {choice.description or choice.title}" for number, choice in enumerate(choices, before + 1)]
    if _begin_with_numbers(choices):  # "1. 3 months": nobody could tell which a typed 3 means
        return "\n\n".join(filter(None, (text, "\n".join(f"• {each.description or each.title}" for each in choices))))
    return "\n\n".join(filter(None, (text, "\n".join((words.numbered, *lines)))))


# long texts


def _texts(texts: Sequence[str], limits: Limits, language: str) -> list[Piece]:
    return [Piece("text", part, (), language) for text in texts for part in _split(text, limits.text)]


_BEFORE_SOURCE = "|".join(regex.escape(line.partition("{")[0].strip()) for line in SOURCE.values())
_WITH_SOURCE = rf"(?!\s*(?:{_BEFORE_SOURCE}))"
_SENTENCE = r"\n\s*|(?<=[.؟?!؛…][»”\")\]]?)\s+"
_BREAKS = [
    regex.compile(pattern)
    for pattern in (
        rf"{_WITH_SOURCE}\n[^\S\n]*\n\s*",
        rf"{_WITH_SOURCE}\n\s*",
        rf"{_WITH_SOURCE}(?:{_SENTENCE})",
        _SENTENCE,
        r"[^\S\u00a0\u202f]+",
        r"\X\K",
        r"(?s:.)\K",
    )
]
"""Where a text may be broken, the best first: paragraphs, lines, sentences (the source stays with what it proves),
words, letters with their marks; each of them holds the better ones too."""


def _split(text: str, longest: int) -> list[str]:
    text, parts = _within(text, longest), []
    while units(text) > longest:
        end, start = _cut(text, longest)
        parts.append(text[:end].rstrip())
        text = text[start:].lstrip()
    return [*parts, text] if text else parts


def _cut(text: str, longest: int) -> tuple[int, int]:
    """The end of the first part and the start of the rest. The best break is taken unless what comes up to the next
    one is too long for a message and must be broken anyway: then its beginning fills this one."""
    room = sum(1 for end in accumulate(map(units, text[:longest])) if end <= longest)
    for breaks in _breaks(text):
        cut = None
        for start, end in chain(breaks, [(len(text), len(text))]):
            if start > room:
                break
            cut = start, end
        if cut and units(text[cut[1] : start]) <= longest:
            return cut
    raise ValueError("a message takes less than one character")


def _above(text: str, longest: int, limits: Limits) -> list[str]:
    """Parts of which the last stands above choices."""
    *parts, last = _split(_within(text, longest), limits.text)
    if units(last) <= longest:
        return [*parts, last]
    cuts = ((start, end) for breaks in _breaks(last) for start, end in breaks if 0 < units(last[end:]) <= longest)
    start, end = next(cuts)
    return [*parts, last[:start].rstrip(), last[end:]]


def _breaks(text: str) -> Iterator[Iterator[tuple[int, int]]]:
    inside = {place for start, end in _isolates(text) for place in range(start + 1, end)}
    for pattern in _BREAKS:
        yield (found.span() for found in pattern.finditer(text) if found.start() not in inside)


def _within(text: str, longest: int) -> str:
    """Isolates that no message can hold lose their marks: they would be opened in one and closed in another."""
    too_long = (span for span in _isolates(text) if units(text[slice(*span)]) > longest)
    marks = {place for start, end in too_long for place in (start, end - 1)}
    return "".join(letter for place, letter in enumerate(text) if place not in marks)


def _isolates(text: str) -> Iterator[tuple[int, int]]:
    opened: list[int] = []
    for place, letter in enumerate(text):
        if letter in "\u2066\u2067\u2068":
            opened.append(place)
        elif letter == "\u2069" and opened:
            yield opened.pop(), place + 1

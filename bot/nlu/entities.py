"""What has a form: numbers, amounts, dates, and the names of banks and services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.fingerprint import helpers_fingerprint
from bot.nlu.gazetteer import Named, find_names
from bot.nlu.words import read_of
from bot.text.amounts import Amount, find_amounts
from bot.text.dates import find_dates
from bot.text.digits import to_western
from bot.text.mask import CODE_WORD, Personal, find_personal
from bot.text.normalise import normalise
from bot.text.ordinals import parse_ordinal
from bot.text.visible import visible

NUMBERS = ("national_id", "mobile", "code", "invoice_number", "case_number", "request_number", "iban")
_AMBIGUOUS = ("code", "request_number")
"""Sent alone, a number of this length may as well be a sum: both are told, the question that was asked decides."""

_ID = re.compile(r"[12]\d{9}")
_LABEL = re.compile(
    r"(?P<request>طلب|معامل[ةه]|request|6alab|talab)"
    r"|(?P<other>فاتور|قضي[ةه]|قضيت|حساب|هوي|[إا]قام|جوال|هاتف|invoice|case|account|mobile|phone|fato|qad)",
    re.IGNORECASE,
)
_BEFORE = 30
"""Characters before a number in which it may be said what it is."""

_MOST_CASES = 10
"""A bare number above it is a sum or a code, never the place in a list."""

_SMALLEST_SUM = 100
"""A smaller number in a sentence, with no currency and no word of money, counts something else."""
_YEARS = {*range(1380, 1500), *range(1900, 2100)} - {1400, 1900, 2000}

_NAMES_A_NUMBER = ("national_id", "iqama")
_BESIDE, _FAR = 3, 40
"""Words, and at most so many characters, up to the number that `هويتي` introduces."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SpacyEntityExtractor(GraphComponent):
    """Values are canonical (0-9, mobiles as +966…, ISO dates, keys of banks and services), offsets those of the text as
    typed."""

    @staticmethod
    def required_packages() -> list[str]:
        return ["spacy"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return helpers_fingerprint()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpacyEntityExtractor:
        next(find_names(""), None)  # the names are read now, not at the first message
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = [{**entity, "extractor": type(self).__name__} for entity in find_entities(message.get(TEXT))]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages


def find_entities(text: str) -> list[dict[str, Any]]:
    return sorted(_entities(read_of(text)), key=lambda entity: (entity["start"], -entity["end"]))


def _entities(text: str) -> Iterator[dict[str, Any]]:
    dates, sums, names = list(find_dates(text)), list(find_amounts(text)), list(find_names(text))
    of_dates = _Marked(text, dates)
    numbers = _numbers(text, of_dates, sums)
    parts = _Marked(text, dates, (name for name in names if " " in text[name.start : name.end]))
    places = [place for place in _ordinal(text) if not parts.touches(place["start"], place["end"])]

    for date in dates:
        yield {**_entity("date", date.value.isoformat(), date.start, date.end), "calendar": date.calendar}
    for number in numbers:
        if _is_entity(number, text):
            typed = text[number.start : number.end]
            yield _entity(number.name, _canonical(number.name, number.digits, typed), number.start, number.end)
    alone = not re.search(r"[^\W\d_]", text)
    taken = _Marked(text, dates, names, (number for number in numbers if not (alone and number.name in _AMBIGUOUS)))
    if not alone:
        taken.mark((place["start"], place["end"]) for place in places)
    said = [match.start() for match in re.finditer(r"\w", text)]
    for amount in sums:
        whole = amount.start <= said[0] and said[-1] < amount.end
        if (whole or _is_sum(amount)) and not taken.touches(amount.start, amount.end):
            yield _entity("amount", f"{amount.value.normalize():f}", amount.start, amount.end)
    ids = _Marked(text, (number for number in numbers if number.name == "national_id"))
    for name in names:
        if not (name.key in _NAMES_A_NUMBER and ids.touches(*_around(name, text))):
            yield _entity(name.entity, name.key, name.start, name.end)
    yield from places


class _Place(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class _Marked:
    """Which characters of a text belong to what was found."""

    def __init__(self, text: str, *found: Iterable[_Place]) -> None:
        self._marks = bytearray(len(text))
        for places in found:
            self.mark((place.start, place.end) for place in places)

    def mark(self, spans: Iterable[tuple[int, int]]) -> None:
        for start, end in spans:
            self._marks[start:end] = b"\1" * (end - start)

    def touches(self, start: int, end: int) -> bool:
        return 1 in self._marks[start:end]


def _numbers(text: str, dates: _Marked, sums: list[Amount]) -> list[Personal]:
    """Those that are neither dates nor sums: `12500000 ريال` is as long as a request, `بدفع 150000` as a code."""
    with_currency = _Marked(text, (amount for amount in sums if amount.currency))
    sure = _Marked(text, (amount for amount in sums if amount.sure)) if not CODE_WORD.search(text) else with_currency
    sums_of_length = {"code": sure, "request_number": with_currency}
    return [
        number
        for number in find_personal(text)
        if not dates.touches(number.start, number.end)
        and not (number.name in sums_of_length and sums_of_length[number.name].touches(number.start, number.end))
    ]


def _is_entity(number: Personal, text: str) -> bool:
    if number.name not in NUMBERS or (number.name == "national_id" and not _ID.fullmatch(number.digits)):
        return False
    if number.name != "request_number":
        return True
    labels = [label.lastgroup for label in _LABEL.finditer(text, max(0, number.start - _BEFORE), number.start)]
    return not labels or labels[-1] == "request"


def _is_sum(amount: Amount) -> bool:
    return amount.sure or (amount.value >= _SMALLEST_SUM and amount.value not in _YEARS)


def _around(name: Named, text: str) -> tuple[int, int]:
    """As far as a number may stand that the name introduces, `هويتي هي …`, or follows: `… هذي هويتي`."""
    before = list(re.finditer(r"\S+", text[max(0, name.start - _FAR) : name.start]))[-_BESIDE:]
    after = list(re.finditer(r"\S+", text[name.end : name.end + _FAR]))[:_BESIDE]
    start = max(0, name.start - _FAR) + before[0].start() if before else name.start
    return start, name.end + after[-1].end() if after else name.end


def _canonical(name: str, digits: str, typed: str) -> str:
    if name == "mobile":
        return f"+966{digits[-9:]}"
    return re.sub(r"[^A-Z0-9]", "", to_western(typed).upper()) if name == "iban" else digits


def _ordinal(text: str) -> Iterator[dict[str, Any]]:
    seen = visible(text)
    which = parse_ordinal(seen.text)
    if which is None or (which > _MOST_CASES and normalise(seen.text).isdecimal()):
        return
    for word in re.finditer(r"\d+(?:st|nd|rd|th)?|[^\W\d_]+", seen.text):
        if parse_ordinal(word.group()) == which:
            yield _entity("ordinal", which, *seen.span(*word.span()))
            return
    whole = re.search(r"\S(?:.*\S)?", seen.text, re.DOTALL)
    if whole:
        yield _entity("ordinal", which, *seen.span(*whole.span()))


def _entity(name: str, value: str | int, start: int, end: int) -> dict[str, Any]:
    return {"entity": name, "value": value, "start": start, "end": end}

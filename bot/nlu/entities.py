"""What has a form: numbers, amounts, dates, and the names of banks and services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.fingerprint import helpers_fingerprint
from bot.nlu.gazetteer import find_names
from bot.text.amounts import find_amounts
from bot.text.dates import find_dates
from bot.text.digits import to_western
from bot.text.mask import find_personal
from bot.text.normalise import normalise
from bot.text.ordinals import parse_ordinal

NUMBERS = ("national_id", "mobile", "code", "invoice_number", "case_number", "request_number", "iban")
_AMBIGUOUS = ("code", "request_number")
"""Sent alone, a number of this length may as well be a sum: both are told, the question that was asked decides."""

_MOST_CASES = 10
"""A bare number above it is a sum or a code, never the place in a list."""

_VALID = {"national_id": re.compile(r"[12]\d{9}")}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SpacyEntityExtractor(GraphComponent):
    """Values are canonical (0-9, ISO dates, keys of banks and services), offsets are those of the text as typed."""

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
    return sorted(_entities(text), key=lambda entity: (entity["start"], -entity["end"]))


def _entities(text: str) -> Iterator[dict[str, Any]]:
    taken: list[tuple[int, int]] = []
    alone = not re.search(r"[^\W\d_]", text)
    for date in find_dates(text):
        taken.append((date.start, date.end))
        yield {**_entity("date", date.value.isoformat(), date.start, date.end), "calendar": date.calendar}
    for number in find_personal(text):
        if not (alone and number.name in _AMBIGUOUS):
            taken.append((number.start, number.end))
        if number.name in NUMBERS and _VALID.get(number.name, re.compile("")).match(number.digits):
            typed = text[number.start : number.end]
            yield _entity(number.name, _canonical(number.name, number.digits, typed), number.start, number.end)
    ordinals = list(_ordinal(text))
    if not alone:
        places = [(ordinal["start"], ordinal["end"]) for ordinal in ordinals]
        taken += [(start, end) for start, end in places if text[start:end].isdecimal()]
    for amount in find_amounts(text):
        if not any(start < amount.end and amount.start < end for start, end in taken):
            yield _entity("amount", f"{amount.value.normalize():f}", amount.start, amount.end)
    for name in find_names(text):
        yield _entity(name.entity, name.key, name.start, name.end)
    yield from ordinals


def _canonical(name: str, digits: str, typed: str) -> str:
    if name == "mobile":
        return f"0{digits[-9:]}"
    return re.sub(r"[^A-Z0-9]", "", to_western(typed).upper()) if name == "iban" else digits


def _ordinal(text: str) -> Iterator[dict[str, Any]]:
    which = parse_ordinal(text)
    if which is None or (which > _MOST_CASES and normalise(text).isdecimal()):
        return
    for word in re.finditer(r"[^\W_]+", text):
        if normalise(word.group()) and parse_ordinal(word.group()) == which:
            yield _entity("ordinal", which, *word.span())
            return
    stripped = text.strip()
    start = text.index(stripped)
    yield _entity("ordinal", which, start, start + len(stripped))


def _entity(name: str, value: str | int, start: int, end: int) -> dict[str, Any]:
    return {"entity": name, "value": value, "start": start, "end": end}

from __future__ import annotations

import json
from typing import Any

from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from tests.bot.nlu.checks.texts import BAD, TYPED
from tests.bot.nlu.pipeline import Parts

WITH_ENTITIES = [
    "هويتي ١٠٥٨-٥٢٩-٩٤٠ تفضل",
    "اتصل على +966 50 000 0000",
    "فاتورة 701234567890 وقضية ٨٥١٢٣٤٥٦٧٨",
    "الآيبان sa03 8000 0000 6080 1016 7519",
    "كم يخصمون من ٩ آلاف",
    "عندي 9,000.50 ريال",
    "من 12/6/1448 موقوف",
    "القضية الثانية",
    "رقم ٢",
    "ابي ادفع بالراجحي",
    "pay with alrajhi",
    "الجواز والليسن موقوفين",
]
"""Each extractor finds something in one of these at least."""

ALL = [*WITH_ENTITIES, *TYPED, *BAD.values()]


def check_finds_something(component: Any, parts: Parts) -> None:
    assert any(_found(component, parts, text) for text in WITH_ENTITIES)


def check_values_are_texts_or_numbers_of_a_list(component: Any, parts: Parts) -> None:
    for text in ALL:
        for entity in _found(component, parts, text):
            assert type(entity["value"]) is (int if entity["entity"] == "ordinal" else str), entity
            assert entity["value"] != ""


def check_values_are_written_in_western_digits(component: Any, parts: Parts) -> None:
    for text in ALL:
        for entity in _found(component, parts, text):
            assert str(entity["value"]).isascii(), entity


def check_offsets_are_those_of_the_words_as_typed(component: Any, parts: Parts) -> None:
    for text in ALL:
        for entity in _found(component, parts, text):
            typed = text[entity["start"] : entity["end"]]
            assert 0 <= entity["start"] < entity["end"] <= len(text), entity
            assert any(map(str.isalnum, typed)), entity
            assert typed == typed.strip(), entity


def check_offsets_count_what_stands_before(component: Any, parts: Parts) -> None:
    """One for each code point, above U+FFFF too, and for what nobody sees."""
    for text in WITH_ENTITIES:
        for before in ("😀 ", "\u200f", "\n\n"):
            moved = _found(component, parts, before + text)
            assert [_placed(entity) for entity in moved] == [
                _placed(entity, len(before)) for entity in _found(component, parts, text)
            ], before + text


def check_says_who_found_it(component: Any, parts: Parts) -> None:
    for text in ALL:
        assert all(entity["extractor"] == component.__name__ for entity in _found(component, parts, text))


def check_keeps_what_others_found(component: Any, parts: Parts) -> None:
    earlier = {"entity": "bank", "value": "rajhi", "start": 0, "end": 3, "extractor": "Another"}
    for text in WITH_ENTITIES:
        message = Message({TEXT: text, ENTITIES: [dict(earlier)]})
        parts.create(component).process([message])
        assert message.get(ENTITIES) == [earlier, *_found(component, parts, text)]


def check_what_is_found_can_be_written_as_json(component: Any, parts: Parts) -> None:
    for text in ALL:
        found = _found(component, parts, text)
        assert json.loads(json.dumps(found)) == found


def check_says_the_same_again_and_when_loaded(component: Any, parts: Parts) -> None:
    for text in ALL:
        messages = [Message({TEXT: text}), Message({TEXT: text})]
        parts.load(component).process(messages)
        first, second = (message.get(ENTITIES) for message in messages)
        assert first == second == _found(component, parts, text)


CHECKS = (
    check_finds_something,
    check_values_are_texts_or_numbers_of_a_list,
    check_values_are_written_in_western_digits,
    check_offsets_are_those_of_the_words_as_typed,
    check_offsets_count_what_stands_before,
    check_says_who_found_it,
    check_keeps_what_others_found,
    check_what_is_found_can_be_written_as_json,
    check_says_the_same_again_and_when_loaded,
)


def _found(component: Any, parts: Parts, text: str) -> list[dict[str, Any]]:
    [message] = parts.create(component).process([Message({TEXT: text})])
    return message.get(ENTITIES)


def _placed(entity: dict[str, Any], moved: int = 0) -> tuple[Any, ...]:
    return entity["entity"], entity["value"], entity["start"] + moved, entity["end"] + moved

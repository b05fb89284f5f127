"""`bot parse`: the form of what it prints, from a fake runner."""

from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.interpreter import Interpreter

RANKING = [{"name": "pay_invoice", "confidence": 0.6}, {"name": "ask_how_to_pay", "confidence": 0.3}]


class FakeRunner:
    """Answers with what it was given, and remembers what it was asked."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found
        self.asked: list[str] = []

    def run(self, inputs: dict[str, Any], targets: list[str]) -> dict[str, list[Message]]:
        [[message]] = inputs.values()
        self.asked.append(message.text)
        return {targets[0]: [Message(self.found)]}


def interpreter(band: str, ranking: list[dict[str, Any]], entities: list[dict[str, Any]] | None = None) -> Interpreter:
    made = Interpreter.__new__(Interpreter)
    made._target = "nlu"
    made._runner = FakeRunner({"band": band, "intent_ranking": ranking, "entities": entities or []})
    return made


@pytest.mark.parametrize(("band", "intent"), [("sure", "pay_invoice"), ("half", "pay_invoice"), ("lost", None)])
def test_the_intent_is_the_first_of_the_ranking_or_null_when_lost(band: str, intent: str | None) -> None:
    assert interpreter(band, RANKING).parse("ابي ادفع") == {
        "text": "ابي ادفع",
        "intent": intent,
        "band": band,
        "confidence": 0.6,
        "ranking": RANKING,
        "entities": [],
    }


def test_a_message_without_words_has_no_ranking() -> None:
    parsed = interpreter("lost", []).parse("😀")
    assert (parsed["intent"], parsed["confidence"], parsed["ranking"]) == (None, 0.0, [])


def test_offsets_are_those_of_the_text_as_typed() -> None:
    found = {"entity": "bank", "value": "rajhi", "start": 0, "end": 7, "extractor": "X"}
    typed = " /الراجحي"
    [entity] = interpreter("sure", RANKING, [found]).parse(typed)["entities"]
    assert typed[entity["start"] : entity["end"]] == "الراجحي"
    assert set(entity) == {"entity", "value", "start", "end"}


def test_a_typed_intent_is_read_as_words() -> None:
    reader = interpreter("lost", [])
    reader.parse('/pay_invoice{"bank": "rajhi"}')
    assert reader._runner.asked == ['pay_invoice{"bank": "rajhi"}']

"""How sure: answer, ask back with suggestions, or say that it was not understood."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.classifier import IntentClassifier
from bot.nlu.fingerprint import helpers_fingerprint
from bot.nlu.words import LONGEST
from bot.text.distress import in_distress, is_figure_of_speech

BAND = "band"
DISTRESS = "distress"
OUT_OF_SCOPE = "out_of_scope"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ConfidenceBands(GraphComponent):
    """Sets `band` (sure, half, lost). Unless sure, the intent is nlu_fallback; the ranking keeps the real intents.

    Out of scope is a decision of its own, with a measure of its own (`out_of_scope`): the likeliest and at least that
    likely, it is said; else the likeliest real intent alone decides the band. Plain words of distress are sure,
    whatever the classifier says; a figure of speech is no distress.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._sure: float = config["sure"]
        self._half: float = config["half"]
        self._out_of_scope: float = config["out_of_scope"]
        self._ranking_length: int = config["ranking_length"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"sure": 0.75, "half": 0.2, "out_of_scope": 0.5, "ranking_length": 5}

    @classmethod
    def required_components(cls) -> list[type]:
        return [IntentClassifier]

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
    ) -> ConfidenceBands:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            ranking = _with_distress(message.get(TEXT)[:LONGEST], message.get(INTENT_RANKING_KEY) or [])
            confidence = ranking[0][PREDICTED_CONFIDENCE_KEY] if ranking else 0.0
            band = self._band_of(ranking)
            intent = ranking[0] if band == "sure" else _ranked(DEFAULT_NLU_FALLBACK_INTENT_NAME, confidence)
            message.set(BAND, band, add_to_output=True)
            message.set(INTENT, intent, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking[: self._ranking_length], add_to_output=True)
        return messages

    def _band_of(self, ranking: list[dict[str, Any]]) -> str:
        chances = {rank[INTENT_NAME_KEY]: rank[PREDICTED_CONFIDENCE_KEY] for rank in ranking}
        likeliest = ranking[0][INTENT_NAME_KEY] if ranking else None
        if likeliest == OUT_OF_SCOPE and chances[OUT_OF_SCOPE] >= self._out_of_scope:
            return "sure"
        return self._band(max((chance for name, chance in chances.items() if name != OUT_OF_SCOPE), default=0.0))

    def _band(self, confidence: float) -> str:
        if confidence >= self._sure:
            return "sure"
        return "half" if confidence >= self._half else "lost"


def _with_distress(text: str, ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
    others = [rank for rank in ranking if rank[INTENT_NAME_KEY] != DISTRESS]
    if in_distress(text):
        return [_ranked(DISTRESS, 1.0), *others]
    return others if is_figure_of_speech(text) else ranking


def _ranked(intent: str, confidence: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: confidence}

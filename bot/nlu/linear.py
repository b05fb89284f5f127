"""The model behind the classifier: one linear score an intent, turned into probabilities."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.svm import LinearSVC

from bot.nlu.features import DENSE_WEIGHT, Features
from bot.nlu.sums import read_unaltered, write_sums

_PENALTY = 0.25
_SHARPNESSES = np.arange(1.0, 12.1, 0.25)
"""Candidates for how sharply scores become probabilities."""

NUMBERS, NAMES = "weights.npz", "names.json"


@dataclass(frozen=True)
class LinearModel:
    intents: list[str]
    features: Features
    weights: np.ndarray
    """(features + width of the vectors, intents)."""

    bias: np.ndarray
    sharpness: float

    @classmethod
    def learn(
        cls, sentences: list[list[str]], vectors: np.ndarray, intents: list[str], unseen: np.ndarray
    ) -> LinearModel:
        """`unseen`: the rows that the encoder was not tuned on; on them, held out here too, chances are made true."""
        features = Features.learn(sentences)
        rows = hstack([features.matrix(sentences), csr_matrix(vectors * DENSE_WEIGHT)]).tocsr()
        names = sorted(set(intents))
        wanted = np.array([names.index(intent) for intent in intents])
        weights, bias = _fit(rows, wanted)
        return cls(names, features, weights, bias, _sharpness(rows, wanted, unseen))

    def ranking(self, lemmas: list[str], vector: np.ndarray) -> list[tuple[str, float]]:
        """Intents and probabilities, the likeliest first."""
        places, values = self.features.row(lemmas)
        known = len(self.features.index)
        scores = values @ self.weights[places] + (vector * DENSE_WEIGHT) @ self.weights[known:] + self.bias
        chances = _softmax(scores * self.sharpness)
        return [(self.intents[place], float(chances[place])) for place in np.argsort(-chances)]

    def save(self, folder: Path) -> None:
        np.savez(
            folder / NUMBERS,
            weights=self.weights,
            bias=self.bias,
            rarity=self.features.rarity,
            sharpness=self.sharpness,
        )
        names = {"intents": self.intents, "features": list(self.features.index)}
        (folder / NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        write_sums(folder, [NUMBERS, NAMES])

    @classmethod
    def load(cls, folder: Path) -> LinearModel:
        """Raises AlteredFile, ValueError or KeyError."""
        names = json.loads(read_unaltered(folder, NAMES))
        with np.load(io.BytesIO(read_unaltered(folder, NUMBERS)), allow_pickle=False) as numbers:
            features = Features({name: place for place, name in enumerate(names["features"])}, numbers["rarity"])
            return cls(names["intents"], features, numbers["weights"], numbers["bias"], float(numbers["sharpness"]))


def _fit(rows: csr_matrix, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    machine = LinearSVC(C=_PENALTY, class_weight="balanced", random_state=0).fit(rows, wanted)
    if len(machine.classes_) == 2:  # scikit-learn keeps one row for two classes
        return np.hstack([-machine.coef_.T, machine.coef_.T]).astype(np.float32), np.array([-1, 1]) * machine.intercept_
    return machine.coef_.T.astype(np.float32), machine.intercept_.astype(np.float32)


def _sharpness(rows: csr_matrix, wanted: np.ndarray, unseen: np.ndarray) -> float:
    """Of the candidates the one under which the right intents of the unseen sentences surprise least."""
    learnable = unseen & np.isin(wanted, wanted[~unseen])
    if not learnable.any() or len(set(wanted[~unseen])) < 2:
        return float(_SHARPNESSES[len(_SHARPNESSES) // 2])
    known = np.unique(wanted[~unseen])
    weights, bias = _fit(rows[~unseen], wanted[~unseen])
    scores = rows[learnable] @ weights + bias
    right = np.searchsorted(known, wanted[learnable])

    def surprise(sharpness: float) -> float:
        chances = _softmax(scores * sharpness)
        return float(-np.log(chances[np.arange(len(right)), right] + 1e-9).mean())

    return float(min(_SHARPNESSES, key=surprise))


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.tokenizer import ArabicTokenizer
from bot.project import ROOT
from tests.bot.nlu.checks.texts import BAD, DIFFERENT, SPELLINGS, TYPED, WITHOUT_WORDS
from tests.bot.nlu.pipeline import Parts


def check_one_vector_a_sentence_all_of_one_width(component: Any, parts: Parts) -> None:
    vectors = _vectors(component, parts, [*TYPED, *BAD.values()])
    assert {(vector.ndim, vector.shape[0], vector.dtype) for vector in vectors} == {(2, 1, np.dtype(np.float32))}
    assert len({vector.shape for vector in vectors}) == 1
    assert all(np.isfinite(vector).all() for vector in vectors)


def check_length_is_one_or_nothing_without_words(component: Any, parts: Parts) -> None:
    for vector in _vectors(component, parts, TYPED):
        np.testing.assert_allclose(np.linalg.norm(vector), 1, atol=1e-4)
    for name, vector in zip(WITHOUT_WORDS, _vectors(component, parts, WITHOUT_WORDS.values()), strict=True):
        assert not vector.any(), name


def check_spellings_that_meet_have_the_same_vector(component: Any, parts: Parts) -> None:
    for kind, pairs in SPELLINGS.items():
        for pair in pairs:
            first, second = _vectors(component, parts, pair)
            assert _same(first, second), (kind, pair)


def check_different_sentences_have_different_vectors(component: Any, parts: Parts) -> None:
    for pair in DIFFERENT:
        first, second = _vectors(component, parts, pair)
        assert not _same(first, second), pair


def check_training_and_prediction_give_the_same_vector_bit_for_bit(component: Any, parts: Parts) -> None:
    trained = _trained_vectors(component, parts, TYPED)
    for text, vector in zip(trained, _vectors(component, parts, trained), strict=True):
        assert _same(trained[text], vector), text


def check_the_vector_does_not_depend_on_what_stands_beside(component: Any, parts: Parts) -> None:
    together = _vectors(component, parts, [*TYPED, "كم " * 60, "كم"])
    others = _trained_vectors(component, parts, TYPED[: len(TYPED) // 2])
    for text, vector in zip(TYPED, together, strict=False):
        [alone] = _vectors(component, parts, [text])
        assert _same(alone, vector), text
        assert _same(others.get(text, vector), vector), text


def check_loaded_it_gives_the_same_vectors(component: Any, parts: Parts) -> None:
    created = _vectors(component, parts, TYPED)
    loaded = [_sentence(message) for message in parts.load(component).process(_messages(parts, TYPED))]
    assert all(map(_same, created, loaded))


def check_needs_no_network_and_writes_nothing(component: Any, parts: Parts) -> None:
    """In a process of its own, so that its files are read there for the first time."""
    given = [component.__module__, component.__qualname__, str(parts.folder)]
    ended = subprocess.run(
        [sys.executable, "-B", "-c", _ALONE, *given], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-2000:]


_ALONE = """
import importlib, pathlib, resource, sys
from tests.bot.nlu.pipeline import Parts, Message, TEXT, ArabicTokenizer

component = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
parts = Parts(pathlib.Path(sys.argv[3]))
FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "os.mkdir", "os.rename", "os.remove", "os.link")

def look(event, args):
    writes = event == "open" and isinstance(args[2], int) and args[2] & 3 and str(args[0]) != "/dev/null"
    if writes or event in FORBIDDEN:
        print(event, args, file=sys.stderr)
        raise SystemExit(f"{event} {args}")

sys.addaudithook(look)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # for libraries that are not Python's
made = parts.load(component)
[message] = made.process(parts.create(ArabicTokenizer).process([Message({TEXT: "كم الرسوم"})]))
assert message.get_dense_features(TEXT)[1].features.any()
"""

CHECKS = (
    check_one_vector_a_sentence_all_of_one_width,
    check_length_is_one_or_nothing_without_words,
    check_spellings_that_meet_have_the_same_vector,
    check_different_sentences_have_different_vectors,
    check_training_and_prediction_give_the_same_vector_bit_for_bit,
    check_the_vector_does_not_depend_on_what_stands_beside,
    check_loaded_it_gives_the_same_vectors,
    check_needs_no_network_and_writes_nothing,
)


def _vectors(component: Any, parts: Parts, texts: Iterable[str]) -> list[np.ndarray]:
    return [_sentence(message) for message in parts.create(component).process(_messages(parts, texts))]


def _trained_vectors(component: Any, parts: Parts, texts: Iterable[str]) -> dict[str, np.ndarray]:
    data = parts.create(component).process_training_data(TrainingData(_messages(parts, texts)))
    return {example.get(TEXT): _sentence(example) for example in data.training_examples}


def _messages(parts: Parts, texts: Iterable[str]) -> list[Message]:
    return parts.create(ArabicTokenizer).process([Message({TEXT: text}) for text in texts])


def _sentence(message: Message) -> np.ndarray:
    words, sentence = message.get_dense_features(TEXT)
    assert words is None
    assert sentence is not None
    return sentence.features


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.tobytes() == second.tobytes()

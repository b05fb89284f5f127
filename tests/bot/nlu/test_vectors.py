"""What is remembered between trainings, without the encoder."""

from __future__ import annotations

import io
import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest

from bot.nlu.vectors import remembered

WIDTH = 4


class Computing:
    """Turns each sentence into a vector of its own, and remembers what it was asked."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.asked: list[str] = []

    def __call__(self, sentences: list[str]) -> np.ndarray:
        self.asked += sentences
        return np.array([self.vector(sentence) for sentence in sentences], dtype=np.float32).reshape(-1, WIDTH)

    def vector(self, sentence: str) -> np.ndarray:
        start = int.from_bytes(sentence.encode()[-3:], "big") + self.seed
        return np.random.default_rng(start).random(WIDTH, dtype=np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "vectors.npz"


def asked(sentences: list[str], file: Path, key: bytes = b"key") -> list[str]:
    """What had to be computed; what comes back is right in any case."""
    computing = Computing()
    rows = remembered(sentences, computing, WIDTH, key, file)
    assert rows.dtype == np.float32
    assert rows.shape == (len(sentences), WIDTH)
    for sentence, row in zip(sentences, rows, strict=True):
        assert row.tobytes() == computing.vector(sentence).tobytes()
    return computing.asked


def test_only_new_sentences_are_computed_and_each_once(file: Path) -> None:
    assert asked(["a", "b", "a"], file) == ["a", "b"]
    assert asked(["b", "c", "a", "c"], file) == ["c"]
    assert asked(["c", "b", "a"], file) == []


def test_another_key_computes_all(file: Path) -> None:
    asked(["a", "b"], file)
    assert asked(["a", "b"], file, b"another") == ["a", "b"]
    assert asked(["a", "b"], file, b"another") == []


def test_another_width_computes_all(file: Path) -> None:
    asked(["a"], file)
    assert remembered(["a"], lambda missing: np.ones((len(missing), 2)), 2, b"key", file).tolist() == [[1, 1]]


def test_removed_sentences_leave_the_file(file: Path) -> None:
    asked(["a", "b", "c"], file)
    asked(["a", "b"], file)  # nothing is new
    assert len(np.load(file)["sums"]) == 2
    asked(["b", "d"], file)
    assert len(np.load(file)["sums"]) == 2
    assert asked(["a", "b", "c", "d"], file) == ["a", "c"]
    asked([], file)
    assert len(np.load(file)["sums"]) == 0
    assert asked(["a"], file) == ["a"]


def test_what_is_all_there_is_not_written_again(file: Path) -> None:
    asked(["a", "b"], file)
    before = file.stat().st_ino
    asked(["b", "a"], file)
    assert file.stat().st_ino == before


@pytest.mark.parametrize("bit", [1, 5, 7])
def test_a_damaged_file_never_gives_a_wrong_vector(file: Path, bit: int) -> None:
    asked(["a", "b"], file)
    content = file.read_bytes()
    for place in range(len(content)):
        altered = bytearray(content)
        altered[place] ^= 1 << bit
        file.write_bytes(altered)
        asked(["a", "b"], file)
    for length in range(0, len(content), 7):
        file.write_bytes(content[:length])
        asked(["a", "b"], file)


def _foreign(**arrays: np.ndarray) -> bytes:
    made = io.BytesIO()
    np.savez(made, **arrays)
    return made.getvalue()


NAMES = np.zeros((2, 16), dtype=np.uint8)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        b"PK\x03\x04",
        pickle.dumps({"sums": [], "vectors": []}),
        _foreign(),
        _foreign(sums=NAMES),
        _foreign(sums=NAMES, vectors=np.zeros((3, WIDTH))),
        _foreign(sums=NAMES[:, :8], vectors=np.zeros((2, WIDTH))),
        _foreign(sums=NAMES, vectors=np.zeros((2, WIDTH), dtype=object)),
        _foreign(sums=np.array(0), vectors=np.zeros((2, WIDTH))),
    ],
    ids=["empty", "text", "cut", "pickle", "nothing in it", "half", "too many", "other sums", "objects", "a number"],
)
def test_a_foreign_file_is_ignored_and_replaced(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    assert asked(["a", "b"], file) == ["a", "b"]
    assert asked(["a", "b"], file) == []


def _train_often(mine: list[str], file: Path) -> None:
    for _ in range(100):
        asked(mine, file)
        asked([*mine, "new"], file)


def test_two_trainings_at_once_do_not_spoil_each_other_s(file: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    trainings = [spawn.Process(target=_train_often, args=(mine, file)) for mine in (["a", "b"], ["b", "c", "d"])]
    for training in trainings:
        training.start()
    for training in trainings:
        training.join()
    assert [training.exitcode for training in trainings] == [0, 0]
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    with np.load(file) as kept:
        assert len(kept["sums"]) in (3, 4)

"""Encoders of sentences under the same classifier: what does a vector add to the n-grams, and what does it cost?

To compare another one: an entry of ENCODERS. One that should stay outside of the project comes as vectors in a file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.bench.apart import Say, apart
from bot.bench.load import quantile
from bot.bench.trained import KEPT, WARM_UP, Example, Ranking, one_core, watch

if TYPE_CHECKING:
    import numpy as np

_AT_ONCE = 256


@dataclass(frozen=True)
class Encoder:
    encode: Callable[[list[str]], np.ndarray]
    """A row for each sentence, as bot.nlu.encoder.readable gives them."""
    bytes_on_disk: Callable[[], int]


def _nothing(sentences: list[str]) -> np.ndarray:
    import numpy

    return numpy.zeros((len(sentences), 0), dtype=numpy.float32)


def _ours(sentences: list[str]) -> np.ndarray:
    import numpy

    from bot.nlu.encoder import encode  # not encode_all, whose cache is the trainers'

    return numpy.array([encode(sentence) for sentence in sentences])


def _bytes_of_ours() -> int:
    from bot.nlu.encoder import FOLDER

    return sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file())


ENCODERS = {"none": Encoder(_nothing, lambda: 0), "ours": Encoder(_ours, _bytes_of_ours)}


class Vectors(NamedTuple):
    """`--vectors NAME=FILE`"""

    name: str
    file: Path


class UnfitVectors(Exception):
    """Why a file of vectors cannot be used."""


@dataclass(frozen=True)
class Row:
    name: str
    width: int
    rankings: list[Ranking]
    milliseconds: list[float] | None
    """One sentence each, on one core; None where the encoder is not here."""
    bytes_on_disk: int | None
    others_cores: float

    @property
    def median(self) -> float | None:
        return quantile(self.milliseconds, 0.5) if self.milliseconds else None

    @property
    def p95(self) -> float | None:
        return quantile(self.milliseconds, 0.95) if self.milliseconds else None


def dump(examples: Sequence[Example], held_out: Sequence[Example], file: Path) -> None:
    """Intent, sentence, and what an encoder is to read of it."""
    from bot.nlu.encoder import readable

    def rows(part: Sequence[Example]) -> list[list[str]]:
        return [[intent, text, readable(text)] for intent, text in part]

    dumped = {"train": rows(examples), "held_out": rows(held_out)}
    file.write_text(json.dumps(dumped, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def checked(vectors: Vectors, train: int, held_out: int) -> Vectors:
    """Raises UnfitVectors before anything is computed."""
    _read(vectors.file, {"train": train, "held_out": held_out})
    return vectors


def measure(names: Sequence[str], more: Sequence[Vectors], sentences: Path, folder: Path, say: Say) -> list[Row]:
    """A row for each of these encoders and files, each in a process of its own; `sentences` is what `dump` wrote."""
    rows: list[Row] = []
    files = [*((name, None) for name in names), *((vectors.name, str(vectors.file)) for vectors in more)]
    for name, file in files:
        work = {"name": name, "vectors": file, "sentences": str(sentences)}
        found = apart(row, work, folder / f"{len(rows)}", _named(name, say), OMP_NUM_THREADS="1")
        rankings = [tuple((intent, chance) for intent, chance in ranking) for ranking in found.pop("rankings")]
        rows.append(Row(name=name, rankings=rankings, **found))
    return rows


def _named(name: str, say: Say) -> Say:
    return lambda words: say(f"{name}: {words}")


# what runs apart


def row(work: dict[str, Any], say: Say) -> dict[str, Any]:
    from bot.training.model import quiet_environment

    quiet_environment()
    import numpy

    from bot.nlu.linear import LinearModel

    sentences = json.loads(Path(work["sentences"]).read_text(encoding="utf-8"))
    train, held_out = sentences["train"], sentences["held_out"]
    milliseconds, size, others = None, None, 0.0
    if work["vectors"]:
        vectors, asked = _read(Path(work["vectors"]), {name: len(rows) for name, rows in sentences.items()})
    else:
        encoder = ENCODERS[work["name"]]
        say(f"encoding {len(train)} sentences")
        encoder.encode([train[0][2]])  # the weights are read here, not by several threads at once
        vectors = _encode_all(encoder, [readable for _, _, readable in train], say)
        size = encoder.bytes_on_disk()
    say("learning the intents, a minute or two")
    lemmas = [_lemmas(text) for _, text, _ in train]
    known = [place for place, found in enumerate(lemmas) if found]  # as IntentClassifier.train
    # unseen ones would make the chances true; which intent comes first is the same without
    unseen = numpy.zeros(len(known), dtype=bool)
    with watch() as spent:
        model = LinearModel.learn(
            [lemmas[place] for place in known], vectors[known], [train[place][0] for place in known], unseen
        )
    say(f"learnt in {spent['seconds']:.0f} s; now {len(held_out)} sentences that were held out")
    if not work["vectors"]:
        with watch() as spent:
            asked, milliseconds = _encode_each(encoder, [readable for _, _, readable in held_out])
        others = spent["others_cores"]
    rankings = []
    for (_, text, _), vector in zip(held_out, asked, strict=True):
        found = _lemmas(text)
        rankings.append(model.ranking(found, vector)[:KEPT] if found else [])
    return {
        "width": vectors.shape[1],
        "rankings": rankings,
        "milliseconds": milliseconds,
        "bytes_on_disk": size,
        "others_cores": others,
    }


def _encode_all(encoder: Encoder, sentences: list[str], say: Say) -> np.ndarray:
    import numpy

    parts = [sentences[start : start + _AT_ONCE] for start in range(0, len(sentences), _AT_ONCE)]
    encoded = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for place, vectors in enumerate(pool.map(encoder.encode, parts)):
            encoded.append(vectors)
            if place % 8 == 7:
                say(f"encoding: {(place + 1) * _AT_ONCE} of {len(sentences)} sentences")
    return numpy.concatenate(encoded)


def _encode_each(encoder: Encoder, sentences: list[str]) -> tuple[np.ndarray, list[float]]:
    import numpy

    one_core()
    for sentence in sentences[-WARM_UP:]:
        encoder.encode([sentence])
    encoded, milliseconds = [], []
    for sentence in sentences:
        began = time.perf_counter()
        encoded.append(encoder.encode([sentence]))
        milliseconds.append((time.perf_counter() - began) * 1000)
    return numpy.concatenate(encoded), milliseconds


def _lemmas(text: str) -> list[str]:
    """As the classifier reads them."""
    from bot.nlu.words import words

    return [word.lemma for word in words(text) if any(map(str.isalnum, word.lemma))]


def _read(file: Path, wanted: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Raises UnfitVectors."""
    import numpy

    try:
        with numpy.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in wanted if name in arrays}
    except Exception as error:  # whatever NumPy and zipfile raise for what is no such file
        raise UnfitVectors(f"{file} cannot be read ({type(error).__name__}: {error})") from error
    for name, rows in wanted.items():
        if name not in found:
            raise UnfitVectors(f"{file} has no array {name}")
        shape = found[name].shape
        if len(shape) != 2 or shape[0] != rows:
            raise UnfitVectors(f"{file}: {name} is {shape}, and there are {rows} sentences: dump them again")
        if not numpy.isfinite(found[name]).all():
            raise UnfitVectors(f"{file}: {name} has numbers that are none")
    train, held_out = (found[name].astype(numpy.float32) for name in ("train", "held_out"))
    if train.shape[1] != held_out.shape[1]:
        raise UnfitVectors(f"{file}: train is {train.shape[1]} wide, held_out {held_out.shape[1]}")
    return train, held_out

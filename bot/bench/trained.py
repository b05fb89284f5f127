"""A pipeline of Rasa, trained on sentences and then listening to others: each half is work for a process of its own.

Both halves go through Rasa itself, so that one pipeline is trained and asked like another.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bot.bench.apart import Say, apart
from bot.bench.load import quantile
from bot.bench.machine import CannotMeasure, machine_cpu
from bot.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

Example = tuple[str, str]
"""Intent and sentence."""
Ranking = tuple[tuple[str, float], ...]

WARM_UP = 20
KEPT = 3
"""Intents of each ranking that are kept."""
LONG = 10_000
"""Characters of a long message."""
LONG_TIMES = 5
_AT_ONCE = 1000
_EPOCHS_BETWEEN = 10
_ONE_THREAD = {
    # as bot.bench.rasa_side has it: more threads would only wait for each other on the one core
    "OMP_NUM_THREADS": "1",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
}


def project_pipeline() -> list[dict[str, Any]]:
    return yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]


@dataclass(frozen=True)
class Training:
    sentences: int
    seconds: float
    """From the sentences' file to the packed model; importing Rasa is not in it."""
    cpu_seconds: float
    others_cores: float
    """What the rest of this machine used meanwhile; seconds mean something only near 0."""
    peak_mb: float
    encoded: int
    """Sentences whose vectors were not in the cache."""


@dataclass(frozen=True)
class Listening:
    rankings: list[Ranking]
    milliseconds: list[float]
    """One parse each, on one core."""
    long_milliseconds: list[float]
    start_seconds: float
    """Importing and loading."""
    peak_mb: float
    long_peak_mb: float
    """With the long messages, too."""
    others_cores: float

    @property
    def latency(self) -> dict[str, float | None]:
        median, p95 = (quantile(self.milliseconds, q) if self.milliseconds else None for q in (0.5, 0.95))
        long = statistics.median(self.long_milliseconds) if self.long_milliseconds else None
        ratio = long / median if long and median else None
        return {"median_ms": median, "p95_ms": p95, "long_ms": long, "long_ratio": ratio}


class Bench:
    """One pipeline in a folder of its own, which begins empty: no vectors and nothing of Rasa's cache are there."""

    def __init__(self, pipeline: list[dict[str, Any]], folder: Path, say: Say, seed: int = 0) -> None:
        self.folder = folder
        self.say = say
        self._environ = {"RASA_CACHE_DIRECTORY": str(folder / "cache"), "PYTHONHASHSEED": str(seed)}
        folder.mkdir(parents=True)
        config = {"recipe": "default.v1", "language": "ar", "assistant_id": "bench", "pipeline": pipeline}
        self._write("config.yml", config)  # YAML holds JSON

    def train(self, examples: Sequence[Example]) -> Training:
        """Again, what the last time left behind helps: that is what a trainer waits for who adds sentences."""
        sentences = [{"text": text, "intent": intent} for intent, text in examples]
        self._write("sentences.json", {"rasa_nlu_data": {"common_examples": sentences}})
        found = apart(train, {"folder": str(self.folder)}, self.folder / "train", self.say, **self._environ)
        return Training(sentences=len(examples), **found)

    def listen(self, texts: Sequence[str], long: Sequence[str] = ()) -> Listening:
        work = {"folder": str(self.folder), "texts": list(texts), "long": list(long)}
        found = apart(listen, work, self.folder / "listen", self.say, **self._environ, **_ONE_THREAD)
        rankings = [tuple((name, chance) for name, chance in ranking) for ranking in found.pop("rankings")]
        return Listening(rankings=rankings, **found)

    def _write(self, name: str, content: dict[str, Any]) -> None:
        (self.folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def long_messages(texts: Sequence[str]) -> list[str]:
    """No two the same: what a message was parted into is remembered for a while."""
    begun = " ".join(texts)
    endless = f"{begun} " * (LONG // max(1, len(begun)) + 2)
    return [endless[start : start + LONG] for start in range(LONG_TIMES)]


# what runs apart


def train(work: dict[str, Any], say: Say) -> dict[str, Any]:
    from bot.training.model import quiet_environment

    quiet_environment()
    folder = Path(work["folder"])
    vectors = folder / "vectors.npz"
    encoded = keep_vectors_in(vectors, say)
    say("importing Rasa, 10 to 20 seconds")
    import rasa.model_training

    _tell_epochs(say)
    say("training")
    with watch() as spent:
        model = rasa.model_training.train_nlu(
            config=str(folder / "config.yml"),
            nlu_data=str(folder / "sentences.json"),
            output=str(folder),
            fixed_model_name="model",
        )
    if not model:
        raise CannotMeasure("Rasa made no model")
    if "bot.nlu.encoder" in sys.modules and not vectors.exists():
        raise CannotMeasure("the encoder keeps its vectors elsewhere: what it knew before would count as fast")
    say(f"trained in {spent['seconds']:.0f} s")
    return {**spent, "peak_mb": peak_mb(), "encoded": encoded()}


def listen(work: dict[str, Any], say: Say) -> dict[str, Any]:
    from bot.training.model import quiet_environment

    quiet_environment()
    texts: list[str] = work["texts"]
    say("importing Rasa and loading the model, 10 to 20 seconds")
    began = time.perf_counter()
    rank = _open(Path(work["folder"]) / "model.tar.gz")
    start_seconds = time.perf_counter() - began
    one_core()
    for text in texts[-WARM_UP:]:
        rank(text)
    rankings, milliseconds = [], []
    with watch() as spent:
        for place, text in enumerate(texts):
            if place % _AT_ONCE == 0:
                say(f"listening: {place} of {len(texts)} sentences")
            began = time.perf_counter()
            ranking = rank(text)
            milliseconds.append((time.perf_counter() - began) * 1000)
            rankings.append([(one["name"], one["confidence"]) for one in ranking[:KEPT]])
    memory = peak_mb()
    long_milliseconds = []
    for text in work["long"]:
        began = time.perf_counter()
        rank(text)
        long_milliseconds.append((time.perf_counter() - began) * 1000)
    say(f"listened in {spent['seconds']:.0f} s")
    return {
        "rankings": rankings,
        "milliseconds": milliseconds,
        "long_milliseconds": long_milliseconds,
        "start_seconds": start_seconds,
        "peak_mb": memory,
        "long_peak_mb": peak_mb(),
        "others_cores": spent["others_cores"],
    }


def _open(model: Path) -> Callable[[str], list[dict[str, Any]]]:
    """As bot.nlu.interpreter does, but for any pipeline, and without importing ours."""
    import tempfile

    from rasa.core.channels.channel import UserMessage
    from rasa.engine.constants import PLACEHOLDER_MESSAGE
    from rasa.engine.graph import ExecutionContext
    from rasa.engine.runner.dask import DaskGraphRunner
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.shared.nlu.constants import INTENT_RANKING_KEY

    # below TMPDIR, which is removed with everything else
    storage, metadata = LocalModelStorage.from_model_archive(Path(tempfile.mkdtemp()), model)
    target = metadata.nlu_target
    schema = metadata.predict_schema.minimal_graph_schema([target])
    runner = DaskGraphRunner.create(schema, storage, ExecutionContext(schema, metadata.model_id))

    def rank(text: str) -> list[dict[str, Any]]:
        # Rasa would take what follows a slash for an intent
        [message] = runner.run({PLACEHOLDER_MESSAGE: [UserMessage(text.lstrip("/"))]}, [target])[target]
        return message.get(INTENT_RANKING_KEY) or []

    return rank


def keep_vectors_in(file: Path, say: Say) -> Callable[[], int]:
    """To be called before anything imports the encoder; tells how many sentences were encoded anew."""
    import numpy

    from bot.nlu import vectors

    encoded = 0
    remembered = vectors.remembered
    vectors.FILE = file

    def here(sentences: list[str], compute: Callable[[list[str]], np.ndarray], *more: Any, **named: Any) -> np.ndarray:
        def in_parts(missing: list[str]) -> np.ndarray:
            nonlocal encoded
            parts = []
            for start in range(0, len(missing), _AT_ONCE):
                say(f"encoding: {start} of {len(missing)} sentences")
                parts.append(compute(missing[start : start + _AT_ONCE]))
            encoded += len(missing)
            say("encoded; now the classifier learns")
            return numpy.concatenate(parts)

        return remembered(sentences, in_parts, *more, **named)

    vectors.remembered = here
    return lambda: encoded


def _tell_epochs(say: Say) -> None:
    """Rasa's own bar is drawn for a terminal."""
    import rasa.utils.train_utils as used

    class Telling(used.RasaTrainingLogger):
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            super().on_epoch_end(epoch, logs)
            if (epoch + 1) % _EPOCHS_BETWEEN == 0:
                say(f"training: {epoch + 1} epochs done")

    used.RasaTrainingLogger = Telling


@contextmanager
def watch() -> Iterator[dict[str, float]]:
    """Seconds, this process's CPU seconds, and how many cores the rest of the machine used."""
    spent: dict[str, float] = {}
    began, own, all_of_it = time.perf_counter(), time.process_time(), machine_cpu()
    yield spent
    seconds, used = time.perf_counter() - began, time.process_time() - own
    others = max(0.0, machine_cpu() - all_of_it - used) / (seconds or 1.0)
    spent.update(seconds=seconds, cpu_seconds=used, others_cores=others)


def one_core() -> None:
    """From now on this process and all its threads have one core."""
    core = {max(os.sched_getaffinity(0))}
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), core)


def peak_mb() -> float:
    """The most memory that this process had. Unlike `ru_maxrss` it leaves out what started the process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise CannotMeasure("/proc/self/status names no VmHWM")

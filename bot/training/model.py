"""The trained model: which data it belongs to, and how it is made. Asking whether it is current imports no Rasa."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bot.project import DATA, ROOT
from bot.training import archive

MODELS = ROOT / "models"
KEPT = 2
"""The newest models; the one before serves for going back."""

_UNFINISHED = "new-"

_TRAINED_ON = (
    "data/nlu/**/*.yml",
    "data/rules/**/*.yml",
    "data/stories/**/*.yml",
    "data/reference/*.yml",
    "data/intents.yml",
    "domain.yml",
    "config.yml",
    "bot/nlu/*.py",
    "bot/text/*.py",
    "bot/importer.py",
    "bot/catalogue.py",
    "models/encoder/SHA256SUMS",
    "requirements.lock",
)
_ANSWER_NAME = re.compile(r"^  (\w+):", re.MULTILINE)

_STEPS = {
    "IntentClassifier": "تعلّم النيات من الجمل | learning the intents from the sentences",
    "RulePolicy": "تعلّم القواعد وفحص تعارضها | learning the rules, looking for contradictions",
    "MemoizationPolicy": "تعلّم القصص | learning the stories",
}

Progress = Callable[[str], None]


class TrainingFailed(Exception):
    """What is wrong with the data, in Rasa's words."""


def data_hash() -> str:
    """Of everything that is trained on. Of the answers only the names: a changed word trains nothing."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _TRAINED_ON for path in ROOT.glob(pattern)}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    for path in sorted((DATA / "responses").rglob("*.yml")):
        digest.update("\0".join(_ANSWER_NAME.findall(path.read_text(encoding="utf-8"))).encode())
    return digest.hexdigest()[:16]


def model_path() -> Path:
    """Where the model of the present data is, or will be."""
    return MODELS / f"{data_hash()}.tar.gz"


def is_current() -> bool:
    """Whether model and sum are there; they are held against each other where the model is opened."""
    path = model_path()
    return path.is_file() and archive.sum_file(path).is_file()


def train(progress: Progress, force: bool = False) -> Path:
    """Trains from the files as they are, says what is going on, keeps the newest two models."""
    quiet_environment()
    started = time.monotonic()

    def say(words: str) -> None:
        progress(f"{time.monotonic() - started:4.0f} ث/s  {words}")

    path = model_path()
    # made beside its place and moved there whole: whoever looks sees a complete model or none
    made = path.with_name(f"{_UNFINISHED}{os.getpid()}.tar.gz")
    say("تحميل Rasa، نحو 10 ثوان | loading Rasa, about 10 seconds")
    import rasa.model_training
    from rasa.shared.exceptions import RasaException

    # Rasa only warns when it cannot import an importer, and trains without what that one brings.
    import bot.importer  # noqa: F401

    say(
        "قراءة الجمل والقواعد وترميزها، نحو دقيقة أول مرة"
        " | reading and encoding the sentences, about a minute the first time"
    )
    try:
        with _said_aloud(say), contextlib.redirect_stdout(io.StringIO()):
            result = rasa.model_training.train(
                domain=str(ROOT / "domain.yml"),
                config=str(ROOT / "config.yml"),
                training_files=[str(DATA / kind) for kind in ("nlu", "rules", "stories") if (DATA / kind).is_dir()],
                output=str(MODELS),
                fixed_model_name=made.name.removesuffix(".tar.gz"),
                force_training=force,
            )
    except RasaException as error:
        raise TrainingFailed(str(error)) from error
    if result.code or not made.is_file():
        raise TrainingFailed(f"Rasa made no model (code {result.code})")
    archive.put_in_place(made, path)
    _forget_old(path)
    say("النموذج جاهز | the model is ready")
    return path


def quiet_environment() -> None:
    """Before Rasa is imported: no telemetry, and no remarks of its libraries about themselves."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["LOG_LEVEL"] = "ERROR"  # Rasa's, which also turns its progress bars off
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # the matrices of one sentence are small: more threads only wait for each other, at full speed
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    warnings.showwarning = _show_of_data


def _show_of_data(message: Warning | str, category: type[Warning], *place: Any, **named: Any) -> None:
    """Filters would not do: some of these libraries reset them when they are imported."""
    if not issubclass(category, (DeprecationWarning, FutureWarning)) and "Slot auto-fill" not in str(message):
        print(f"{category.__name__}: {message}", file=sys.stderr)


@contextlib.contextmanager
def _said_aloud(say: Progress) -> Iterator[None]:
    """Rasa's log of its steps, in words; nothing else of its log."""
    hooks = logging.getLogger("rasa.engine.training.hooks")
    handler = _Steps(say)
    level, propagate = hooks.level, hooks.propagate
    hooks.setLevel(logging.INFO)
    hooks.propagate = False
    hooks.addHandler(handler)
    try:
        yield
    finally:
        hooks.removeHandler(handler)
        hooks.setLevel(level)
        hooks.propagate = propagate


class _Steps(logging.Handler):
    def __init__(self, say: Progress) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("Starting to train") and (component := re.search(r"'(\w+)'", message)):
            self._say(_STEPS.get(component[1], component[1]))


def _forget_old(newest: Path) -> None:
    others = [path for path in MODELS.glob("*.tar.gz") if path != newest and not path.name.startswith(_UNFINISHED)]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        archive.remove(path)

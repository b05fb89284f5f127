"""Vectors of sentences, remembered between trainings: whoever adds thirty sentences waits for thirty."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bot.project import ROOT

FILE = ROOT / ".rasa" / "vectors.npz"
"""A cache: to be removed at any time. Holds the vectors of the last training only."""

_SUM = 16
"""Bytes of a sentence's hash."""


def remembered(
    sentences: list[str], compute: Callable[[list[str]], np.ndarray], width: int, key: bytes, file: Path | None = None
) -> np.ndarray:
    """A row for each sentence; `compute` is asked only for those that the cache lacks. `key`: what computes them."""
    sums = [hashlib.sha256(key + b"\0" + sentence.encode()).digest()[:_SUM] for sentence in sentences]
    file = file or FILE
    known = _read(file, width)
    missing = {name: sentence for name, sentence in zip(sums, sentences, strict=True) if name not in known}
    if missing:
        known.update(zip(missing, compute(list(missing.values())), strict=True))
    if missing or len(known) > len(set(sums)):
        _write(file, {name: known[name] for name in sums})
    return np.array([known[name] for name in sums], dtype=np.float32).reshape(-1, width)


def _read(file: Path, width: int) -> dict[bytes, np.ndarray]:
    try:
        with np.load(file, allow_pickle=False) as kept:
            names, vectors = kept["sums"], kept["vectors"]
        fits = names.shape == (len(vectors), _SUM) and vectors.shape[1:] == (width,)
    except Exception:  # of zipfile, numpy and the system: whatever is wrong with it, it can be made again
        return {}
    return {name.tobytes(): vector for name, vector in zip(names, vectors, strict=True)} if fits else {}


def _write(file: Path, vectors: dict[bytes, np.ndarray]) -> None:
    """Beside its place and moved there whole: two trainings at a time do not spoil each other's."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=file.parent, suffix=".npz")
    with os.fdopen(handle, "wb") as target:
        names = np.frombuffer(b"".join(vectors), dtype=np.uint8).reshape(-1, _SUM)
        np.savez(target, sums=names, vectors=np.array(list(vectors.values()), dtype=np.float32))
    Path(made).replace(file)

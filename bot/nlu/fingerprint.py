"""What Rasa's cache cannot see: it compares a component's class, not the functions and the data that the class uses."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from bot.project import DATA, ROOT


@cache
def helpers_fingerprint() -> str:
    files = [
        *(ROOT / "bot" / "nlu").glob("*.py"),
        *(ROOT / "bot" / "text").glob("*.py"),
        *(DATA / "reference").glob("*.yml"),
    ]
    return files_hash(files)


def files_hash(files: list[Path]) -> str:
    """Of names (relative to the project) and bytes, in an order that does not depend on the file system."""
    digest = hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()

"""Files that were made once and are read again: refused when a single byte is not as it was made."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rasa.shared.exceptions import RasaException

from actions.settings import SettingsError

SUMS = "SHA256SUMS"


class AlteredFile(SettingsError, RasaException):
    """A file is missing, or is not the one whose sum was written down. Rasa lets it pass as it is, `bot` prints it."""


def read_unaltered(folder: Path, name: str) -> bytes:
    """Raises AlteredFile."""
    try:
        content = (folder / name).read_bytes()
        sums = (folder / SUMS).read_bytes()
    except OSError as error:
        raise _refused(folder / name) from error
    if _line(content, name) not in sums.splitlines(keepends=True):
        raise _refused(folder / name)
    return content


def _refused(file: Path) -> AlteredFile:
    return AlteredFile(
        f"{file.name} تغيّر أو ينقص أو ينقصه مجموعه. لإعادته: git checkout models/encoder، أو للتدريب: bot train --force"
        f" | {file} was altered, or is missing, or lacks its sum. Restore it (git checkout models/encoder), or train"
        " again (bot train --force)"
    )


def write_sums(folder: Path, names: list[str]) -> None:
    (folder / SUMS).write_bytes(b"".join(_line((folder / name).read_bytes(), name) for name in sorted(names)))


def _line(content: bytes, name: str) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()

"""A model's archive and its sum beside it: an archive that is not as `bot train` wrote it is not opened."""

from __future__ import annotations

import hashlib
from pathlib import Path

from actions.settings import SettingsError


class AlteredModel(SettingsError):
    """The archive has no sum, or another one."""


def refuse_altered(archive: Path) -> None:
    """Raises AlteredModel."""
    try:
        unaltered = sum_file(archive).read_bytes().split()[:1] == [_sum(archive)]
    except OSError:
        unaltered = False
    if not unaltered:
        raise AlteredModel(
            "النموذج تغيّر بعد تدريبه أو ينقصه مجموعه، وللتدريب: bot train --force"
            " | the model was altered after it was trained, or lacks its sum; train again with: bot train --force"
            f" ({archive})"
        )


def put_in_place(made: Path, archive: Path) -> None:
    """Whoever looks meanwhile sees the archive with its own sum, or no archive (one training at a time)."""
    made_sum = sum_file(made)
    made_sum.write_bytes(b"%s  %s\n" % (_sum(made), archive.name.encode()))  # as sha256sum writes it
    archive.unlink(missing_ok=True)
    made_sum.replace(sum_file(archive))
    made.replace(archive)


def remove(archive: Path) -> None:
    archive.unlink()
    sum_file(archive).unlink(missing_ok=True)


def sum_file(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.sha256")


def _sum(archive: Path) -> bytes:
    return hashlib.sha256(archive.read_bytes()).hexdigest().encode()

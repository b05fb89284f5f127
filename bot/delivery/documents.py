"""Files that citizens send: looked at, stored, removed. Whose they are stands in the case database
(actions/services/documents.py); the bytes lie in a folder that nothing serves, each under an id of ours.

A file's kind is what its content shows, first byte to last. What its name or the browser says of it can only speak
against it.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from actions.case_db.unit_of_work import UnitOfWork
from actions.services import documents
from bot.delivery.models import Conversation

LARGEST = 10 * 1024 * 1024
"""Bytes of one file."""
QUESTIONS = frozenset({"request_lift__confirmation", "request_installment__confirmation"})
"""What a conversation waits for while files are welcome."""

OURS = re.compile(r"[0-9a-f]{32}(\.part)?")
"""Names in the folder that `purge` may touch; `.part` is still being written, or was when the process died."""
BATCH = 200


class Refused(Exception):
    """A file that is not taken.

    Refused
    ├── TooLarge    over LARGEST
    └── WrongKind   none of KINDS, cut short, or not what its name or declared type says
    """


class TooLarge(Refused):
    pass


class WrongKind(Refused):
    pass


@dataclass(frozen=True)
class Stored:
    id: str
    kind: str
    size: int


def wanted(session: Session, conversation: str) -> bool:
    """Whether files may be sent now: a lift or grace request waits for its yes."""
    row = session.get(Conversation, conversation)
    return row is not None and row.question in QUESTIONS


async def store(folder: Path, chunks: AsyncIterator[bytes], declared: str | None, name: str | None) -> Stored:
    """The whole file under an id of ours, or nothing at all."""
    document_id = secrets.token_hex(16)
    part = folder / f"{document_id}.part"
    await asyncio.to_thread(_make, folder)
    try:
        size = 0
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > LARGEST:
                    raise TooLarge
                await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(_to_disk, file)
        kind = await asyncio.to_thread(_judge, part, declared, name)
        await asyncio.to_thread(_keep, part, folder / document_id)
    finally:
        part.unlink(missing_ok=True)
    return Stored(document_id, kind, size)


def purge(folder: Path, uow: UnitOfWork) -> int:
    """Remove what is kept for nothing any more, each file before its row, then files that never got a row; how many
    documents. A purge that dies in between is finished by the next one; several at once do no harm."""
    removed = 0
    while ids := documents.overdue(uow, most=BATCH):
        for document_id in ids:
            (folder / document_id).unlink(missing_ok=True)
        documents.remove(uow, document_ids=ids)
        removed += len(ids)
    uow.rollback()  # nobody waits for us while the folder is looked through
    return removed + _purge_strays(folder, uow)


def _purge_strays(folder: Path, uow: UnitOfWork) -> int:
    """Files that nobody's turn took: sent where none was asked for, refused, or left by a process that died."""
    before = (uow.now() - documents.WAITS).timestamp()
    names = [path.name for path in folder.glob("*") if OURS.fullmatch(path.name)]
    old = [name for name in names if _changed(folder / name) < before]
    removed = 0
    for start in range(0, len(old), BATCH):
        batch = old[start : start + BATCH]
        for name in set(batch) - documents.known(uow, document_ids=batch):
            (folder / name).unlink(missing_ok=True)
            removed += 1
    return removed


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another purge was quicker
        return float("inf")


# what a file is


def _pdf(content: bytes) -> bool:
    return b"%%EOF" in content[-1024:]


_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""Inside the picture itself: one that is neither a stuffed byte nor a restart."""


def _jpeg(content: bytes) -> bool:
    """Its own end is reached, not that of the small preview inside it. Phones put more behind the end."""
    at = 2
    while found := _MARKER.search(content, at):
        kind, at = content[found.start() + 1], found.end()
        if kind == 0xD9:
            return True
        at += int.from_bytes(content[at : at + 2], "big")
    return False


def _png(content: bytes) -> bool:
    at = 8
    while at + 12 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            return at <= len(content)
    return False


@dataclass(frozen=True)
class Kind:
    begins: bytes
    is_whole: Callable[[bytes], bool]
    endings: tuple[str, ...]
    declared: tuple[str, ...]


KINDS = {
    "application/pdf": Kind(b"%PDF-", _pdf, ("pdf",), ("application/pdf", "application/x-pdf")),
    "image/jpeg": Kind(
        b"\xff\xd8\xff", _jpeg, ("jpg", "jpeg", "jpe", "jfif"), ("image/jpeg", "image/jpg", "image/pjpeg")
    ),
    "image/png": Kind(b"\x89PNG\r\n\x1a\n", _png, ("png",), ("image/png", "image/x-png")),
}
SAYS_NOTHING = ("", "application/octet-stream", "binary/octet-stream")
"""Declared by browsers that do not know."""
_ENDING = re.compile(r"\.([A-Za-z0-9]{1,5})\s*$")


def _judge(path: Path, declared: str | None, name: str | None) -> str:
    content = path.read_bytes()
    fitting = [kind for kind, form in KINDS.items() if content.startswith(form.begins) and form.is_whole(content)]
    if not fitting:
        raise WrongKind
    (kind,) = fitting
    form = KINDS[kind]
    said = (declared or "").partition(";")[0].strip().lower()
    ending = _ENDING.search(name or "")
    if said not in (*SAYS_NOTHING, *form.declared) or (ending and ending[1].lower() not in form.endings):
        raise WrongKind
    return kind


# the disk


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def _to_disk(file) -> None:
    file.flush()
    os.fsync(file.fileno())


def _keep(part: Path, final: Path) -> None:
    """Named, and the name on the disk as well, before anybody is told."""
    part.rename(final)
    opened = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

"""What is taken for which kind of file, what lies in the folder, and what is removed from it."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import stat
import struct
import zlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.case_db.models import Document
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import documents
from bot.delivery.documents import KINDS, LARGEST, Refused, Stored, TooLarge, WrongKind, purge, store, wanted
from bot.delivery.models import Conversation
from tests.actions.services.people import count, message, speaks
from tests.fakes import Clock


def png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    pixels = zlib.compress(b"\0" + b"\xff" * 3)
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(behind: bytes = b"") -> bytes:
    """As a phone makes it: a preview with its own end inside, a stuffed byte and a restart in the picture."""

    def segment(kind: int, content: bytes) -> bytes:
        return bytes([0xFF, kind]) + struct.pack(">H", len(content) + 2) + content

    preview = b"\xff\xd8" + segment(0xDA, b"\0") + b"\x11\xff\xd9"
    picture = b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + preview) + segment(0xDA, b"\0\1") + picture + b"\xff\xd9" + behind


def pdf(filling: int = 20) -> bytes:
    return b"%PDF-1.7\n" + b"x" * filling + b"\ntrailer\n%%EOF\n"


WHOLE = {"application/pdf": pdf(), "image/jpeg": jpeg(), "image/png": png()}
HTML = b"<html><script>alert(1)</script></html>"


def put(folder: Path, content: bytes, declared: str | None = None, name: str | None = None) -> Stored:
    return asyncio.run(store(folder, _chunks(content), declared, name))


async def _chunks(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# what a file is


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_what_its_content_shows_and_lies_under_a_name_of_ours(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "documents"
    stored = put(folder, WHOLE[kind])
    assert (stored.kind, stored.size) == (kind, len(WHOLE[kind]))
    assert len(stored.id) == 32
    assert names(folder) == [stored.id]
    assert (folder / stored.id).read_bytes() == WHOLE[kind]
    assert stat.S_IMODE((folder / stored.id).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("kind", "declared", "name"),
    [
        ("application/pdf", "application/pdf", "صك الحكم.pdf"),
        ("image/jpeg", "image/jpeg", "IMG_0001.JPG"),
        ("image/jpeg", "image/jpg; charset=binary", "photo.jpeg"),
        ("image/png", "application/octet-stream", "لقطة"),
        ("image/png", "", "الشهر 12.٢٠٢٦"),
    ],
)
def test_a_name_and_a_type_that_agree_or_say_nothing_are_fine(tmp_path: Path, kind: str, declared: str, name: str):
    assert put(tmp_path, WHOLE[kind], declared, name).kind == kind


@pytest.mark.parametrize(
    ("kind", "declared", "name"),
    [
        ("application/pdf", "application/pdf", "invoice.pdf.exe"),
        ("application/pdf", None, "contract.docx"),
        ("application/pdf", "image/png", None),
        ("image/png", "image/jpeg", "a.png"),
        ("image/jpeg", "image/jpeg", "a.png"),
        ("image/jpeg", "text/html", "a.jpg"),
    ],
)
def test_a_file_that_is_not_what_its_name_or_type_says_is_refused(tmp_path: Path, kind: str, declared, name):
    with pytest.raises(WrongKind):
        put(tmp_path, WHOLE[kind], declared, name)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HTML,
        b"GIF89a" + b"\0" * 50,
        b"PK\x03\x04" + b"\0" * 50,
        b"\xff\xd8\xff",
        HTML + pdf(),
        b"%PDF-1.7\n" + HTML,
        b"\x89PNG\r\n\x1a\n" + HTML,
        b"\xff\xd8\xff\xe0" + HTML,
    ],
    ids=["empty", "html", "gif", "zip", "three bytes", "html, then pdf", "pdf head", "png head", "jpeg head"],
)
def test_other_content_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(WrongKind):
        put(tmp_path, content, "application/pdf", "document.pdf")
    assert names(tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_file_cut_short_is_refused(tmp_path: Path, kind: str, part: float) -> None:
    with pytest.raises(WrongKind):
        put(tmp_path, WHOLE[kind][: int(len(WHOLE[kind]) * part)])
    assert names(tmp_path) == []


def test_what_phones_put_behind_a_photo_is_no_reason_to_refuse_it(tmp_path: Path) -> None:
    assert put(tmp_path, jpeg(behind=b"SEFT" + b"\0" * 5000)).kind == "image/jpeg"


# its size


def test_ten_megabytes_are_taken_and_one_byte_more_is_not(tmp_path: Path) -> None:
    frame = len(pdf(0))
    assert put(tmp_path, pdf(LARGEST - frame)).size == LARGEST
    kept = names(tmp_path)
    with pytest.raises(TooLarge):
        put(tmp_path, pdf(LARGEST - frame + 1))
    assert names(tmp_path) == kept


def test_reading_ends_where_it_is_too_large(tmp_path: Path) -> None:
    asked = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            asked.append(1)
            yield b"%PDF-" + b"x" * LARGEST

    with pytest.raises(TooLarge):
        asyncio.run(store(tmp_path, endless(), None, None))
    assert len(asked) == 1


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield pdf()
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        asyncio.run(store(tmp_path, broken(), None, None))
    assert names(tmp_path) == []


def test_a_cancelled_upload_leaves_nothing(tmp_path: Path) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield pdf()
        await asyncio.Event().wait()

    async def cancelled() -> None:
        storing = asyncio.create_task(store(tmp_path, stuck(), None, None))
        while not names(tmp_path):
            await asyncio.sleep(0)
        storing.cancel()
        await storing

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert names(tmp_path) == []


def test_all_refusals_are_one_family() -> None:
    assert issubclass(TooLarge, Refused)
    assert issubclass(WrongKind, Refused)


# when files are welcome


@pytest.mark.parametrize(
    ("question", "welcome"),
    [
        ("request_lift__confirmation", True),
        ("request_installment__confirmation", True),
        ("request_lift__reason", False),
        (None, False),
    ],
)
def test_files_are_welcome_while_a_request_waits_for_its_yes(bot_engine: Engine, question, welcome: bool) -> None:
    with Session(bot_engine, future=True) as session:
        now = dt.datetime.now(dt.timezone.utc)
        session.add(Conversation(id="c", channel="web", address="a", question=question, last_seen=now))
        session.flush()
        assert wanted(session, "c") is welcome
        assert not wanted(session, "nobody")


# what is removed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    return made


def received(uow: UnitOfWork, folder: Path, *ids: str) -> None:
    number = speaks(uow, "paid_invoice")
    for document_id in ids:
        (folder / document_id).write_bytes(pdf())
        documents.add_document(uow, conversation="c1", message_id=message(), case_number=number, request_kind="lift",
                               document_id=document_id, kind="application/pdf", size=9)  # fmt: skip


def left_by(folder: Path, names: Iterable[str], clock: Clock, hours: float) -> None:
    moment = (clock.now - dt.timedelta(hours=hours)).timestamp()
    for name in names:
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (moment, moment))


def test_what_goes_with_nothing_is_removed_file_and_row(uow: UnitOfWork, folder: Path, clock: Clock) -> None:
    received(uow, folder, "a" * 32)
    assert purge(folder, uow) == 0
    documents.drop(uow, conversation="c1")
    received(uow, folder, "b" * 32)
    assert purge(folder, uow) == 1
    assert names(folder) == ["b" * 32]
    assert count(uow, Document) == 1
    clock.move(hours=25)
    assert purge(folder, uow) == 1
    assert names(folder) == [] and count(uow, Document) == 0
    assert purge(folder, uow) == 0


def test_a_purge_that_died_between_file_and_row_is_finished_by_the_next(uow: UnitOfWork, folder: Path) -> None:
    received(uow, folder, "a" * 32, "b" * 32)
    documents.drop(uow, conversation="c1")

    def die(*_: object) -> None:
        raise RuntimeError("the process died")

    event.listen(uow.session, "before_commit", die)
    with pytest.raises(RuntimeError):
        purge(folder, uow)
    event.remove(uow.session, "before_commit", die)
    uow.rollback()
    assert names(folder) == [], "the files are gone"
    assert count(uow, Document) == 2, "by their rows the next one knows of them"
    assert purge(folder, uow) == 2
    assert count(uow, Document) == 0


def test_files_without_a_row_are_removed_after_a_day(uow: UnitOfWork, folder: Path, clock: Clock) -> None:
    received(uow, folder, "a" * 32)
    left_by(folder, ["a" * 32, "b" * 32, f"{'c' * 32}.part"], clock, hours=25)
    left_by(folder, ["d" * 32, f"{'e' * 32}.part"], clock, hours=23)
    assert purge(folder, uow) == 2
    assert names(folder) == ["a" * 32, "d" * 32, f"{'e' * 32}.part"]


def test_files_of_others_are_left_alone(uow: UnitOfWork, folder: Path, clock: Clock) -> None:
    left_by(folder, ["README", "case.db", "A" * 32, "f" * 31], clock, hours=1000)
    purge(folder, uow)
    assert len(names(folder)) == 4


def test_more_than_one_batch_is_removed(uow: UnitOfWork, folder: Path, clock: Clock, monkeypatch) -> None:
    monkeypatch.setattr("bot.delivery.documents.BATCH", 2)
    received(uow, folder, *(f"{number:032x}" for number in range(5)))
    left_by(folder, (f"{number:032x}" for number in range(100, 105)), clock, hours=25)
    documents.drop(uow, conversation="c1")
    assert purge(folder, uow) == 10
    assert names(folder) == []


def test_without_a_folder_there_is_nothing_to_remove(uow: UnitOfWork, tmp_path: Path) -> None:
    assert purge(tmp_path / "not yet", uow) == 0

"""Documents at the door; what a file is, and how long it is kept, is tested with bot/delivery/documents.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.channels import web as channel
from bot.delivery.documents import LARGEST, QUESTIONS
from bot.delivery.models import Conversation
from tests.bot.channels.served import Page, Reply, Web, running, served

PDF = b"%PDF-1.7\n" + b"x" * 200_000 + b"\n%%EOF\n"
KIND = {"Content-Type": "application/pdf"}


def asks_for_documents(web: Web, yes: bool = True) -> None:
    with Session(web.engine, future=True) as session:
        session.execute(update(Conversation).values(question=sorted(QUESTIONS)[0] if yes else None))
        session.commit()


async def put(
    page: Page, body: bytes | AsyncIterator[bytes] = PDF, given_id: str = "document-1", **headers: str
) -> Reply:
    return await page.ask("PUT", f"documents/{given_id}", {**KIND, **headers}, data=body)


def kept(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


@running
async def test_a_document_that_is_asked_for_is_kept_under_a_name_of_ours(bot_file: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    async with served(bot_file, documents_dir=folder) as web:
        page = await web.begin()
        asks_for_documents(web)
        reply = await put(page, **{"X-File-Name": "%D8%B3%D9%86%D8%AF.pdf"})
        assert (reply.status, reply.json) == (202, {"id": "document-1"})
        (row,) = web.inbox()
        (file,) = kept(folder)
        assert row["document"] == {"id": file.name, "kind": "application/pdf", "size": len(PDF)}
        assert file.read_bytes() == PDF


@running
async def test_what_is_not_asked_for_is_not_kept(bot_file: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    async with served(bot_file, documents_dir=folder) as web:
        page = await web.begin()
        reply = await put(page)
        assert (reply.status, reply.code) == (409, "not_asked_for")
        assert kept(folder) == web.inbox() == []


@running
async def test_sent_twice_is_kept_once_also_when_none_is_asked_for_any_more(bot_file: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    async with served(bot_file, documents_dir=folder) as web:
        page = await web.begin()
        asks_for_documents(web)
        assert [reply.status for reply in await asyncio.gather(*(put(page) for _ in range(4)))] == [202] * 4
        asks_for_documents(web, yes=False)
        assert (await put(page)).status == 202
        assert len(web.inbox()) == len(kept(folder)) == 1
        assert web.inbox()[0]["document"]["id"] == kept(folder)[0].name


@pytest.mark.parametrize("told_before", [True, False])
@running
async def test_over_ten_megabytes_is_refused_and_the_refusal_is_heard(
    bot_file: Engine, tmp_path: Path, told_before: bool
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7\n"
        for _ in range(LARGEST // 2**20 + 1):
            yield b"x" * 2**20

    folder = tmp_path / "documents"
    async with served(bot_file, documents_dir=folder) as web:
        page = await web.begin()
        asks_for_documents(web)
        reply = await put(page, b"".join([piece async for piece in pieces()]) if told_before else pieces())
        assert (reply.status, reply.code) == (413, "too_large")
        assert kept(folder) == web.inbox() == []


@running
async def test_ten_megabytes_are_taken(bot_file: Engine, tmp_path: Path) -> None:
    async with served(bot_file, documents_dir=tmp_path / "documents") as web:
        page = await web.begin()
        asks_for_documents(web)
        assert (await put(page, b"%PDF-1.7\n".ljust(LARGEST - 5, b"x") + b"%%EOF")).status == 202


@running
async def test_a_file_that_is_not_what_it_says_is_refused(bot_file: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    async with served(bot_file, documents_dir=folder) as web:
        page = await web.begin()
        asks_for_documents(web)
        for body, headers in (
            (b"<html>" + PDF, {}),
            (PDF, {"Content-Type": "image/png"}),
            (PDF, {"X-File-Name": "photo.jpg"}),
            (b"", {}),
        ):
            reply = await put(page, body, **headers)
            assert (reply.status, reply.code) == (415, "wrong_kind")
        assert kept(folder) == web.inbox() == []


@running
async def test_an_id_leads_nowhere_else(bot_file: Engine, tmp_path: Path) -> None:
    async with served(bot_file, documents_dir=tmp_path / "documents") as web:
        page = await web.begin()
        asks_for_documents(web)
        for given_id in ("short", "x" * 65, "..%2F..%2Fetc", "%00%00%00%00%00%00%00%00"):
            assert (await put(page, given_id=given_id)).status in (400, 404)
        assert web.inbox() == []


@running
async def test_one_that_never_ends_is_given_up(
    bot_file: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "LONGEST_UPLOAD", 0.3)
    over = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield PDF
        await over.wait()

    folder = tmp_path / "documents"
    async with served(bot_file, documents_dir=folder) as web:
        page = await web.begin()
        asks_for_documents(web)
        reply = await put(page, slow())
        over.set()
        assert (reply.status, reply.code) == (408, "too_slow")
        assert kept(folder) == web.inbox() == []

"""Whole requests to Meta, ours beside those of pywa for the same content: two readings of one contract. Where they
differ on purpose, `DIFFERENT` says why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import pywa
from aiohttp import web
from aiohttp.test_utils import TestServer
from pywa.types import Button, Section, SectionList, SectionRow
from pywa.types.templates import TemplateLanguage

from bot.answers import LANGUAGES
from bot.channels.base import Choice, Media, MediaGone, Person, Piece
from bot.channels.whatsapp import WhatsApp

NUMBER = "100200300400500"
TOKEN = "EAAtoken"  # noqa: S105 - not one
VERSION = "v26.0"
OPAQUE = "0123456789abcdef" * 2
WAMID = "wamid.HBgLOTY2NTAwMDAwMDAwFQIAERgSQTlCMkM"
CONTACT = {"input": "+966500000000", "wa_id": "966500000000"}
ACCEPTED = {"messaging_product": "whatsapp", "contacts": [CONTACT], "messages": [{"id": WAMID}]}

PHONE = Person((("phone", "+966500000000"),))
USER = Person((("user", "SA.1349876543210"),))
BOTH = Person((*USER.ids, *PHONE.ids))
ADDRESS = {PHONE: "+966500000000", USER: "SA.1349876543210", BOTH: "+966500000000"}
"""For pywa, which takes one: of somebody with both the phone, which stays visible to us only while it is written to."""

DIFFERENT = {
    "media": "Meta looks only among the media of our own number when it is named; pywa does not name it",
}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    authorization: str
    body: Any


# both ways to send


def ours(call: Callable[[WhatsApp], Awaitable[Any]], answer: Any = ACCEPTED, template: str = "") -> tuple[Request, Any]:
    """What left, and what came of it."""

    async def run() -> tuple[Request, Any]:
        seen: list[Request] = []

        async def graph(request: web.Request) -> web.Response:
            body = await request.json() if request.method == "POST" else None
            if request.method == "POST":
                assert request.content_type == "application/json"
            path, query = request.path, dict(request.query)
            seen.append(Request(request.method, path, query, request.headers["Authorization"], body))
            return web.json_response(answer)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", graph)
        async with TestServer(app) as server:
            whatsapp = WhatsApp(NUMBER, TOKEN, "secret", "verify", VERSION, str(server.make_url("/")), template)
            try:
                result = await call(whatsapp)
            finally:
                await whatsapp.close()
        (request,) = seen
        return request, result

    return asyncio.run(run())


def theirs(call: Callable[[pywa.WhatsApp], Any], answer: Any = ACCEPTED) -> tuple[Request, Any]:
    seen: list[Request] = []

    def graph(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.method == "POST" else None
        if request.method == "POST":
            assert request.headers["Content-Type"] == "application/json"
        path, query = request.url.path, dict(request.url.params)
        seen.append(Request(request.method, path, query, request.headers["Authorization"], body))
        return httpx.Response(200, json=answer)

    with httpx.Client(transport=httpx.MockTransport(graph)) as session:
        result = call(pywa.WhatsApp(NUMBER, TOKEN, session=session, api_version=VERSION.removeprefix("v")))
    (request,) = seen
    return request, result


def sent(piece: Piece, to: Person = PHONE) -> Request:
    request, wamid = ours(lambda whatsapp: whatsapp.send(to, piece, OPAQUE))
    assert wamid == WAMID
    return request


def pywa_sent(piece: Piece, to: Person = PHONE) -> Request:
    request, message = theirs(
        lambda wa: wa.send_message(ADDRESS[to], piece.text, buttons=pywa_buttons(piece), tracker=OPAQUE)
    )
    assert message.id == WAMID
    return request


def pywa_buttons(piece: Piece) -> list[Button] | SectionList | None:
    if piece.kind == "buttons":
        return [Button(each.title, each.id) for each in piece.choices]
    if piece.kind == "list":
        rows = [SectionRow(each.title, each.id, each.description) for each in piece.choices]
        return SectionList(piece.opens, [Section(piece.heading, rows)])
    return None


# what is compared

YES, NO = Choice("Zr1-x_0aB9cD2eF3", "نعم"), Choice("Zr1-x_0aB9cD2eF4", "لا")
ROWS = tuple(Choice(f"Zr1-x_0aB9cD2e{n:02}", f"بنك {n}") for n in range(1, 11))
SHORTENED = Choice("Zr1-x_0aB9cD2eF5", "البنك السعودي للاستثمار…", "البنك السعودي للاستثمار والتنمية")
PIECES = {
    "text": Piece("text", "سطر أول\n\nبقي \u206623,400.00\u2069 ريال 👍🏽"),
    "link": Piece("text", "التفاصيل: https://najiz.sa/applications/landing"),
    "english": Piece("text", 'It\'s "lifted" \\ at 5%', language="en"),
    "longest": Piece("text", "ع" * 4096),
    "one button": Piece("buttons", "أتابع؟", (YES,)),
    "buttons": Piece("buttons", "أتابع؟\nالمصدر: ناجز", (YES, NO, replace(YES, id="Zr1-x_0aB9cD2eF6", title="رجوع"))),
    "list": Piece("list", "من أي بنك؟", ROWS, "ar", "عرض الاختيارات", "الاختيارات"),
    "short rows": Piece("list", "Which bank?", (*ROWS[:4], SHORTENED), "en", "Show choices", "Choices"),
}


@pytest.mark.parametrize("to", [PHONE, USER, BOTH], ids=["phone", "user id", "both"])
@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_a_message_leaves_as_pywa_would_send_it(piece: Piece, to: Person) -> None:
    assert sent(piece, to) == pywa_sent(piece, to)


def test_is_sent_to_the_phone_with_its_plus_or_else_to_the_user_id() -> None:
    """What the comparison rests on: pywa passes on whichever it is given."""
    to_phone, to_user = sent(PIECES["text"], BOTH).body, sent(PIECES["text"], USER).body
    assert (to_phone["to"], "recipient" in to_phone) == ("+966500000000", False)
    assert (to_user["recipient"], "to" in to_user) == ("SA.1349876543210", False)


@pytest.mark.parametrize("to", [PHONE, USER, BOTH], ids=["phone", "user id", "both"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_leaves_as_pywa_would_send_it(language: str, to: Person) -> None:
    name = "a_message_waits"
    request, wamid = ours(lambda whatsapp: whatsapp.invite(to, language, OPAQUE), template=name)
    expected, _ = theirs(
        lambda wa: wa.send_template(ADDRESS[to], name, TemplateLanguage(language), None, tracker=OPAQUE)
    )
    assert request == expected
    assert wamid == WAMID


@pytest.mark.parametrize("typing", [False, True], ids=["read", "read, and typing"])
def test_a_read_mark_leaves_as_pywa_would_send_it(typing: bool) -> None:
    done = {"success": True}
    request, _ = ours(lambda whatsapp: whatsapp.seen(PHONE, WAMID, typing), done)
    expected, _ = theirs(lambda wa: wa.indicate_typing(WAMID) if typing else wa.mark_message_as_read(WAMID), done)
    assert request == expected


def test_a_file_is_asked_for_as_pywa_would_but_for_our_own_number() -> None:
    """`DIFFERENT["media"]`"""
    no_address = {"url": "", "id": "1374", "mime_type": "image/jpeg", "sha256": "", "file_size": 1}

    async def fetch(whatsapp: WhatsApp) -> None:
        with pytest.raises(MediaGone):
            _ = [chunk async for chunk in whatsapp.fetch(Media("image", "1374"))]

    request, _ = ours(fetch, no_address)
    expected, _ = theirs(lambda wa: wa.get_media_url("1374"), no_address)
    assert request.query == {"phone_number_id": NUMBER}, DIFFERENT["media"]
    assert replace(request, query={}) == expected

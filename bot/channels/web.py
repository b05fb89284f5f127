"""The web channel: what the widget, or any page, speaks with (`docs/web-api.yml`).

A message is acknowledged once it is committed to the inbox; answers are lines of the outbox, numbered, which a stream
sends as they appear and history shows again. Everything that waits for a database does so in a thread.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any

from sanic import Sanic
from sanic import response as responses
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bot import keys as tokens
from bot import logs, metrics
from bot.answers import LANGUAGES
from bot.channels import limits
from bot.channels.door import Door
from bot.channels.errors import (
    BadRequest,
    DoorError,
    NotAskedFor,
    NotFound,
    NoToken,
    OtherConversation,
    TokenExpired,
    TokenInvalid,
    TooLarge,
    TooSlow,
    Unavailable,
    WrongKind,
    add_errors,
    described,
)
from bot.channels.limits import Limits, address
from bot.channels.message import check_id, read_message, read_object
from bot.channels.origins import add_origins, is_api, preflight
from bot.delivery import documents, inbox, outbox
from bot.delivery.engine import reading
from bot.delivery.models import Conversation, Inbox

log = logging.getLogger(__name__)

CHANNEL = "web"
COMMENT_EVERY = 15.0
"""Seconds after which a silent stream says that it is there; Sanic cuts one 60 seconds after its last byte."""
MOST_READ = 200_000
"""Bytes of a body that Sanic reads before a route looks at it; documents are streamed."""
PAGE = 100
"""Lines that one look at the outbox takes."""
NUMBER_CEILING = 2**31 - 1
LONGEST_UPLOAD = 300.0
"""Seconds; ten megabytes over a poor mobile connection."""
LONGEST_REST = 30.0
"""Seconds in which the rest of a refused document is read, so that the refusal can be heard."""

_readers = ThreadPoolExecutor(4, thread_name_prefix="door-reads")
_acceptors = ThreadPoolExecutor(4, thread_name_prefix="door-accepts")
"""Apart from each other and from all else: an acknowledgement waits behind nobody's history, nor behind a turn."""


@dataclass
class Web:
    """The channel's own state in one process; `app.ctx.web`."""

    door: Door
    limits: Limits
    streams: set[asyncio.Event] = field(default_factory=set)
    closing: bool = False


def add_web(app: Sanic, door: Door) -> None:
    app.ctx.web = Web(door, Limits(door.settings))
    app.config.REQUEST_MAX_SIZE = min(app.config.REQUEST_MAX_SIZE, MOST_READ)
    if door.settings.proxies:
        app.config.PROXIES_COUNT = door.settings.proxies
    add_errors(app)
    add_origins(app, door.settings.web_origins)
    app.register_middleware(_headers, "response")
    app.add_route(_healthz, "/healthz", methods=["GET", "HEAD"])
    here = "/web/v1/conversations"
    _route(app, here, _begin, "POST")
    _route(app, f"{here}/<conversation>/token", _renew, "POST")
    _route(app, f"{here}/<conversation>/messages", _message, "POST")
    _route(app, f"{here}/<conversation>/documents/<given_id>", _document, "PUT", stream=True)
    _route(app, f"{here}/<conversation>/history", _history, "GET")
    _route(app, f"{here}/<conversation>/events", _events, "GET")


def close_streams(app: Sanic) -> None:
    """End every open stream and take no new one; Sanic would wait fifteen seconds for them."""
    web: Web = app.ctx.web
    web.closing = True
    for rung in web.streams:
        rung.set()


def _route(app: Sanic, path: str, handler: Callable, method: str, stream: bool = False) -> None:
    @wraps(handler)
    async def either(request: Request, **path: str) -> HTTPResponse | None:
        if request.method != "OPTIONS":
            return await handler(request, **path)
        await _read_on(request)
        return preflight(method)

    app.add_route(either, path, methods=[method, "OPTIONS"], stream=stream)


async def _headers(request: Request, response: HTTPResponse) -> None:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if is_api(request):
        response.headers["Cache-Control"] = "no-store"


async def _healthz(request: Request) -> HTTPResponse:
    return responses.json({"ok": True})


# conversations


async def _begin(request: Request) -> HTTPResponse:
    """A conversation of its own, with the welcome as its first line."""
    web: Web = request.app.ctx.web
    await web.limits.take(limits.REQUESTS, address(request))
    language = read_object(request, {"language"}).get("language", "ar")
    if language not in LANGUAGES:
        raise BadRequest(f"language: one of {', '.join(LANGUAGES)}")
    await web.limits.take(limits.CONVERSATIONS, address(request))
    conversation = secrets.token_hex(16)
    await asyncio.to_thread(_create, web.door, conversation, language)
    return responses.json({"conversation": conversation, **_token(web.door, conversation)}, status=201)


def _create(door: Door, conversation: str, language: str) -> None:
    welcome = {**door.answers().render("utter_greet", language, CHANNEL), "name": "utter_greet"}
    with Session(door.engine, future=True) as session:
        session.add(
            Conversation(id=conversation, channel=CHANNEL, address=conversation, language=language, last_seen=_now())
        )
        session.flush()
        outbox.say(session, door.keys, conversation, [welcome])
        session.commit()


async def _renew(request: Request, conversation: str) -> HTTPResponse:
    web = await _enter(request, conversation)
    await web.limits.take(limits.RENEWALS, conversation)
    return responses.json(_token(web.door, conversation))


def _token(door: Door, conversation: str) -> dict[str, str]:
    token, ends = door.keys.sign(conversation)
    renew = ends - tokens.TOKEN_LASTS + tokens.RENEW_AFTER
    return {"token": token, "expires_at": _iso(ends), "renew_at": _iso(renew)}


async def _enter(request: Request, conversation: str) -> Web:
    """Only with the token of this conversation."""
    web: Web = request.app.ctx.web
    await web.limits.take(limits.REQUESTS, address(request))
    owner, request.ctx.token_ends = _token_of(web.door, request)
    if owner != conversation:
        raise OtherConversation
    logs.bind(conversation=conversation)  # of this request's task
    return web


def _token_of(door: Door, request: Request) -> tuple[str, dt.datetime]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise NoToken
    if scheme.lower() != "bearer":
        raise TokenInvalid
    try:
        return door.keys.read(token.strip())
    except tokens.TokenExpired:
        raise TokenExpired from None
    except tokens.TokenInvalid:
        raise TokenInvalid from None


# messages


async def _message(request: Request, conversation: str) -> HTTPResponse:
    began = time.perf_counter()
    web = await _enter(request, conversation)
    message = read_message(request)
    await web.limits.take(limits.MESSAGES, conversation)
    await _accept(web.door, conversation, message.given_id, text=message.text, button=message.button)
    metrics.ACKNOWLEDGE.labels(CHANNEL).observe(time.perf_counter() - began)
    return responses.json({"id": message.given_id}, status=202)


async def _accept(door: Door, conversation: str, given_id: str, **content: Any) -> bool:
    """Committed when this returns; whether it is new."""
    accept = partial(inbox.accept, door.engine, door.keys, conversation=conversation, given_id=given_id, **content)
    try:
        accepted = await asyncio.get_running_loop().run_in_executor(_acceptors, accept)
    except inbox.UnknownConversation:
        raise NotFound from None
    door.bell.ring_inbox()
    return accepted.new


# documents


async def _document(request: Request, conversation: str, given_id: str) -> HTTPResponse:
    try:
        await asyncio.wait_for(_take_document(request, conversation, given_id), LONGEST_UPLOAD)
    except asyncio.TimeoutError:
        raise TooSlow from None
    except DoorError:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(_read_on(request), LONGEST_REST)
        raise
    return responses.json({"id": given_id}, status=202)


async def _take_document(request: Request, conversation: str, given_id: str) -> None:
    web = await _enter(request, conversation)
    door = web.door
    check_id(given_id)
    known, wanted = await _read(_standing, door, conversation, given_id)
    if known:
        return await _read_on(request)
    if not wanted:
        raise NotAskedFor
    await web.limits.take(limits.DOCUMENTS, conversation)
    folder = door.settings.documents_dir
    try:
        stored = await documents.store(
            folder, aiter(request.stream), request.headers.get("content-type"), request.headers.get("x-file-name")
        )
    except documents.TooLarge:
        raise TooLarge(f"a document: at most {documents.LARGEST} bytes") from None
    except documents.WrongKind:
        raise WrongKind from None
    document = {"id": stored.id, "kind": stored.kind, "size": stored.size}
    try:
        new = await _accept(door, conversation, given_id, document=document)
    except NotFound:
        new = False
    if not new:  # after any other failure it may be in the inbox all the same; what is not is purged later
        (folder / stored.id).unlink(missing_ok=True)


def _standing(door: Door, conversation: str, given_id: str) -> tuple[bool, bool]:
    """Whether this document is here already, and whether one is asked for."""
    with Session(reading(door.engine), future=True) as session:
        ours = inbox.message_id(conversation, given_id)
        known = session.scalar(select(Inbox.id).where(Inbox.message_id == ours)) is not None
        return known, documents.wanted(session, conversation)


async def _read_on(request: Request) -> None:
    """Browsers hear an answer only after they have sent everything."""
    left = documents.LARGEST
    async for chunk in request.stream:
        left -= len(chunk)
        if left < 0:
            return


# history and the stream


@dataclass(frozen=True)
class Look:
    """What a conversation shows now, to whoever is verified in it."""

    events: list[dict[str, Any]]
    verified: bool
    who: str
    """Another one when somebody else is verified, or nobody, or something was forgotten, or the language is another."""
    language: str


_SPEAKS = select(Conversation.language, Conversation.forgotten).where(Conversation.id == bindparam("conversation"))


def _look(door: Door, conversation: str, **which: Any) -> Look:
    with Session(reading(door.engine), future=True) as session:
        row = session.execute(_SPEAKS, {"conversation": conversation}).first()
        if row is None:
            raise NotFound
        language, forgotten = row
        lines = outbox.read_in(session, door.keys, conversation, **which)
    citizen = door.verified(conversation)  # after the lines: who is no longer verified sees none of them
    answers = door.answers()
    return Look(
        [outbox.public(line, citizen, answers, language) for line in lines],
        citizen is not None,
        door.keys.tag(conversation, citizen, forgotten, language),
        language,
    )


async def _read(work: Callable, *args: Any, **named: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_readers, partial(work, *args, **named))


async def _history(request: Request, conversation: str) -> HTTPResponse:
    web = await _enter(request, conversation)
    before = _number(request.args.get("before"), "before", NUMBER_CEILING)
    limit = _number(request.args.get("limit"), "limit", PAGE) or 50
    await web.limits.take(limits.READS, conversation)
    look = await _read(_look, web.door, conversation, before=before, limit=limit + 1)
    pending = await _read(outbox.pending, web.door.engine, web.door.keys, conversation)
    events = look.events[-limit:]
    page = {
        "events": events,
        "pending": pending,
        "last": events[-1]["number"] if events else 0,
        "more": len(look.events) > limit,
        "verified": look.verified,
        "who": look.who,
        "language": look.language,
    }
    return responses.json(page, ensure_ascii=False)


def _number(typed: str | None, name: str, most: int, least: int = 1) -> int | None:
    if typed is None:
        return None
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 10 and least <= int(typed) <= most):
        raise BadRequest(f"{name}: a number from {least} to {most}")
    return int(typed)


async def _events(request: Request, conversation: str) -> None:
    web = await _enter(request, conversation)
    seen = _number(request.headers.get("last-event-id"), "Last-Event-ID", NUMBER_CEILING, least=0) or 0
    await web.limits.take(limits.READS, conversation)
    with _listening(web, conversation, address(request)) as rung:
        parts = _parts(web, conversation, seen, rung, request.ctx.token_ends)
        first = await anext(parts, "")  # while this fails there still is a status to answer with
        stream = await request.respond(
            headers={"X-Accel-Buffering": "no"}, content_type="text/event-stream; charset=utf-8"
        )
        try:
            await stream.send(first)
            async for part in parts:
                await stream.send(part)
        except Exception as error:  # the page comes back, with the number that it has
            log.error("a stream ended: conversation=%s cause=%s", conversation, described(error))


@contextmanager
def _listening(web: Web, conversation: str, who: str) -> Iterator[asyncio.Event]:
    """Set when there may be new lines, and when the server ends."""
    if web.closing:
        raise Unavailable
    with (
        web.limits.stream(conversation, who),
        web.door.bell.listening(conversation) as rung,  # before the first look: nothing falls between
        metrics.OPEN_STREAMS.track_inprogress(),
    ):
        web.streams.add(rung)
        try:
            yield rung
        finally:
            web.streams.discard(rung)


async def _parts(web: Web, conversation: str, seen: int, rung: asyncio.Event, ends: dt.datetime) -> AsyncIterator[str]:
    """Every line after `seen`, once and in order, until the token or the server ends."""
    who = None  # not told yet
    while not web.closing and _now() < ends:
        rung.clear()
        look = await _read(_look, web.door, conversation, after=seen, limit=PAGE)
        told = []
        if look.who != who:
            who = look.who
            told.append(_sse("identity", {"verified": look.verified, "who": who}))
        for event in look.events:
            seen = event["number"]
            told.append(f"id: {seen}\n{_sse('answer', event)}")
        metrics.SENT.labels(CHANNEL, "streamed").inc(len(look.events))
        yield "".join(told) or ": still here\n\n"
        if len(look.events) < PAGE and not web.closing:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(rung.wait(), COMMENT_EVERY)


def _sse(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")

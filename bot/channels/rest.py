"""The loopback REST route of the demonstration, in the form of Rasa's REST channel; `bot chat` talks through it.

A message goes the way of every other (inbox, worker, outbox); the answer is waited for.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Any

from sanic import Blueprint, Sanic
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from actions.hosts import check_host
from actions.services.errors import Unavailable
from bot.channels.door import Door
from bot.delivery import inbox, offers, outbox
from bot.delivery.conversations import conversation_at, language_of
from bot.delivery.engine import reading
from bot.delivery.outbox import Line

log = logging.getLogger(__name__)

PATIENCE = 55.0
"""Seconds; a message that fails is tried for 31 before the citizen is told."""


def add_rest(app: Sanic, door: Door) -> None:
    routes = Blueprint("rest", url_prefix="/webhooks/rest")
    check_host(routes)

    @routes.middleware("request")
    async def refuse_pages(request: Request) -> HTTPResponse | None:
        """Programs send no Origin; a page that somebody has open in a browser does, and has no business here."""
        return json({"error": "not for web pages"}, status=403) if "origin" in request.headers else None

    @routes.post("/webhook")
    async def say(request: Request) -> HTTPResponse:
        """{"sender", "message"} → [{"recipient_id", "text", "buttons", "custom"}]. `message` may be the id of an
        offered button. An optional "message_id" makes a repeated delivery recognisable."""
        body = _body(request)
        sender, message, given = _sender(body), body.get("message"), body.get("message_id")
        if not sender or not isinstance(message, str):
            return json({"error": 'the body is {"sender": "…", "message": "…"}; both are text'}, status=400)
        if not isinstance(given, (str, int, type(None))) or not str(given).isprintable():
            return json({"error": "a message_id beside sender and message is a number or printable text"}, status=400)
        try:
            conversation = await asyncio.to_thread(conversation_at, door.engine, "rest", sender)
            said = await _answers(door, conversation, given_id(given), message)
            shown = await _shown(door, conversation, said)
        except (SQLAlchemyError, Unavailable) as error:
            log.error("rest: a database is away: %s", type(error).__name__)
            shown = [{"text": door.answers().render("utter_error_unavailable")["text"]}]
        return json([_public(sender, event) for event in shown], ensure_ascii=False)

    @routes.post("/notices")
    async def notices(request: Request) -> HTTPResponse:
        """What came unasked after line `after`: {"sender", "after"?} → [answers, each with its "number"]."""
        body = _body(request)
        sender, after = _sender(body), body.get("after", 0)
        if not sender or not isinstance(after, int):
            return json({"error": 'the body is {"sender": "…", "after": a line\'s number}'}, status=400)
        try:
            conversation = await asyncio.to_thread(conversation_at, door.engine, "rest", sender)
            lines = await asyncio.to_thread(outbox.read, door.engine, door.keys, conversation, after=after)
            shown = await _shown(door, conversation, [line for line in lines if line.answers_message is None])
        except (SQLAlchemyError, Unavailable) as error:
            log.error("notices: a database is away: %s", type(error).__name__)
            return json({"error": "a database is away; nothing is lost"}, status=503)
        return json([{**_public(sender, event), "number": event["number"]} for event in shown], ensure_ascii=False)

    app.blueprint(routes)


async def _answers(door: Door, conversation: str, given: str, message: str) -> list[Line]:
    content = await asyncio.to_thread(_content, door, conversation, message)
    with door.bell.listening(conversation) as rung:
        accepted = await asyncio.to_thread(
            inbox.accept, door.engine, door.keys, conversation=conversation, given_id=given, **content
        )
        door.bell.ring_inbox()
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            rung.clear()
            said = await asyncio.to_thread(outbox.answers_to, door.engine, door.keys, accepted.message_id)
            if said is not None:
                return said
            try:
                await asyncio.wait_for(rung.wait(), 1.0)
            except asyncio.TimeoutError:
                continue
    return []


def _content(door: Door, conversation: str, message: str) -> dict[str, str]:
    with Session(reading(door.engine), future=True) as session:
        return {"text" if offers.find(session, conversation, message) is None else "button": message}


async def _shown(door: Door, conversation: str, lines: list[Line]) -> list[dict[str, Any]]:
    if not lines:
        return []
    citizen = await asyncio.to_thread(door.verified, conversation)
    language = await asyncio.to_thread(language_of, door.engine, conversation)
    return [outbox.public(line, citizen, door.answers(), language) for line in lines]


def given_id(given: str | int | None) -> str:
    """Of any length; a new one where the sender gives none."""
    return (uuid.uuid4() if given is None else uuid.uuid5(uuid.NAMESPACE_URL, f"rest:{given}")).hex


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json
    except InvalidUsage:
        return {}
    return body if isinstance(body, dict) else {}


def _sender(body: dict[str, Any]) -> str | None:
    """A name that a database can keep."""
    sender = body.get("sender")
    fits = isinstance(sender, str) and sender.strip() and sender.isprintable() and len(sender) <= 100
    return sender if fits else None


def _public(sender: str, event: dict[str, Any]) -> dict[str, Any]:
    custom = {key: event[key] for key in outbox.SHOWN_EXTRAS if event.get(key)}
    shown = {"text": event["text"], "buttons": event.get("buttons"), "custom": custom}
    return {"recipient_id": sender, **{key: value for key, value in shown.items() if value}}

"""`POST /events/payments` and `POST /events/cases`: what a bank and the authority report (docs/integration.md).

Signed as Standard Webhooks has it; 202 only after the commit, applied by a worker (`bot/events.py`). The same event
again is acknowledged again and changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as answer
from standardwebhooks import Webhook, WebhookVerificationError

from actions.case_db.unit_of_work import unit_of_work
from actions.services import events
from actions.services.errors import NotApplied
from actions.services.errors import Unavailable as CasesAway
from bot.channels.body import read_body
from bot.channels.errors import BadRequest, NotSigned, OtherEvent, Unavailable
from bot.project import DATA

LARGEST = 64 * 1024
"""Bytes; an event is some hundred."""
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
ID = re.compile(r"[\x21-\x7e]{1,100}")

_threads = ThreadPoolExecutor(2, thread_name_prefix="events")
"""Their own: a case database that is locked holds up nobody's messages."""


def add_events(app: Sanic, secrets: dict[str, tuple[str, ...]]) -> None:
    """`secrets`: by topic, those of its sender, several while one is changed. A topic without any has no route."""
    for topic, known in secrets.items():
        if known:
            _add(app, topic, [Webhook(secret) for secret in known])


def _add(app: Sanic, topic: str, signers: list[Webhook]) -> None:
    @app.post(f"/events/{topic}", name=f"events_{topic}", stream=True)
    async def take(request: Request) -> HTTPResponse:
        body = await read_body(request, LARGEST)
        headers = {name: once(request, name) for name in SIGNED}
        prove(signers, headers, body)
        given = headers["webhook-id"]
        if not ID.fullmatch(given):
            raise BadRequest("webhook-id: 1 to 100 printable ASCII characters")
        event = read(topic, body)
        try:
            taken = await asyncio.get_running_loop().run_in_executor(_threads, _keep, topic, given, event)
        except NotApplied:
            raise OtherEvent("webhook-id: it was used for another event") from None
        except CasesAway:
            raise Unavailable from None
        return answer({"id": given, "state": taken.state}, status=202)


def _keep(topic: str, given: str, event: dict[str, Any]) -> events.Taken:
    with unit_of_work() as uow:
        return events.take(uow, topic=topic, event_id=given, body=event)


def once(request: Request, name: str) -> str:
    """A header of which there is one: of two, one would be proved and the other believed."""
    values = request.headers.getall(name, [])
    if len(values) != 1:
        raise NotSigned
    return values[0]


def prove(signers: list[Webhook], headers: dict[str, str], body: bytes) -> None:
    """Raises NotSigned unless one of the secrets signed these very bytes within five minutes of now."""
    for signer in signers:
        try:
            signer.verify(body, headers, json_parse=False)
            return
        except (WebhookVerificationError, ValueError, OverflowError):  # of a header or body that is no text, say
            continue
    raise NotSigned


def read(topic: str, body: bytes) -> dict[str, Any]:
    """Raises BadRequest that names what is wrong and repeats nothing of it."""
    try:
        event = json.loads(body)
        written = json.dumps(event, ensure_ascii=False)
    except (ValueError, RecursionError):
        raise BadRequest("body: JSON") from None
    if "\\" in written:  # Python's `$` would let a line feed pass behind a number
        raise BadRequest("body: quotes, backslashes and control characters stand in no event")
    whole, kinds = _validators(topic)
    kind = event.get("type") if isinstance(event, dict) else None
    for validator in (whole, kinds.get(kind) if isinstance(kind, str) else None):
        error = validator and next(iter(sorted(validator.iter_errors(event), key=lambda each: list(each.path))), None)
        if error:
            where = ".".join(["body", *map(str, error.absolute_path)])
            known = error.validator_value
            rule = ", ".join(map(str, known)) if isinstance(known, list) else str(known)
            raise BadRequest(f"{where}: {error.validator}: {rule}"[:300])
    return event


@cache
def _validators(topic: str) -> tuple[Draft7Validator, dict[str, Draft7Validator]]:
    """Of what all events have, and of each type: `oneOf` would not say what is wrong."""
    schema = json.loads((DATA / "events" / f"{topic}.json").read_text(encoding="utf-8"))
    kinds = schema.pop("oneOf")
    by_type = {name: Draft7Validator(kind) for kind in kinds for name in kind["properties"]["type"]["enum"]}
    return Draft7Validator(schema), by_type

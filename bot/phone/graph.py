"""A pretend WhatsApp Graph API, for the demonstration and for tests: no message leaves this machine.

It takes what Meta's would take and refuses what Meta's would refuse (bot/phone/limits.py), delivers what became of
each message to the webhook as Meta does, signed, and has the troubles that a test asks for:

    graph = PretendGraph("1001", "token", "secret", "http://127.0.0.1:5005/webhooks/whatsapp/webhook")
    app.blueprint(graph.blueprint())
    graph.faults = [Fault("error", code=131056), Fault("drop_after", status_after=3)]
    status = await graph.deliver(deliveries.text(HER, "مرحبا"))
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import itertools
import json as jsons
import logging
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from actions.hosts import check_host
from bot.phone import deliveries, limits
from bot.phone.deliveries import Person, Value
from bot.phone.limits import Refused

log = logging.getLogger(__name__)

PREFIX = "/pretend/graph"
OWN_COUNTRY = "966"
"""Put in front of a number without "+", right or wrong, as the provider does."""
PATIENCE = 10.0
"""Seconds that the webhook may take."""
KEEP_TRYING = 60.0
"""Seconds after which a status that the webhook does not take is dropped; the provider goes on for days."""
NAMES = itertools.count(1)


@dataclass(frozen=True)
class Fault:
    """Trouble for one POST of a message; `reads`: of a read mark, if one comes first.

    error        refused with HTTP `status` and error `code`
    http         HTTP `status` without anything readable, as from a proxy
    hang         no answer for so many `seconds`; accepted then if the client is still there
    drop_before  the connection is cut, nothing was accepted
    drop_after   accepted, and the connection cut; its statuses come after `status_after` seconds, None: never
    failed       accepted, and later the status `failed` with `code`
    """

    kind: str
    status: int = 400
    code: int = 131056
    seconds: float = 30.0
    status_after: float | None = None
    reads: bool = False


@dataclass(frozen=True)
class Medium:
    """A file that can be fetched by its id. `stated`: the size that is announced, where that is a lie."""

    content: bytes
    mime: str
    stated: int | None = None


@dataclass
class PretendGraph:
    """Tests change its attributes and look at them.

    calls     each POST in order: {"at", "kind" (message or read), "payload", "status" (None: cut off), "code", "wamid"}
    messages  the accepted ones: {"at", "wamid", "payload", "person", "state", "code"}
    """

    phone_number_id: str
    access_token: str
    app_secret: str
    webhook_url: str
    version: str = "v26.0"
    people: list[Person] = field(default_factory=list)
    """Whose phone and user id belong together; others are made up from their address."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    media_faults: list[Fault] = field(default_factory=list)
    """The same for GET of a file and of its address: error, http, hang and drop_before."""
    window_closed: set[str] = field(default_factory=set)
    """Phones ("+966…") and user ids that can be sent templates only."""
    templates: dict[str, str] = field(default_factory=dict)
    """Name → text of the approved ones; while empty, any name will do."""
    statuses: bool = True
    steps: tuple[str, ...] = ("sent", "delivered", "read")
    pace: float = 0.02
    """Seconds before each status."""
    media: dict[str, Medium] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    """Ids of the files whose bytes were asked for."""

    def __post_init__(self) -> None:
        self._tasks: set[asyncio.Task] = set()
        self._changed = asyncio.Event()

    def blueprint(self, prefix: str = PREFIX) -> Blueprint:
        routes = Blueprint(f"pretend_graph_{next(NAMES)}", url_prefix=prefix)
        check_host(routes)

        @routes.post("/<version>/<number>/messages")
        async def messages(request: Request, version: str, number: str) -> HTTPResponse:
            return await self._take(request, version, number)

        @routes.get("/<version>/<media_id>")
        async def address(request: Request, version: str, media_id: str) -> HTTPResponse:
            return await self._serve(request, media_id, prefix, version)

        @routes.get("/files/of/<media_id>")
        async def content(request: Request, media_id: str) -> HTTPResponse:
            return await self._serve(request, media_id)

        @routes.listener("before_server_stop")
        async def stop(*_: Any) -> None:
            await self.close()

        return routes

    # what a test or the phone does

    async def deliver(
        self,
        value: Value | list[Value] | None = None,
        *,
        signature: str = "right",
        body: bytes | None = None,
        field: str | None = None,
        times: int = 1,
    ) -> int:
        """POST to the webhook and return its HTTP status; of several at once the highest.

        value: one `value`, or several for one POST. signature: right, wrong, none, or a whole header. body: these
        bytes instead. Raises aiohttp.ClientError or asyncio.TimeoutError where nobody answers."""
        if body is None:
            values = value if isinstance(value, list) else [value or {}]
            body = wire(self._envelope(values, field))
        header = {
            "right": sign(self.app_secret, body),
            "wrong": sign(self.app_secret + "?", body),
            "none": None,
        }.get(signature, signature)
        return max(await asyncio.gather(*(self._post(body, header) for _ in range(times))))

    def add_media(self, content: bytes, mime: str, stated: int | None = None) -> str:
        media_id = str(secrets.randbelow(9 * 10**15) + 10**15)
        self.media[media_id] = Medium(content, mime, stated)
        return media_id

    async def until_messages(self, count: int, seconds: float = 10.0) -> list[dict[str, Any]]:
        """Wait for so many accepted ones; raises asyncio.TimeoutError."""

        async def enough() -> None:
            while len(self.messages) < count:
                self._changed.clear()
                await self._changed.wait()

        await asyncio.wait_for(enough(), seconds)
        return self.messages

    async def close(self) -> None:
        """Drop the statuses that were not delivered yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def person(self, payload: dict[str, Any]) -> Person:
        """Whom a message is for; `to` wins over `recipient`."""
        phone, user_id = payload.get("to"), payload.get("recipient")
        if phone:
            phone = phone if phone.startswith("+") else f"+{OWN_COUNTRY}{phone}"
        for known in self.people:
            if (phone and known.phone == phone) or (not phone and known.user_id == user_id):
                return known
        made_up = f"SA.{int(hashlib.sha256(str(phone).encode()).hexdigest()[:14], 16)}"
        return Person(phone, user_id if user_id and not phone else made_up, "مستخدم")

    # messages

    async def _take(self, request: Request, version: str, number: str) -> HTTPResponse:
        call: dict[str, Any] = {
            "at": now(), "kind": "message", "payload": None, "status": None, "code": None, "wamid": None,
        }  # fmt: skip
        self.calls.append(call)
        fault = None
        try:
            self._check_caller(request)
            if version != self.version or number != self.phone_number_id:
                raise Refused(limits.INVALID, f"no such object: {version}/{number}")
            payload = call["payload"] = _object(request.body)
            if "status" in payload:
                call["kind"] = "read"
            fault = self._next_fault(call["kind"])
            if fault and fault.kind in ("hang", "drop_before"):
                await self._trouble(request, fault)
                if fault.kind == "drop_before":
                    return raw(b"")
            if fault and fault.kind == "error":
                raise Refused(fault.code, "an invented trouble", fault.status)
            if fault and fault.kind == "http":
                call["status"] = fault.status
                return HTTPResponse("<html>trouble</html>", fault.status, content_type="text/html")
            answer = self._read(payload) if call["kind"] == "read" else self._accept(payload, call, fault)
        except Refused as refused:
            call["status"], call["code"] = refused.status, refused.code
            return refusal(refused)
        finally:
            self._changed.set()
        if fault and fault.kind == "drop_after":
            _cut(request)
            return raw(b"")
        call["status"] = 200
        return json(answer)

    def _read(self, payload: dict[str, Any]) -> dict[str, Any]:
        limits.check_read(payload)
        return {"success": True}

    def _accept(self, payload: dict[str, Any], call: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        limits.check_message(payload, self.media)
        person = self.person(payload)
        if payload.get("type") == "template":
            self._check_template(payload["template"])
        elif self.window_closed & {person.phone, person.user_id}:
            raise Refused(131047, "more than 24 hours since her last message")
        wamid = call["wamid"] = deliveries.new_wamid()
        kept = {"at": now(), "wamid": wamid, "payload": payload, "person": person, "state": "accepted", "code": None}
        self.messages.append(kept)
        if fault and fault.kind == "drop_after":
            if fault.status_after is not None:
                self._start(self._tell(kept, fault.status_after))
        elif fault and fault.kind == "failed":
            self._start(self._tell(kept, failed=fault.code))
        else:
            self._start(self._tell(kept))
        known = {"wa_id": person.wa_id} if person.wa_id else {"user_id": person.user_id}
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": payload.get("to") or payload["recipient"], **known}],
            "messages": [{"id": wamid}],
        }

    def _check_template(self, template: dict[str, Any]) -> None:
        if not self.templates:
            return
        words = self.templates.get(template["name"])
        if words is None:
            raise Refused(132001, f"no template {template['name']}", 404)
        given = sum(len(part.get("parameters", [])) for part in template.get("components", []))
        if given != words.count("{{"):
            raise Refused(132000, f"{given} parameters, {words.count('{{')} needed")

    def _next_fault(self, kind: str) -> Fault | None:
        return self.faults.pop(0) if self.faults and (kind == "message" or self.faults[0].reads) else None

    async def _trouble(self, request: Request, fault: Fault) -> None:
        if fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        else:
            _cut(request)

    # files

    async def _serve(
        self, request: Request, media_id: str, prefix: str | None = None, version: str | None = None
    ) -> HTTPResponse:
        """A file's address where there is a `version`, else its bytes."""
        fault = self.media_faults.pop(0) if self.media_faults else None
        try:
            self._check_caller(request)
            if fault and fault.kind in ("hang", "drop_before"):
                await self._trouble(request, fault)
                if fault.kind == "drop_before":
                    return raw(b"")
            if fault and fault.kind == "error":
                raise Refused(fault.code, "an invented trouble", fault.status)
            if fault and fault.kind == "http":
                return HTTPResponse("<html>trouble</html>", fault.status, content_type="text/html")
            medium = self.media.get(media_id)
            if medium is None or version not in (None, self.version):
                raise Refused(limits.INVALID, f"no such object: {media_id}")
        except Refused as refused:
            return refusal(refused)
        if version is None:
            self.fetched.append(media_id)
            return raw(medium.content, content_type=medium.mime)
        return json({
            "messaging_product": "whatsapp",
            "url": f"{request.scheme}://{request.host}{prefix}/files/of/{media_id}",
            "mime_type": medium.mime,
            "sha256": hashlib.sha256(medium.content).hexdigest(),
            "file_size": len(medium.content) if medium.stated is None else medium.stated,
            "id": media_id,
        })  # fmt: skip

    def _check_caller(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), f"Bearer {self.access_token}".encode()):
            raise Refused(190, "the access token is not valid", 401)

    # deliveries

    async def _tell(self, kept: dict[str, Any], after: float = 0.0, failed: int | None = None) -> None:
        await asyncio.sleep(after)
        opaque = kept["payload"].get("biz_opaque_callback_data")
        for state in ("failed",) if failed else self.steps:
            await asyncio.sleep(self.pace)
            if not self.statuses:
                return
            kept["state"], kept["code"] = state, failed
            self._changed.set()
            value = deliveries.status(kept["person"], kept["wamid"], state, opaque, failed)
            await self._insist(value)

    async def _insist(self, value: Value) -> None:
        """Until the webhook takes it, with growing pauses."""
        loop, pause = asyncio.get_running_loop(), 0.1
        deadline = loop.time() + KEEP_TRYING
        while loop.time() < deadline:
            try:
                if await self.deliver(value) == 200:
                    return
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
                pass  # it is away, perhaps for a restart
            await asyncio.sleep(pause)
            pause = min(2 * pause, 5.0)
        log.warning("the pretend Graph API gave up on a status: the webhook does not take it")

    async def _post(self, body: bytes, signature: str | None) -> int:
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        if signature is not None:
            headers["X-Hub-Signature-256"] = signature
        patience = aiohttp.ClientTimeout(total=PATIENCE)
        async with (
            aiohttp.ClientSession(timeout=patience) as session,
            session.post(self.webhook_url, data=body, headers=headers) as response,
        ):
            await response.read()
            return response.status

    def _envelope(self, values: list[Value], field: str | None) -> dict[str, Any]:
        changes = []
        for value in values:
            number = value.get("metadata", {})
            if number.get("phone_number_id") == deliveries.PHONE_NUMBER_ID:
                value = {**value, "metadata": {**number, "phone_number_id": self.phone_number_id}}
            named = field or ("smb_message_echoes" if "message_echoes" in value else "messages")
            changes.append({"value": value, "field": named})
        return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": changes}]}

    def _start(self, work: Coroutine) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def wire(payload: Any) -> bytes:
    """JSON as the provider writes it: nothing but ASCII, and each slash escaped."""
    return jsons.dumps(payload, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def sign(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def refusal(refused: Refused) -> HTTPResponse:
    return json({
        "error": {
            "message": f"(#{refused.code}) {refused.details}",
            "type": "OAuthException",
            "code": refused.code,
            "error_data": {"messaging_product": "whatsapp", "details": refused.details},
            "fbtrace_id": "A" + secrets.token_urlsafe(16),
        }
    }, status=refused.status, ensure_ascii=False)  # fmt: skip


def now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = jsons.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(limits.INVALID, "the body is a JSON object")
    return found


def _cut(request: Request) -> None:
    """End the connection without a word."""
    request.transport.abort()

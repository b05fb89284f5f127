"""WhatsApp Business Cloud API: what Meta delivers, what we send, what its errors mean. docs/whatsapp.md connects a
number.

Meta escapes what it signs (`\\u0645`, `\\/`), so the signature is checked over the bytes as they came. Since April 2026
a person may have a username and no visible phone number: she is known by `from_user_id` and answered by `recipient`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hmac
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import aiohttp

from bot.channels.base import (
    LONGEST_ID,
    Channel,
    Incoming,
    Limits,
    Media,
    MediaGone,
    Moved,
    Noted,
    NotSent,
    Person,
    Piece,
    Progress,
    Remedy,
    Said,
)
from bot.channels.errors import BadRequest, NotSigned

GRAPH = "https://graph.facebook.com"
FETCH_TIME_OUT = aiohttp.ClientTimeout(total=30, sock_connect=5)
CHUNK = 64 * 1024
LONGEST_TEXT = 10_000
"""Characters; WhatsApp itself takes fewer, and the dialogue asks for fewer still."""
LONGEST_CHALLENGE = 1000

FILES = ("image", "video", "document", "sticker", "audio")
OTHER_MEDIA = ("location", "contacts", "order", "unsupported")
NO_TURN = ("reaction", "edit", "revoke")
NUMBER_ALONE = re.compile(r"[\u2066-\u2068]([0-9]+)\u2069")
"""Reads rightly without marks too; with them, copied into a bank's form, it would be no number."""
SIGNATURE = "sha256="

REMEDIES: dict[Remedy, tuple[int | range, ...]] = {
    Remedy.LATER: (2, 4, 131000, 131016, 131056, 131057, 133004, 2494100),
    Remedy.SOME: (1,),
    Remedy.SLOW: (80007, 130429, 131048),
    Remedy.STOP: (0, 3, 10, 33, 190, range(200, 300), 368, 131005, 131031, 131042, 131045, 133010),
    Remedy.INVITE: (131047,),
    Remedy.PLAIN: (100, 131008, 131009),
    Remedy.FINAL: (
        131021, 131026, 131030, 131037, 131049, range(131050, 131054), 131062, 130472, 130497, range(132000, 132070),
        135000, 137000,
    ),
}  # fmt: skip
"""By Meta's error code; HTTP statuses say little (many throttles come as 400). 131056 is of one pair of numbers: the
others of that person wait behind it anyway."""


def remedy_of(code: Any) -> Remedy | None:
    """None for a code that Meta's list did not hold in 2026."""
    if isinstance(code, bool) or not isinstance(code, int):
        return None
    for remedy, codes in REMEDIES.items():
        if any(code in known if isinstance(known, range) else code == known for known in codes):
            return remedy
    return None


class WhatsApp(Channel):
    name = "whatsapp"
    limits = Limits(
        text=4096,
        buttons=3,
        button_title=20,
        buttons_text=1024,
        rows=10,
        row_title=24,
        row_description=72,
        list_text=4096,
    )
    window = dt.timedelta(hours=24)

    def __init__(
        self,
        phone_number_id: str,
        access_token: str,
        app_secret: str,
        verify_token: str,
        graph_version: str,
        api_url: str = GRAPH,
        template: str = "",
    ) -> None:
        """`template`: the name of an approved one without variables, in Arabic and English."""
        self.phone_number_id = phone_number_id
        self._secret = app_secret.encode()
        self._verify_token = verify_token.encode()
        self._base = f"{api_url.rstrip('/')}/{graph_version}"
        self._origin = api_url
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._template = template
        self.invites = bool(template)

    # what comes in

    def handshake(self, query: Mapping[str, str]) -> str:
        token = query.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
        challenge = query.get("hub.challenge", "")
        right = hmac.compare_digest(token, self._verify_token) and query.get("hub.mode") == "subscribe"
        if not right or not challenge.isprintable() or not 0 < len(challenge) <= LONGEST_CHALLENGE:
            raise NotSigned
        return challenge

    def prove(self, headers: Mapping[str, str], body: bytes) -> None:
        given = headers.get("x-hub-signature-256", "")
        if not given.startswith(SIGNATURE) or not self.is_signed(self._secret, body, given.removeprefix(SIGNATURE)):
            raise NotSigned

    def read(self, body: bytes) -> list[Incoming]:
        try:
            delivery = json.loads(body)
        except (ValueError, RecursionError):
            raise BadRequest("body: JSON") from None
        if not isinstance(delivery, dict):
            raise BadRequest("body: a JSON object")
        if delivery.get("object") != "whatsapp_business_account" or not isinstance(delivery.get("entry"), list):
            return [Noted("malformed", delivery)]
        return [item for entry in delivery["entry"] for item in self._entry(entry)]

    def _entry(self, entry: Any) -> Iterator[Incoming]:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        if not isinstance(changes, list):
            yield Noted("malformed", entry)
            return
        for change in changes:
            value = change.get("value") if isinstance(change, dict) else None
            if not isinstance(value, dict):
                yield Noted("malformed", change)
            elif change.get("field") == "smb_message_echoes" or "message_echoes" in value:
                yield Noted("echo", change)  # what our own staff wrote in the app
            elif change.get("field") != "messages":
                yield Noted("field", change)
            elif _of(value, "metadata", dict).get("phone_number_id") != self.phone_number_id:
                yield Noted("other_number", change)
            else:
                yield from self._value(value)

    def _value(self, value: dict[str, Any]) -> Iterator[Incoming]:
        known = False
        for key, read in (("messages", _message), ("statuses", _status), ("errors", _account_error)):
            if key not in value:
                continue
            known = True
            if not isinstance(value[key], list):
                yield Noted("malformed", value[key])
                continue
            for part in value[key]:
                try:
                    items = read(part, value)
                except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError):
                    items = [Noted("malformed", part)]
                yield from items
        if not known:
            yield Noted("unknown_type", value)

    # what goes out

    async def send(self, to: Person, piece: Piece, opaque: str) -> str | None:
        return _given(await self._post({**_to(to), **self.content(piece), "biz_opaque_callback_data": opaque}))

    async def invite(self, to: Person, language: str, opaque: str) -> str | None:
        template = {"name": self._template, "language": {"code": language}}
        message = {"type": "template", "template": template, "biz_opaque_callback_data": opaque}
        return _given(await self._post({**_to(to), **message}))

    async def seen(self, to: Person, given: str, typing: bool) -> None:
        mark: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": given}
        if typing:
            mark["typing_indicator"] = {"type": "text"}
        await self._post(mark)

    def content(self, piece: Piece) -> dict[str, Any]:
        """A message without whom it is for."""
        text = NUMBER_ALONE.sub(r"\1", piece.text)
        if piece.kind == "text":
            return {"type": "text", "text": {"body": text, "preview_url": False}}
        if piece.kind == "buttons":
            buttons = [{"type": "reply", "reply": {"id": each.id, "title": each.title}} for each in piece.choices]
            action: dict[str, Any] = {"buttons": buttons}
        else:
            rows = [
                {"id": each.id, "title": each.title, **({"description": each.description} if each.description else {})}
                for each in piece.choices
            ]
            action = {"button": piece.opens, "sections": [{"title": piece.heading, "rows": rows}]}
        kind = "button" if piece.kind == "buttons" else "list"
        return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}

    async def _post(self, payload: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._base}/{self.phone_number_id}/messages"
        status, answer = await self.post(url, payload, self._headers)
        if status != 200:
            raise _refusal(status, answer)
        return answer

    async def fetch(self, media: Media) -> AsyncIterator[bytes]:
        if not media.id or not media.id.isalnum():
            raise MediaGone
        try:
            url = await self._media_url(media.id)
            async with self.session().get(url, headers=self._headers, timeout=FETCH_TIME_OUT) as response:
                if response.status != 200:
                    raise _no_media(response.status, {})
                async for chunk in response.content.iter_chunked(CHUNK):
                    yield chunk
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise NotSent(Remedy.LATER, type(error).__name__) from None

    async def _media_url(self, media_id: str) -> str:
        """It dies after five minutes; the id lives for days."""
        where = f"{self._base}/{media_id}"
        of = {"phone_number_id": self.phone_number_id}
        async with self.session().get(where, params=of, headers=self._headers) as response:
            answer = _json(await response.read())
            if response.status != 200:
                raise _no_media(response.status, answer)
        url = answer.get("url")
        # our token goes along: only where it came from, or by TLS
        if not isinstance(url, str) or not url.startswith(("https://", f"{self._origin.rstrip('/')}/")):
            raise MediaGone
        return url


# reading


def _message(message: Any, value: dict[str, Any]) -> list[Incoming]:
    if not isinstance(message, dict):
        return [Noted("malformed", message)]
    kind = message.get("type")
    if kind == "system":
        return _system(message)
    if kind in NO_TURN:
        return [Noted(kind, message)]
    if message.get("group_id"):
        return [Noted("group", message)]
    given, person = message.get("id"), _person(message, value)
    if not _is_id(given):
        return [Noted("malformed", message)]
    if person is None:
        return [Noted("no_sender", message)]
    content = _content(kind, message)
    if content is None:
        known = kind in ("text", "button", *FILES)
        return [Noted("malformed" if known else "unknown_type", message)]
    return [Said(given, person, _at(message.get("timestamp")), **content)]


def _content(kind: Any, message: dict[str, Any]) -> dict[str, Any] | None:
    if kind == "text":
        body = _of(message, "text", dict).get("body")
        return {"text": _text(body)} if isinstance(body, str) else None
    if kind == "button":
        label = _of(message, "button", dict).get("text") or _of(message, "button", dict).get("payload")
        return {"text": _text(label)} if isinstance(label, str) else None
    if kind == "interactive":
        interactive = _of(message, "interactive", dict)
        for reply in ("button_reply", "list_reply"):
            chosen = _of(interactive, reply, dict).get("id")
            if isinstance(chosen, str) and chosen:
                return {"button": chosen[:LONGEST_ID]}
        return {"media": Media("unsupported")}
    if kind in FILES:
        file = message.get(kind)
        if not isinstance(file, dict):
            return None
        caption = file.get("caption")
        media = Media(
            "voice" if kind == "audio" and file.get("voice") is True else kind,
            *(_text(file[key])[:LONGEST_ID] if isinstance(file.get(key), str) else None for key in FILE_KEYS),
        )
        return {"media": media, "text": _text(caption) if isinstance(caption, str) and caption.strip() else None}
    if kind in OTHER_MEDIA:
        return {"media": Media(kind)}
    return None


FILE_KEYS = ("id", "mime_type", "filename")


def _system(message: dict[str, Any]) -> list[Incoming]:
    """A number or a user id that is somebody's no longer: nothing more may go there."""
    system, moved, at = _of(message, "system", dict), [], _at(message.get("timestamp"))
    if system.get("type") in ("user_changed_number", "customer_changed_number"):
        old = _phone(message.get("from") or system.get("customer"))
        moved = [Moved("phone", old, at)] if old else []
    elif system.get("type") == "user_changed_user_id":
        old = system.get("previous_user_id")  # `from_user_id` is the new one
        moved = [Moved("user", old, at)] if _is_id(old) else []
    return [*moved, Noted("system", message)]


def _person(message: dict[str, Any], value: dict[str, Any]) -> Person | None:
    phone, user = _phone(message.get("from")), message.get("from_user_id")
    if not user:
        contacts = [each for each in _of(value, "contacts", list) if isinstance(each, dict)]
        ours = [each for each in contacts if phone and _phone(each.get("wa_id")) == phone]
        user = next((each.get("user_id") for each in ours), None)
    names = [("user", user)] if _is_id(user) else []
    names += [("phone", phone)] if phone else []
    return Person(tuple(names)) if names else None


def _phone(digits: Any) -> str | None:
    """As it is sent to: without the "+" Meta would put our own country's code in front."""
    if not isinstance(digits, str):
        return None
    digits = digits.removeprefix("+")
    return f"+{digits}" if digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 20 else None


def _status(status: Any, value: dict[str, Any]) -> list[Incoming]:
    if not isinstance(status, dict):
        return [Noted("malformed", status)]
    state, opaque, given = status.get("status"), status.get("biz_opaque_callback_data"), status.get("id")
    opaque = opaque if _is_id(opaque) else None
    given = given if _is_id(given) else None
    state = "read" if state == "played" else state
    if state not in ("sent", "delivered", "read", "failed") or not (opaque or given):
        return [Noted("unknown_type" if opaque or given else "malformed", status)]
    if state != "failed":
        return [Progress(state, _at(status.get("timestamp")), opaque, given)]
    errors = _of(status, "errors", list)
    code = errors[0].get("code") if errors and isinstance(errors[0], dict) else None
    code = code if isinstance(code, int) and not isinstance(code, bool) else None
    remedy = remedy_of(code) or Remedy.FINAL
    return [
        Progress(
            "failed", _at(status.get("timestamp")), opaque, given, remedy, None if code is None else str(code)[:20]
        )
    ]


def _account_error(error: Any, value: dict[str, Any]) -> list[Incoming]:
    return [Noted("account_error", error)]


def _at(timestamp: Any) -> dt.datetime:
    """Never later than now; what tells no time came now."""
    now = dt.datetime.now(dt.timezone.utc)
    try:
        told = dt.datetime.fromtimestamp(int(timestamp), dt.timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return now
    return min(told, now) if told.year > 2000 else now


def _text(typed: str) -> str:
    """What a database and a reader can take: no NUL, no half of a character."""
    return typed[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()


def _is_id(given: Any) -> bool:
    return isinstance(given, str) and 0 < len(given) <= LONGEST_ID and given.isascii() and given.isprintable()


def _of(parent: Mapping[str, Any], key: str, kind: type) -> Any:
    """The value if it is of this kind, else an empty one."""
    value = parent.get(key)
    return value if isinstance(value, kind) else kind()


# what goes out


def _to(person: Person) -> dict[str, Any]:
    """By phone where it is known: that keeps it visible to us."""
    phone = person.get("phone")
    to = {"to": phone} if phone else {"recipient": person.get("user")}
    return {"messaging_product": "whatsapp", "recipient_type": "individual", **to}


def _given(answer: dict[str, Any]) -> str:
    """Meta's id of the message. Without one nobody can say that Meta took it."""
    messages = _of(answer, "messages", list)
    given = messages[0].get("id") if messages and isinstance(messages[0], dict) else None
    if not _is_id(given):
        raise NotSent(Remedy.UNSURE, "no_id")
    return given


# refusals


def _refusal(status: int, answer: dict[str, Any]) -> NotSent:
    code = _of(answer, "error", dict).get("code")
    remedy = remedy_of(code)
    if remedy is None and isinstance(code, int):
        remedy = Remedy.LATER if status >= 500 else Remedy.FINAL
    elif remedy is None:  # not Meta's own words: something on the way answered
        remedy = Remedy.of_status(status)
    return NotSent(remedy, str(code) if isinstance(code, int) else f"http_{status}")


def _no_media(status: int, answer: dict[str, Any]) -> Exception:
    refused = _refusal(status, answer)
    if status == 404:
        return MediaGone()
    return refused if refused.remedy in (Remedy.LATER, Remedy.SLOW, Remedy.STOP, Remedy.UNSURE) else MediaGone()


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}

"""The pretend phone: a page of the demonstration, for this machine alone, on which one is a citizen with a messenger.

What one sends goes to our webhook as the provider delivers it, signed; what our sender posts to the pretend Graph API
appears as a phone shows it. Everything is kept in memory and is gone when the process ends.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import itertools
import json as jsons
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from actions.hosts import check_host, is_loopback
from bot.channels import errors
from bot.channels.files import KINDS, POLICY
from bot.phone import deliveries, samples
from bot.phone.deliveries import Person, Value
from bot.phone.graph import Fault, PretendGraph

FOLDER = Path(__file__).parent
LARGEST_FILE = 10 * 1024 * 1024
TYPING_LASTS = dt.timedelta(seconds=25)
PEOPLE = (
    Person("+966500000011", "SA.1349120865530274191", "نورة"),
    Person("+966500000012", "SA.1349120865530274192", "خالد"),
    Person(None, "SA.1349120865530274193", "سارة", username="sara.invented"),
)
TROUBLES = {
    "throttled": Fault("error", status=400, code=131056),
    "dropped": Fault("drop_after", status_after=4.0),
    "lost": Fault("drop_after", status_after=None),
    "failed": Fault("failed", code=131026),
}
PREVIEWED = ("image/png", "image/jpeg", "image/webp")
NAMES = itertools.count(1)


@dataclass
class Line:
    """One message of hers. `http`: what the webhook answered; None: under way, 0: nothing."""

    kind: str
    text: str
    value: Value
    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.timezone.utc))
    http: int | None = None
    note: str = ""
    quoted: str = ""
    media: str = ""
    edited: bool = False
    revoked: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def wamid(self) -> str:
        return deliveries.wamid_of(self.value)


@dataclass
class Holder:
    """Whoever holds the phone. `addresses`: every phone and user id that was ever hers."""

    person: Person
    lines: list[Line] = field(default_factory=list)
    reactions: dict[str, str] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    moved: dt.datetime | None = None
    """When she left her last address."""

    def __post_init__(self) -> None:
        self.addresses |= addresses(self.person)


class NotPossible(Exception):
    """Says in Arabic what is missing for it."""


class Phone:
    def __init__(self, graph: PretendGraph) -> None:
        self.graph = graph
        self.holders = [Holder(person) for person in PEOPLE]
        graph.people = [holder.person for holder in self.holders]

    # what is shown

    def state(self, who: int) -> dict[str, Any]:
        holder = self.holders[who]
        told = self._told(holder)
        lines = [self._hers(holder, line, self._read_until(holder)) for line in holder.lines]
        lines += [self._ours(holder, message) for message in told]
        trouble = next((name for name, fault in TROUBLES.items() if fault in self.graph.faults), "")
        return {
            "people": [
                {
                    "name": each.person.name,
                    "address": each.person.phone or f"@{each.person.username}",
                    "hidden": each.person.phone is None,
                    "told": len(self._told(each)),
                }
                for each in self.holders
            ],
            "lines": sorted(lines, key=lambda line: line["at"]),
            "typing": self._is_typing(holder, told),
            "closed": bool(self.graph.window_closed & addresses(holder.person)),
            "trouble": trouble,
        }

    def _told(self, holder: Holder) -> list[dict[str, Any]]:
        return [message for message in self.graph.messages if addresses(message["person"]) & holder.addresses]

    def _hers(self, holder: Holder, line: Line, read_until: dt.datetime | None) -> dict[str, Any]:
        ticks = "sending" if line.http is None else "failed" if line.http != 200 else "delivered"
        if ticks == "delivered" and read_until and line.at <= read_until:
            ticks = "read"
        return {
            "id": line.id, "mine": True, "at": line.at.isoformat(), "kind": line.kind, "text": line.text,
            "ticks": ticks, "http": line.http, "note": line.note, "quoted": line.quoted, "media": line.media,
            "edited": line.edited, "revoked": line.revoked,
        }  # fmt: skip

    def _ours(self, holder: Holder, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": message["wamid"],
            "mine": False,
            "at": message["at"].isoformat(),
            "reaction": holder.reactions.get(message["wamid"], ""),
            "old": self._astray(holder, message),
            **shown(message["payload"], self.graph.templates),
        }

    def _astray(self, holder: Holder, message: dict[str, Any]) -> bool:
        """Sent to an address that she had left."""
        hers = addresses(message["person"]) & addresses(holder.person)
        return not hers and holder.moved is not None and message["at"] > holder.moved

    def _reads(self, holder: Holder) -> list[tuple[dict[str, Any], Line]]:
        """Her messages that were marked as read, with the marks, in order."""
        lines = {line.wamid: line for line in holder.lines}
        marks = (call for call in self.graph.calls if call["kind"] == "read" and call["status"] == 200)
        return [(mark, lines[given]) for mark in marks if (given := mark["payload"]["message_id"]) in lines]

    def _read_until(self, holder: Holder) -> dt.datetime | None:
        """A mark is of all earlier messages as well."""
        return max((line.at for _, line in self._reads(holder)), default=None)

    def _is_typing(self, holder: Holder, told: list[dict[str, Any]]) -> bool:
        since = [mark["at"] for mark, _ in self._reads(holder) if "typing_indicator" in mark["payload"]][-1:]
        answered = told and since and told[-1]["at"] > since[0]
        return bool(since) and not answered and dt.datetime.now(dt.timezone.utc) - since[0] < TYPING_LASTS

    # what is done

    async def send(self, who: int, kind: str, body: dict[str, Any]) -> Line:
        """Raises NotPossible, errors.BadRequest."""
        holder = self.holders[who]
        make = MAKERS.get(kind)
        if make is None:
            raise errors.BadRequest("no such kind")
        return await self._deliver(holder, make(self, holder, Given(body)), **HOW.get(kind, {}))

    async def send_file(self, who: int, content: bytes, mime: str, name: str) -> Line:
        return await self._deliver(self.holders[who], self._file(self.holders[who], content, mime, name))

    async def _deliver(self, holder: Holder, line: Line, **how: Any) -> Line:
        if line.kind != "silent":
            holder.lines.append(line)
        try:
            line.http = await self.graph.deliver(line.value, **how)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            line.http = 0
        if line.http == 200 and line.kind not in ("silent", "event", "late", "staff"):
            self.graph.window_closed -= holder.addresses  # she wrote: the window is open again
        return line

    def switch(self, who: int, closed: Any, trouble: Any) -> None:
        holder = self.holders[who]
        if isinstance(closed, bool):
            self.graph.window_closed -= holder.addresses
            self.graph.window_closed |= addresses(holder.person) if closed else set()
        if isinstance(trouble, str):
            self.graph.faults[:] = [TROUBLES[trouble]] if trouble in TROUBLES else []

    def _file(self, holder: Holder, content: bytes, mime: str, name: str) -> Line:
        media_id = self.graph.add_media(content, mime)
        if mime in ("image/png", "image/jpeg"):
            return Line("image", name, deliveries.image(holder.person, media_id, mime=mime), media=media_id)
        value = deliveries.document(holder.person, media_id, name, mime=mime)
        return Line("document", name, value, media=media_id)

    def last_of_hers(self, holder: Holder) -> Line:
        for line in reversed(holder.lines):
            if line.http == 200 and line.kind == "text" and not line.revoked:
                return line
        raise NotPossible("تلزم رسالة نصية مرسلة قبل ذلك.")

    def last_of_ours(self, holder: Holder) -> dict[str, Any]:
        told = self._told(holder)
        if not told:
            raise NotPossible("تلزم رسالة من المساعد قبل ذلك.")
        return told[-1]


class Given:
    """What the page sent along; raises errors.BadRequest where it is something else."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body

    def text(self, name: str = "text", otherwise: str = "") -> str:
        found = self.body.get(name) or otherwise
        if not isinstance(found, str) or not found.strip() or len(found) > 20_000:
            raise errors.BadRequest(f"{name} is text")
        return found

    def maybe(self, name: str) -> str:
        return self.text(name) if self.body.get(name) else ""


Maker = Callable[[Phone, Holder, Given], Line]
MAKERS: dict[str, Maker] = {}
HOW: dict[str, dict[str, Any]] = {"twice": {"times": 2}, "thrice": {"times": 3}, "forged": {"signature": "wrong"}}


def maker(make: Maker) -> Maker:
    MAKERS[make.__name__] = make
    return make


@maker
def text(phone: Phone, holder: Holder, given: Given) -> Line:
    reply_to, words = given.maybe("reply_to"), given.text()
    value = deliveries.text(holder.person, words, reply_to=reply_to or None)
    return Line("text", words, value, quoted=given.maybe("quoted")[:200])


@maker
def button(phone: Phone, holder: Holder, given: Given) -> Line:
    title = given.text("title")
    value = deliveries.button_reply(holder.person, given.text("id"), title, reply_to=given.text("reply_to"))
    return Line("button", title, value, quoted=given.maybe("quoted")[:200])


@maker
def row(phone: Phone, holder: Holder, given: Given) -> Line:
    title, description = given.text("title"), given.maybe("description")
    value = deliveries.list_reply(holder.person, given.text("id"), title, description, reply_to=given.text("reply_to"))
    return Line("row", "\n".join(filter(None, [title, description])), value, quoted=given.maybe("quoted")[:200])


@maker
def template_button(phone: Phone, holder: Holder, given: Given) -> Line:
    label = given.text("title")
    value = deliveries.template_button(holder.person, label, label, reply_to=given.maybe("reply_to") or None)
    return Line("button", label, value)


@maker
def voice(phone: Phone, holder: Holder, given: Given) -> Line:
    media_id = phone.graph.add_media(samples.voice(), "audio/ogg")
    return Line("voice", "رسالة صوتية، ثانية واحدة", deliveries.voice(holder.person, media_id), media=media_id)


@maker
def image(phone: Phone, holder: Holder, given: Given) -> Line:
    media_id = phone.graph.add_media(samples.image(), "image/png")
    caption = given.maybe("text")
    value = deliveries.image(holder.person, media_id, caption or None, "image/png")
    return Line("image", caption or "صورة", value, media=media_id)


@maker
def document(phone: Phone, holder: Holder, given: Given) -> Line:
    return phone._file(holder, samples.pdf(), "application/pdf", "مستند مخترع.pdf")


@maker
def video(phone: Phone, holder: Holder, given: Given) -> Line:
    media_id = phone.graph.add_media(samples.VIDEO, "video/mp4")
    return Line("video", "مقطع مرئي", deliveries.video(holder.person, media_id), media=media_id)


@maker
def sticker(phone: Phone, holder: Holder, given: Given) -> Line:
    media_id = phone.graph.add_media(samples.STICKER, "image/webp")
    return Line("sticker", "ملصق", deliveries.sticker(holder.person, media_id), media=media_id)


@maker
def location(phone: Phone, holder: Holder, given: Given) -> Line:
    value = deliveries.location(holder.person, name="مكان مخترع", address="الرياض")
    return Line("location", "موقع: مكان مخترع، الرياض", value)


@maker
def contact(phone: Phone, holder: Holder, given: Given) -> Line:
    value = deliveries.contacts(holder.person, "سعد المخترع", "+966500000099")
    return Line("contact", "بطاقة: سعد المخترع", value)


@maker
def order(phone: Phone, holder: Holder, given: Given) -> Line:
    return Line("order", "طلب شراء: منتج واحد", deliveries.order(holder.person))


@maker
def unsupported(phone: Phone, holder: Holder, given: Given) -> Line:
    return Line("unsupported", "تصويت، وهو نوع لا يصل محتواه", deliveries.unsupported(holder.person))


@maker
def forwarded(phone: Phone, holder: Holder, given: Given) -> Line:
    words = given.text(otherwise="متى يُرفع الإيقاف بعد السداد؟")
    return Line("text", words, deliveries.text(holder.person, words, forwarded=True), note="محوّلة")


@maker
def reply(phone: Phone, holder: Holder, given: Given) -> Line:
    quoted = phone.last_of_ours(holder)
    words = given.text(otherwise="ما معنى هذا؟")
    about = shown(quoted["payload"], phone.graph.templates)["text"][:200]
    return Line("text", words, deliveries.text(holder.person, words, reply_to=quoted["wamid"]), quoted=about)


@maker
def reaction(phone: Phone, holder: Holder, given: Given) -> Line:
    """Given once, taken back the second time."""
    wamid = phone.last_of_ours(holder)["wamid"]
    emoji = None if holder.reactions.pop(wamid, None) else "\N{THUMBS UP SIGN}"
    if emoji:
        holder.reactions[wamid] = emoji
    return Line("silent", "", deliveries.reaction(holder.person, wamid, emoji))


@maker
def edit(phone: Phone, holder: Holder, given: Given) -> Line:
    original = phone.last_of_hers(holder)
    words = given.text(otherwise=original.text + " (بعد التعديل)")
    original.text, original.edited = words, True
    return Line("silent", "", deliveries.edit(holder.person, original.wamid, words))


@maker
def revoke(phone: Phone, holder: Holder, given: Given) -> Line:
    original = phone.last_of_hers(holder)
    original.revoked = True
    return Line("silent", "", deliveries.revoke(holder.person, original.wamid))


@maker
def number(phone: Phone, holder: Holder, given: Given) -> Line:
    """A new number and with it a new user id; without a number, the user id alone."""
    old = holder.person
    user_id = f"{old.user_id[:-3]}{(int(old.user_id[-3:]) + 100) % 1000:03}"
    if old.phone:
        new = replace(old, phone=f"{old.phone[:-4]}{(int(old.phone[-4:]) + 100) % 10000:04}", user_id=user_id)
        line = Line(
            "event",
            f"تغيّر الرقم إلى \u2066{new.phone}\u2069",
            deliveries.user_changed_number(old, new.phone or "", user_id),
        )
    else:
        new = replace(old, user_id=user_id)
        line = Line("event", "تغيّر معرّف المستخدم", deliveries.user_changed_user_id(old, user_id))
    holder.person, holder.moved = new, dt.datetime.now(dt.timezone.utc)
    holder.addresses |= addresses(new)
    phone.graph.people[phone.holders.index(holder)] = new
    return line


@maker
def group(phone: Phone, holder: Holder, given: Given) -> Line:
    words = given.text(otherwise="هل دفع أحد منكم الفاتورة؟")
    return Line("event", f"في مجموعة: {words}", deliveries.group_message(holder.person, words))


@maker
def echo(phone: Phone, holder: Holder, given: Given) -> Line:
    words = given.text(otherwise="معك موظف الخدمة، كيف تكون المساعدة؟")
    return Line("staff", words, deliveries.staff_echo(holder.person, words), note="من جوال موظف")


@maker
def advertised(phone: Phone, holder: Holder, given: Given) -> Line:
    words = given.text(otherwise="مرحبا")
    return Line("text", words, deliveries.from_advertisement(holder.person, words), note="من إعلان")


def _sentence(note: str, kind: str = "text", otherwise: str = "مرحبا", late: bool = False) -> Maker:
    def make(phone: Phone, holder: Holder, given: Given) -> Line:
        words = given.text(otherwise=otherwise)
        at = deliveries.late() if late else None
        return Line(kind, words, deliveries.text(holder.person, words, at=at), note=note)

    return make


MAKERS |= {
    "twice": _sentence("وصلت مرتين معًا"),
    "thrice": _sentence("وصلت ثلاث مرات معًا"),
    "late": _sentence("متأخرة ستة أيام", "late", "هل وصلت رسالتي؟", late=True),
    "forged": _sentence("بتوقيع خاطئ", otherwise="رسالة مزورة"),
}


def addresses(person: Person) -> set[str]:
    return {address for address in (person.phone, person.user_id) if address}


def shown(payload: dict[str, Any], templates: dict[str, str]) -> dict[str, Any]:
    """What a phone makes of a message of ours."""
    kind = payload.get("type", "text")
    content = payload[kind]
    if kind == "text":
        return {"kind": "text", "text": content["body"]}
    if kind == "interactive":
        parts = {name: content[name]["text"] for name in ("header", "footer") if name in content}
        action = content["action"]
        if content["type"] == "button":
            choices = {"buttons": [each["reply"] for each in action["buttons"]]}
        elif content["type"] == "list":
            choices = {"list": {"button": action["button"], "sections": action["sections"]}}
        else:
            choices = {"link": {"title": action["parameters"]["display_text"], "url": action["parameters"]["url"]}}
        return {"kind": content["type"], "text": content["body"]["text"], **parts, **choices}
    if kind == "template":
        return {"kind": kind, "text": template_text(content, templates), "note": "قالب معتمد"}
    if kind == "reaction":
        return {"kind": kind, "text": content.get("emoji", "")}
    url = content.get("link") or f"/phone/api/media/{content['id']}"
    name = content.get("filename") or {"image": "صورة", "video": "مقطع مرئي"}.get(kind, "ملف")
    return {"kind": kind, "text": content.get("caption", ""), "link": {"title": name, "url": url}}


def template_text(template: dict[str, Any], templates: dict[str, str]) -> str:
    words = templates.get(template["name"])
    if words is None:
        return f"رسالة من قالب: {template['name']}"
    given = [each.get("text", "") for part in template.get("components", []) for each in part.get("parameters", [])]
    for place, value in enumerate(given, 1):
        words = words.replace(f"{{{{{place}}}}}", value)
    return words


# the page and what it asks


def add_phone(app: Sanic, graph: PretendGraph) -> Phone:
    """Mount the page `/phone`. `graph` is mounted by its own blueprint."""
    phone = Phone(graph)
    files = {path.name: (KINDS[path.suffix], path.read_bytes()) for path in FOLDER.iterdir() if path.suffix in KINDS}
    pages = Blueprint(f"pretend_phone_{next(NAMES)}", url_prefix="/phone")
    check_host(pages)

    @pages.middleware("request")
    async def refuse_other_pages(request: Request) -> HTTPResponse | None:
        """A page of another site that somebody has open beside it may neither read nor send."""
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "none")
        ours = origin in (None, f"{request.scheme}://{request.host}") and site in ("none", "same-origin")
        return None if ours or _is_opened(request) else json({"error": "not for other pages"}, status=403)

    def file(name: str) -> HTTPResponse:
        if name not in files:
            raise errors.NotFound
        kind, body = files[name]
        return raw(body, content_type=kind, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})

    @pages.get("/")
    async def page(request: Request) -> HTTPResponse:
        return file("phone.html")

    @pages.get("/files/<name>")
    async def asset(request: Request, name: str) -> HTTPResponse:
        return file(name)

    @pages.get("/api/state")
    async def state(request: Request) -> HTTPResponse:
        """?who=0&seen=the tag of the last one → 204 where nothing has changed since."""
        body = jsons.dumps(phone.state(_who(phone, request.args.get("who"))), ensure_ascii=False)
        tag = hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:24]
        if request.args.get("seen") == tag:
            return HTTPResponse(status=204)
        return raw(body.encode("utf-8", "replace"), content_type="application/json", headers={"X-Tag": tag})

    @pages.post("/api/send")
    async def send(request: Request) -> HTTPResponse:
        body = _body(request)
        kind = body.get("kind")
        return await _sent(phone.send(_who(phone, body.get("who")), kind if isinstance(kind, str) else "", body))

    @pages.put("/api/file", stream=True)
    async def send_file(request: Request) -> HTTPResponse:
        content = b""
        async for chunk in request.stream:
            if len(content) <= LARGEST_FILE:  # the rest is read so that the refusal can be heard
                content += chunk
        if len(content) > LARGEST_FILE:
            raise errors.TooLarge
        name = request.args.get("name") or "ملف"
        mime = request.headers.get("content-type", "").partition(";")[0] or "application/octet-stream"
        return await _sent(phone.send_file(_who(phone, request.args.get("who")), content, mime, name[:200]))

    @pages.post("/api/switch")
    async def switch(request: Request) -> HTTPResponse:
        body = _body(request)
        phone.switch(_who(phone, body.get("who")), body.get("closed"), body.get("trouble"))
        return json({"ok": True})

    @pages.get("/api/media/<media_id>")
    async def media(request: Request, media_id: str) -> HTTPResponse:
        medium = graph.media.get(media_id)
        if medium is None:
            raise errors.NotFound
        shows = {} if medium.mime in PREVIEWED else {"Content-Disposition": "attachment"}
        sandbox = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
        return raw(medium.content, content_type=medium.mime, headers={**sandbox, **shows})

    app.blueprint(pages)
    return phone


def _is_opened(request: Request) -> bool:
    """Following a link to the page from anywhere is right; nothing is shown to whoever linked."""
    return request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate" and is_loopback(request)


async def _sent(sending: Awaitable[Line]) -> HTTPResponse:
    try:
        line = await sending
    except NotPossible as reason:
        return json({"error": {"message": str(reason)}}, status=409, ensure_ascii=False)
    return json({"http": line.http, "wamid": line.wamid})


def _who(phone: Phone, given: Any) -> int:
    if str(given) not in map(str, range(len(phone.holders))):
        raise errors.BadRequest("who: the number of a person")
    return int(given)


def _body(request: Request) -> dict[str, Any]:
    try:
        body = jsons.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise errors.BadRequest("the body is a JSON object")
    return body

"""What the provider would deliver: one `value` of a change for each kind of message, shaped as the Cloud API does.

Each function takes who sends it and what it says, and besides:

    wamid     its id; a new one if not given
    at        when she sent it; now if not given, and `SIX_DAYS` ago is `at=late()`
    reply_to  the id of the message that she answers with it
    forwarded, often_forwarded
    group     the id of a group it was written in

`bot.phone.graph.PretendGraph.deliver` puts it in its envelope, signs it and posts it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

Value = dict[str, Any]

PHONE_NUMBER_ID = "100000000000001"
"""Of the number written to; `deliver` puts its own in its place."""
DISPLAY_NUMBER = "966110000000"
SIX_DAYS = dt.timedelta(days=6)


@dataclass(frozen=True)
class Person:
    """`phone`: as "+966…", or None where she has a username and the provider keeps her number to itself. `user_id`: as
    "SA.1349…"."""

    phone: str | None
    user_id: str
    name: str
    username: str | None = None

    @property
    def wa_id(self) -> str | None:
        return self.phone.lstrip("+") if self.phone else None


def new_wamid() -> str:
    return "wamid." + base64.b64encode(secrets.token_bytes(36)).decode()


def late() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc) - SIX_DAYS


# what a person says


def text(person: Person, body: str, *, referral: dict[str, Any] | None = None, **common: Any) -> Value:
    more = {"referral": referral} if referral else {}
    return message(person, "text", {"body": body}, more, **common)


def from_advertisement(person: Person, body: str, **common: Any) -> Value:
    return text(person, body, referral={
        "source_url": "https://fb.me/invented", "source_id": "120200000000000000", "source_type": "ad",
        "headline": "مخترع", "body": "إعلان مخترع", "media_type": "image", "image_url": "https://example.invalid/a.jpg",
        "ctwa_clid": "invented",
    }, **common)  # fmt: skip


def button_reply(person: Person, id: str, title: str, **common: Any) -> Value:
    return _interactive(person, "button_reply", {"id": id, "title": title}, common)


def list_reply(person: Person, id: str, title: str, description: str = "", **common: Any) -> Value:
    row = {"id": id, "title": title, **({"description": description} if description else {})}
    return _interactive(person, "list_reply", row, common)


def nfm_reply(person: Person, answers: dict[str, Any], **common: Any) -> Value:
    reply = {"name": "flow", "body": "Sent", "response_json": json.dumps(answers, ensure_ascii=False)}
    return _interactive(person, "nfm_reply", reply, common)


def empty_interactive(person: Person, **common: Any) -> Value:
    """Its content did not come; an error stands beside it."""
    errors = [_error(131051, "Message type is not supported", "The content cannot be shown")]
    return message(person, "interactive", {}, {"errors": errors}, **common)


def template_button(person: Person, payload: str, label: str, **common: Any) -> Value:
    return message(person, "button", {"payload": payload, "text": label}, **common)


def image(person: Person, media_id: str, caption: str | None = None, mime: str = "image/jpeg", **common: Any) -> Value:
    return _media(person, "image", media_id, mime, {"caption": caption}, common)


def video(person: Person, media_id: str, caption: str | None = None, mime: str = "video/mp4", **common: Any) -> Value:
    return _media(person, "video", media_id, mime, {"caption": caption}, common)


def document(
    person: Person,
    media_id: str,
    filename: str | None = "document.pdf",
    caption: str | None = None,
    mime: str = "application/pdf",
    **common: Any,
) -> Value:
    return _media(person, "document", media_id, mime, {"filename": filename, "caption": caption}, common)


def sticker(person: Person, media_id: str, animated: bool = False, **common: Any) -> Value:
    return _media(person, "sticker", media_id, "image/webp", {"animated": animated}, common)


def audio(person: Person, media_id: str, **common: Any) -> Value:
    return _media(person, "audio", media_id, "audio/mpeg", {"voice": False}, common)


def voice(person: Person, media_id: str, **common: Any) -> Value:
    return _media(person, "audio", media_id, "audio/ogg; codecs=opus", {"voice": True}, common)


def location(
    person: Person,
    latitude: float = 24.7136,
    longitude: float = 46.6753,
    name: str | None = None,
    address: str | None = None,
    url: str | None = None,
    **common: Any,
) -> Value:
    named = {"name": name, "address": address, "url": url}
    return message(person, "location", {"latitude": latitude, "longitude": longitude, **_given(named)}, **common)


def contacts(person: Person, name: str, phone: str, **common: Any) -> Value:
    """Somebody else's card, which says nothing about who sends it."""
    card = {
        "name": {"formatted_name": name, "first_name": name.split()[0]},
        "phones": [{"phone": phone, "wa_id": phone.lstrip("+"), "type": "CELL"}],
    }
    return message(person, "contacts", [card], **common)


def reaction(person: Person, to_wamid: str, emoji: str | None = "\N{THUMBS UP SIGN}", **common: Any) -> Value:
    """`emoji`: None where she takes it back."""
    return message(person, "reaction", {"message_id": to_wamid, **_given({"emoji": emoji})}, **common)


def order(person: Person, **common: Any) -> Value:
    item = {"product_retailer_id": "invented-1", "quantity": 1, "item_price": 10.5, "currency": "SAR"}
    return message(person, "order", {"catalog_id": "194836987003835", "text": "", "product_items": [item]}, **common)


def unsupported(person: Person, kind: str = "poll", **common: Any) -> Value:
    errors = [_error(131051, "Message type unknown", "Message type is currently not supported.")]
    return message(person, "unsupported", {"type": kind}, {"errors": errors}, **common)


def unknown(person: Person, kind: str = "hologram", **common: Any) -> Value:
    """A type that nobody has heard of yet."""
    return message(person, kind, {"shape": "unheard of"}, **common)


# what happens around it


def user_changed_number(person: Person, new_phone: str, new_user_id: str | None = None, **common: Any) -> Value:
    """She has another number now, and with it another user id. Nothing says who she is beside the message."""
    system = {
        "body": f"User {person.name} changed from {person.wa_id} to {new_phone.lstrip('+')}",
        "type": "user_changed_number",
        "wa_id": new_phone.lstrip("+"),
        **_given({"user_id": new_user_id}),
    }
    return _without_contacts(message(person, "system", system, **common))


def user_changed_user_id(person: Person, new_user_id: str, **common: Any) -> Value:
    system = {
        "body": f"User {person.name} changed from {person.user_id} to {new_user_id}",
        "type": "user_changed_user_id",
        "user_id": new_user_id,
        **_given({"wa_id": person.wa_id}),
    }
    return _without_contacts(message(person, "system", system, **common))


def edit(person: Person, original: str, body: str, **common: Any) -> Value:
    edited = {"original_message_id": original, "message": {"type": "text", "text": {"body": body}}}
    return message(person, "edit", edited, **common)


def revoke(person: Person, original: str, **common: Any) -> Value:
    return message(person, "revoke", {"original_message_id": original}, **common)


def group_message(person: Person, body: str, group: str = "Y2FwaV9ncm91cDppbnZlbnRlZA", **common: Any) -> Value:
    return text(person, body, group=group, **common)


def staff_echo(person: Person, body: str, wamid: str | None = None, at: dt.datetime | None = None) -> Value:
    """What our own staff wrote to her from the number's own phone: of the field `smb_message_echoes`."""
    echo = {
        "from": DISPLAY_NUMBER,
        **_given({"to": person.wa_id}),
        "to_user_id": person.user_id,
        "id": wamid or new_wamid(),
        "timestamp": _seconds(at),
        "type": "text",
        "text": {"body": body},
    }
    return {"messaging_product": "whatsapp", "metadata": _metadata(), "message_echoes": [echo]}


def status(
    person: Person,
    wamid: str,
    state: str,
    opaque: str | None = None,
    code: int | None = None,
    at: dt.datetime | None = None,
) -> Value:
    """What became of a message of ours: sent, delivered, read, played, or failed with its error's `code`."""
    told = {
        "id": wamid,
        "status": state,
        "timestamp": _seconds(at),
        **_given({"recipient_id": person.wa_id}),
        "recipient_user_id": person.user_id,
        **_given({"biz_opaque_callback_data": opaque}),
    }
    if state in ("sent", "delivered", "read"):
        told["pricing"] = {
            "billable": False,
            "pricing_model": "PMP",
            "category": "service",
            "type": "free_customer_service",
        }
    if code is not None:
        told["errors"] = [_error(code, "The message was not delivered", "An invented failure")]
    known = {} if state == "failed" else {"contacts": [_contact(person)]}
    return {"messaging_product": "whatsapp", "metadata": _metadata(), **known, "statuses": [told]}


def account_error(code: int = 131031) -> Value:
    """About the whole number, out of band."""
    errors = [_error(code, "Account trouble", "An invented trouble")]
    return {"messaging_product": "whatsapp", "metadata": _metadata(), "errors": errors}


# putting together


def message(
    person: Person,
    kind: str,
    content: Any,
    more: dict[str, Any] | None = None,
    *,
    wamid: str | None = None,
    at: dt.datetime | None = None,
    reply_to: str | None = None,
    forwarded: bool = False,
    often_forwarded: bool = False,
    group: str | None = None,
) -> Value:
    context: dict[str, Any] = {}
    if reply_to:
        context |= {"from": DISPLAY_NUMBER, "id": reply_to}
    if forwarded:
        context["forwarded"] = True
    if often_forwarded:
        context["frequently_forwarded"] = True
    made = {
        **_given({"from": person.wa_id}),
        "from_user_id": person.user_id,
        "id": wamid or new_wamid(),
        "timestamp": _seconds(at),
        "type": kind,
        **({"context": context} if context else {}),
        **_given({"group_id": group}),
        kind: content,
        **(more or {}),
    }
    return {
        "messaging_product": "whatsapp",
        "metadata": _metadata(),
        "contacts": [_contact(person)],
        "messages": [made],
    }


def joined(*values: Value) -> Value:
    """What one change may hold of them together: their messages and statuses in order, each contact once."""
    made: Value = {"messaging_product": "whatsapp", "metadata": _metadata()}
    for value in values:
        for name in ("contacts", "messages", "statuses", "errors"):
            for each in value.get(name, []):
                if name != "contacts" or each not in made.get(name, []):
                    made.setdefault(name, []).append(each)
    return made


def wamid_of(value: Value) -> str:
    return next(value[name][0]["id"] for name in ("messages", "message_echoes", "statuses") if name in value)


def _interactive(person: Person, kind: str, reply: dict[str, Any], common: dict[str, Any]) -> Value:
    common.setdefault("reply_to", new_wamid())
    return message(person, "interactive", {"type": kind, kind: reply}, **common)


def _media(person: Person, kind: str, media_id: str, mime: str, more: dict[str, Any], common: dict[str, Any]) -> Value:
    """`sha256` of nothing in particular: whoever fetches the file is told its own."""
    digest = base64.b64encode(hashlib.sha256(media_id.encode()).digest()).decode()
    url = f"https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid={media_id}&ext=0&hash=invented"
    return message(
        person, kind, {**_given(more), "mime_type": mime, "sha256": digest, "id": media_id, "url": url}, **common
    )


def _without_contacts(value: Value) -> Value:
    del value["contacts"]
    return value


def _contact(person: Person) -> dict[str, Any]:
    profile = {"name": person.name, **_given({"username": person.username})}
    return {"profile": profile, **_given({"wa_id": person.wa_id}), "user_id": person.user_id}


def _metadata() -> dict[str, str]:
    return {"display_phone_number": DISPLAY_NUMBER, "phone_number_id": PHONE_NUMBER_ID}


def _error(code: int, title: str, details: str) -> dict[str, Any]:
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}}


def _seconds(at: dt.datetime | None) -> str:
    return str(int((at or dt.datetime.now(dt.timezone.utc)).timestamp()))


def _given(named: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if value is not None}

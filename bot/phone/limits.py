"""What the pretend Graph API refuses of a message: everything that Meta documents, and each key that it does not know.

Lengths are counted in UTF-16 units, the strictest way that any phone counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

INVALID, MISSING, WRONG_VALUE = 100, 131008, 131009
COMMON = {
    "messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data",
}  # fmt: skip
FILES = {"image": ("caption",), "video": ("caption",), "document": ("caption", "filename"), "audio": (), "sticker": ()}
PHONE = re.compile(r"\+?[1-9][0-9]{6,14}")
USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
LINK = re.compile(r"https?://\S+")
TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")


class Refused(Exception):
    """`details`: for whoever programs against it."""

    def __init__(self, code: int, details: str, status: int = 400) -> None:
        super().__init__(details)
        self.code, self.details, self.status = code, details, status


def length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_read(body: dict[str, Any]) -> None:
    _keys(body, {"messaging_product", "status", "message_id", "typing_indicator"}, "")
    _product(body)
    if body["status"] != "read":
        raise Refused(INVALID, "status: read is the only one")
    if not _text(body, "message_id", 1000).startswith("wamid."):
        raise Refused(WRONG_VALUE, "message_id: no message of this number")
    if "typing_indicator" in body and body["typing_indicator"] != {"type": "text"}:
        raise Refused(WRONG_VALUE, 'typing_indicator: {"type": "text"} is the only one')


def check_message(body: dict[str, Any], media: Collection[str]) -> None:
    """Raises Refused. `media`: the ids of uploaded files."""
    _product(body)
    kind = body.get("type", "text")
    check = CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise Refused(INVALID, f"type: one of {', '.join(CHECKS)}")
    _keys(body, COMMON | {kind}, "")
    if body.get("recipient_type", "individual") != "individual":
        raise Refused(INVALID, "recipient_type: individual")
    if not body.get("to") and not body.get("recipient"):
        raise Refused(INVALID, "to or recipient is needed")
    if body.get("to") is not None and not (isinstance(body["to"], str) and PHONE.fullmatch(body["to"])):
        raise Refused(INVALID, "to: a phone number, as +966…")
    if body.get("recipient") is not None and not (
        isinstance(body["recipient"], str) and USER_ID.fullmatch(body["recipient"])
    ):
        raise Refused(INVALID, "recipient: a business-scoped user id, as SA.1349…")
    if "biz_opaque_callback_data" in body:
        _text(body, "biz_opaque_callback_data", 512)
    if "context" in body:
        context = _object(body, "context")
        _keys(context, {"message_id"}, "context")
        _text(context, "message_id", 1000, "context")
    if kind in FILES:
        _file(_object(body, kind), kind, media)
    else:
        check(_object(body, kind))


def _words(content: dict[str, Any]) -> None:
    _keys(content, {"body", "preview_url"}, "text")
    _text(content, "body", 4096, "text")
    if not isinstance(content.get("preview_url", False), bool):
        raise Refused(INVALID, "text.preview_url: true or false")


def _interactive(content: dict[str, Any]) -> None:
    kind = content.get("type")
    checks = {"button": _buttons, "list": _list, "cta_url": _call}
    if kind not in checks:
        raise Refused(INVALID, f"interactive.type: one of {', '.join(checks)}")
    _keys(content, {"type", "header", "body", "footer", "action"}, "interactive")
    body = _object(content, "body", "interactive")
    _keys(body, {"text"}, "interactive.body")
    _text(body, "text", 4096 if kind == "list" else 1024, "interactive.body", WRONG_VALUE)
    if "header" in content:
        header = _object(content, "header", "interactive")
        if header.get("type") != "text":
            raise Refused(WRONG_VALUE, "interactive.header.type: text")
        _keys(header, {"type", "text"}, "interactive.header")
        _text(header, "text", 60, "interactive.header", WRONG_VALUE)
    if "footer" in content:
        footer = _object(content, "footer", "interactive")
        _keys(footer, {"text"}, "interactive.footer")
        _text(footer, "text", 60, "interactive.footer", WRONG_VALUE)
    checks[kind](_object(content, "action", "interactive"))


def _buttons(action: dict[str, Any]) -> None:
    _keys(action, {"buttons"}, "interactive.action")
    buttons = _objects(action, "buttons", 3, "interactive.action")
    for place, button in enumerate(buttons):
        where = f"interactive.action.buttons[{place}]"
        _keys(button, {"type", "reply"}, where)
        if button.get("type") != "reply":
            raise Refused(WRONG_VALUE, f"{where}.type: reply")
        reply = _object(button, "reply", where)
        _keys(reply, {"id", "title"}, where)
        _id(reply, 256, where)
        _text(reply, "title", 20, where, WRONG_VALUE)
    _unique([button["reply"]["id"] for button in buttons], "ids of buttons")
    _unique([button["reply"]["title"].strip() for button in buttons], "titles of buttons")


def _list(action: dict[str, Any]) -> None:
    _keys(action, {"button", "sections"}, "interactive.action")
    _text(action, "button", 20, "interactive.action", WRONG_VALUE)
    ids: list[str] = []
    for place, section in enumerate(_objects(action, "sections", 10, "interactive.action")):
        where = f"interactive.action.sections[{place}]"
        _keys(section, {"title", "rows"}, where)
        _text(section, "title", 24, where, WRONG_VALUE)
        for number, row in enumerate(_objects(section, "rows", 10, where)):
            at = f"{where}.rows[{number}]"
            _keys(row, {"id", "title", "description"}, at)
            ids.append(_id(row, 200, at))
            _text(row, "title", 24, at, WRONG_VALUE)
            if "description" in row:
                _text(row, "description", 72, at, WRONG_VALUE)
    if len(ids) > 10:
        raise Refused(WRONG_VALUE, f"interactive.action.sections: {len(ids)} rows, 10 in all at most")
    _unique(ids, "ids of rows")


def _call(action: dict[str, Any]) -> None:
    _keys(action, {"name", "parameters"}, "interactive.action")
    if action.get("name") != "cta_url":
        raise Refused(WRONG_VALUE, "interactive.action.name: cta_url")
    parameters = _object(action, "parameters", "interactive.action")
    _keys(parameters, {"display_text", "url"}, "interactive.action.parameters")
    _text(parameters, "display_text", 20, "interactive.action.parameters", WRONG_VALUE)
    _link(parameters, "url", "interactive.action.parameters")


def _template(content: dict[str, Any]) -> None:
    _keys(content, {"name", "language", "components"}, "template")
    if not TEMPLATE_NAME.fullmatch(_text(content, "name", 512, "template")):
        raise Refused(WRONG_VALUE, "template.name: small letters, digits and _")
    language = _object(content, "language", "template")
    _keys(language, {"code", "policy"}, "template.language")
    if not LANGUAGE.fullmatch(_text(language, "code", 10, "template.language")):
        raise Refused(WRONG_VALUE, "template.language.code: as ar or en_US")
    if "components" not in content:
        return
    if not isinstance(content["components"], list):
        raise Refused(INVALID, "template.components: a list")
    for component in content["components"]:
        if not isinstance(component, dict) or component.get("type") not in ("header", "body", "button"):
            raise Refused(INVALID, "template.components: header, body or button")
        for parameter in component.get("parameters", []):
            if not isinstance(parameter, dict):
                raise Refused(INVALID, "template.components: each parameter an object")
            if parameter.get("type") == "text":
                _text(parameter, "text", 1024, "template parameter")


def _file(content: dict[str, Any], kind: str, media: Collection[str]) -> None:
    _keys(content, {"link", "id", *FILES[kind]}, kind)
    if ("link" in content) == ("id" in content):
        raise Refused(INVALID, f"{kind}: either link or id")
    if "link" in content:
        _link(content, "link", kind)
    elif _text(content, "id", 200, kind) not in media:
        raise Refused(INVALID, f"{kind}.id: no such file")
    if "caption" in content:
        _text(content, "caption", 1024, kind)
    if "filename" in content:
        _text(content, "filename", 240, kind)


def _reaction(content: dict[str, Any]) -> None:
    _keys(content, {"message_id", "emoji"}, "reaction")
    _text(content, "message_id", 1000, "reaction")
    if not isinstance(content.get("emoji", ""), str):
        raise Refused(INVALID, "reaction.emoji: text")


CHECKS: dict[str, Any] = {
    "text": _words, "interactive": _interactive, "template": _template, "reaction": _reaction, **FILES,
}  # fmt: skip


def _product(body: dict[str, Any]) -> None:
    if body.get("messaging_product") != "whatsapp":
        raise Refused(INVALID, "messaging_product: whatsapp")


def _keys(content: dict[str, Any], known: set[str], where: str) -> None:
    if strange := sorted(set(content) - known):
        raise Refused(INVALID, f"{where or 'the message'} has no {', '.join(strange)}")


def _object(content: dict[str, Any], name: str, where: str = "") -> dict[str, Any]:
    found = content.get(name)
    if found is None:
        raise Refused(MISSING, f"{_path(where, name)} is needed")
    if not isinstance(found, dict):
        raise Refused(INVALID, f"{_path(where, name)}: an object")
    return found


def _objects(content: dict[str, Any], name: str, most: int, where: str) -> list[dict[str, Any]]:
    found = content.get(name)
    if not found:
        raise Refused(MISSING, f"{_path(where, name)} is needed")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Refused(INVALID, f"{_path(where, name)}: a list of objects")
    if len(found) > most:
        raise Refused(WRONG_VALUE, f"{_path(where, name)}: {len(found)}, {most} at most")
    return found


def _text(content: dict[str, Any], name: str, most: int, where: str = "", code: int = INVALID) -> str:
    found = content.get(name)
    if found is None:
        raise Refused(MISSING, f"{_path(where, name)} is needed")
    if not isinstance(found, str):
        raise Refused(INVALID, f"{_path(where, name)}: text")
    if not found.strip():
        raise Refused(code, f"{_path(where, name)} is empty")
    if length(found) > most:
        raise Refused(code, f"{_path(where, name)}: {length(found)} characters, {most} at most")
    return found


def _id(content: dict[str, Any], most: int, where: str) -> str:
    found = _text(content, "id", most, where, WRONG_VALUE)
    if found != found.strip():
        raise Refused(WRONG_VALUE, f"{where}.id: no space around it")
    return found


def _link(content: dict[str, Any], name: str, where: str) -> None:
    if not LINK.fullmatch(_text(content, name, 2000, where)):
        raise Refused(WRONG_VALUE, f"{_path(where, name)}: a web address")


def _unique(values: list[str], what: str) -> None:
    if len(set(values)) < len(values):
        raise Refused(WRONG_VALUE, f"{what}: each once")


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name

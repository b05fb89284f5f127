"""What a citizen's page may send as a message, read strictly: what is let in here is kept and answered."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from sanic.request import Request

from bot.channels.errors import BadRequest, TooLarge

LONGEST_BODY = 64 * 1024
LONGEST_TEXT = 10_000
"""Characters. The assistant itself asks for a shorter text long before."""
GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
BUTTON = re.compile(r"[A-Za-z0-9_-]{1,64}")
UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")


@dataclass(frozen=True)
class Message:
    """One of `text` and `button` is there. `given_id`: made by the page, the same when it sends again."""

    given_id: str
    text: str | None
    button: str | None


def read_message(request: Request) -> Message:
    body = read_object(request, {"id", "text", "button"})
    given_id, text, button = body.get("id"), body.get("text"), body.get("button")
    if ("text" in body) == ("button" in body):
        raise BadRequest("one of text and button")
    if "text" in body:
        _check_text(text)
    elif not isinstance(button, str) or not BUTTON.fullmatch(button):
        raise BadRequest("button: the payload of a button that was offered")
    return Message(check_id(given_id), text, button)


def check_id(given_id: Any) -> str:
    if not isinstance(given_id, str) or not GIVEN_ID.fullmatch(given_id):
        raise BadRequest("id: 8 to 64 of A-Z a-z 0-9 _ -")
    return given_id


def _check_text(text: Any) -> None:
    if not isinstance(text, str):
        raise BadRequest("text: a string")
    if len(text) > LONGEST_TEXT:
        raise TooLarge(f"text: at most {LONGEST_TEXT} characters")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadRequest("text: characters that are none")
    if all(unicodedata.category(letter) in UNSEEN for letter in text):
        raise BadRequest("text: nothing to read in it")


def read_object(request: Request, allowed: set[str]) -> dict[str, Any]:
    """The JSON object of the body, with no other keys than these."""
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("Content-Type: application/json")
    if len(request.body) > LONGEST_BODY:
        raise TooLarge(f"body: at most {LONGEST_BODY} bytes")
    try:
        body = json.loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRequest("body: JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise BadRequest("body: a JSON object")
    if not body.keys() <= allowed:
        raise BadRequest(f"body: no other keys than {', '.join(sorted(allowed))}")
    return body

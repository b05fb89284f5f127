"""Buttons: what leaves the bot is an opaque id, what comes back is looked up in the same conversation."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from bot.delivery.models import Offer
from bot.text.normalise import normalise

ANSWERS_TO_A_QUESTION = {"affirm", "deny", "inform", "choose_way", "choose_bank", "go_back"}
_ID = re.compile(r"[\w-]{16}", re.ASCII)
"""As made below; other text, which may hold what no database takes, is not looked up."""


def offered(answers: list[dict[str, Any]], question: str | None = None) -> list[dict[str, Any]]:
    """Put an id in the place of each button's payload; the rows that say what they stand for, but for conversation and
    number, which the buttons of one turn share. `question`: what a form waits for after this turn."""
    rows = []
    for button in (button for answer in answers for button in answer.get("buttons", ())):
        row = {
            "id": secrets.token_urlsafe(12),
            "title": button["title"],
            "payload": button["payload"],
            "question": question if parse(button["payload"])[0] in ANSWERS_TO_A_QUESTION else None,
        }
        rows.append(row)
        button["payload"] = row["id"]
    return rows


def find(session: Session, conversation: str, button: str) -> Offer | None:
    if not _ID.fullmatch(button):
        return None
    return session.scalar(select(Offer).where(Offer.id == button, Offer.conversation == conversation))


def by_title(session: Session, conversation: str, text: str) -> Offer | None:
    """The button of the last turn that has these words on it, or this number in front: people type what they see."""
    wanted = normalise(text)
    for button, title, place in session.execute(_LATEST, {"conversation": conversation}):
        if normalise(title) == wanted or (place is not None and wanted == str(place)):
            return session.get(Offer, button)
    return None


def unnumber(session: Session, conversations: Sequence[str]) -> None:
    """Whatever comes now, a number typed after it does not mean a line of before."""
    session.execute(_UNNUMBER, {"theirs": conversations})


def number(session: Session, buttons: Sequence[str]) -> None:
    """These were shown as lines of text, with their numbers in front."""
    if buttons:
        session.execute(_NUMBER, [{"of": button, "shown_at": place} for place, button in enumerate(buttons, 1)])


def forget(session: Session, conversation: str) -> None:
    session.execute(delete(Offer).where(Offer.conversation == conversation))


def parse(payload: str) -> tuple[str, list[dict[str, Any]]]:
    """`/intent{"entity": "value"}` → the intent and its entities."""
    intent, brace, rest = payload.removeprefix("/").partition("{")
    values = json.loads(brace + rest) if brace else {}
    return intent, [{"entity": name, "value": value, "start": 0, "end": 0} for name, value in values.items()]


# put together once: that takes longer than to run them
_other = aliased(Offer)
_LATEST = select(Offer.id, Offer.title, Offer.place).where(
    Offer.conversation == bindparam("conversation"),
    Offer.number
    == select(func.max(_other.number)).where(_other.conversation == bindparam("conversation")).scalar_subquery(),
)
NEW = insert(Offer.__table__)
_table = Offer.__table__
_UNNUMBER = (
    update(_table)
    .where(_table.c.conversation.in_(bindparam("theirs", expanding=True)), _table.c.place.is_not(None))
    .values(place=None)
)
_NUMBER = update(_table).where(_table.c.id == bindparam("of")).values(place=bindparam("shown_at"))

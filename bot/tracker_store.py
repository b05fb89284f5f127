"""Rasa's tracker, stored by the turn that changed it.

Rasa asks the store to save in the middle of things; here `save` only remembers, and `bot/turn.py` writes events,
offers and answers in one transaction. A read that fails raises: a conversation is never mistaken for a new one.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses
from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, aliased

from bot.delivery.engine import reading
from bot.delivery.models import TrackerEvent
from bot.text.mask import mask, mask_any

EVENT_TYPES: dict[str, type[Event]] = {cls.type_name: cls for cls in all_subclasses(Event)}
"""Resolved once; Rasa walks the subclass tree for every event it reads."""


@dataclass
class Turn:
    """What one turn has collected so far, until it is committed or thrown away."""

    conversation: str
    language: str
    events: list[Event] = field(default_factory=list)
    """As stored before it."""
    tracker: DialogueStateTracker | None = None
    failures: list[str] = field(default_factory=list)
    channel: str = ""

    def new_events(self) -> list[Event]:
        return list(self.tracker.events)[len(self.events) :] if self.tracker else []


CURRENT: ContextVar[Turn | None] = ContextVar("current_turn", default=None)


class TurnTrackerStore(TrackerStore):
    """Belongs to a `Turn`: what it loads and what Rasa saves ends there."""

    def __init__(self, engine: Engine, domain: Any = None) -> None:
        super().__init__(domain)
        self.engine = engine

    async def retrieve(self, conversation_id: str) -> DialogueStateTracker | None:
        turn = CURRENT.get()
        if turn and turn.tracker is not None:
            return turn.tracker  # a second question of the same message
        events = turn.events if turn else await asyncio.to_thread(self._load, conversation_id)
        if not events:
            return None
        return DialogueStateTracker.from_events(conversation_id, events, self.domain.slots)

    async def save(self, tracker: DialogueStateTracker) -> None:
        turn = CURRENT.get()
        if turn:
            turn.tracker = tracker

    async def keys(self) -> list[str]:
        with Session(self.engine, future=True) as session:
            return list(session.scalars(select(TrackerEvent.conversation).distinct()))

    def _load(self, conversation: str) -> list[Event]:
        with Session(reading(self.engine), future=True) as session:
            return stored_events(session, conversation)


def stored_events(session: Session, conversation: str) -> list[Event]:
    """Of the conversation's newest session."""
    return [
        EVENT_TYPES[row["event"]]._from_parameters(dict(row)) for row in session.scalars(_NEWEST, {"c": conversation})
    ]


_start = aliased(TrackerEvent)
_NEWEST = (
    select(TrackerEvent.data)
    .where(
        TrackerEvent.conversation == bindparam("c"),
        TrackerEvent.id
        >= func.coalesce(
            select(func.max(_start.id))
            .where(_start.conversation == bindparam("c"), _start.type == "session_started")
            .scalar_subquery(),
            0,
        ),
    )
    .order_by(TrackerEvent.id)
)


def masked(event: Event) -> dict[str, Any]:
    """The event as it may be stored: no ID, code, number or amount; a personal answer by its name only."""
    data = event.as_dict()
    if data["event"] == "user":
        data["text"] = mask(data.get("text") or "")
        parse = data.get("parse_data", {})
        data["parse_data"] = {
            "text": data["text"],
            "intent": parse.get("intent", {}),
            "entities": [_masked_entity(entity) for entity in parse.get("entities", [])],
            "intent_ranking": parse.get("intent_ranking", []),
        }
        data["metadata"] = mask_any(data.get("metadata") or {})
    elif data["event"] == "bot":
        metadata = data.get("metadata") or {}
        name = metadata.get("utter_action")
        data["text"] = f"[{name}]" if metadata.get("personal") else mask(data.get("text") or "")
        data["data"] = {}
        data["metadata"] = {"utter_action": name, "personal": bool(metadata.get("personal"))}
    elif data["event"] == "slot":
        data["value"] = mask_any(data["value"])
    return data


def _masked_entity(entity: dict[str, Any]) -> dict[str, Any]:
    kept = {key: entity[key] for key in ("entity", "start", "end") if key in entity}
    return {**kept, "value": mask_any(entity.get("value"))}

"""What every action shares: what was heard, how to say an answer, and what becomes of an error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.case_db.unit_of_work import UnitOfWork, unit_of_work
from actions.replies import answer_to
from actions.services.cases import mark
from actions.services.errors import ServiceError, Unavailable

Events = list[dict[str, Any]]


class Heard:
    """The message of this turn and what Rasa made of it."""

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        message = tracker.latest_message
        self.conversation: str = tracker.sender_id
        self.message_id: str = message.get("message_id") or ""
        self.text: str = message.get("text") or ""
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        self.ranking: list[dict[str, Any]] = message.get("intent_ranking") or []
        self.band: str = message.get("band") or "sure"
        self.metadata: dict[str, Any] = message.get("metadata") or {}
        self.language: str = self.metadata.get("language", "ar")
        self.pressed: bool = bool(self.metadata.get("pressed"))

    def entity(self, name: str) -> str | None:
        """The first value of that kind in the message."""
        found = self.tracker.latest_message.get("entities") or []
        return next((entity["value"] for entity in found if entity["entity"] == name), None)

    def since_message(self) -> Iterator[dict[str, Any]]:
        """What has happened since the message came, newest first."""
        for event in reversed(self.tracker.events):
            if event["event"] == "user":
                return
            yield event

    def answered_by_others(self, form: str) -> bool:
        """Whether, since the message came, `form` stepped back from it or another action ran."""
        return any(
            event["event"] == "action_execution_rejected" or (event["event"] == "action" and event.get("name") != form)
            for event in self.since_message()
        )

    def names_said_before(self) -> Iterator[str]:
        """Names of the answers given before this message, newest first."""
        spoken = False
        for event in reversed(self.tracker.events):
            if event["event"] == "user" and not spoken:
                spoken = True
            elif event["event"] == "bot" and spoken:
                name = (event.get("metadata") or {}).get("utter_action")
                if name:
                    yield name


class Say:
    """Says answers by name; the values it is given make the answer personal (see bot/answers.py). `case_number` also
    marks its buttons: pressed later, they still mean that case."""

    def __init__(self, dispatcher: CollectingDispatcher) -> None:
        self.dispatcher = dispatcher

    def __call__(self, name: str, card: dict[str, Any] | None = None, **values: Any) -> None:
        if values.get("case_number"):
            values["of_case"] = mark(values["case_number"])
        plain = {key: _plain(value) for key, value in values.items() if value is not None}
        self.dispatcher.utter_message(response=name, json_message={"card": _plain(card)} if card else None, **plain)


def _plain(value: Any) -> Any:
    """What JSON can carry: amounts and dates as text."""
    if is_dataclass(value):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


class BotAction(Action, ABC):
    """One action: `act` reads like the conversation. A refusal of a service becomes its answer."""

    @property
    @abstractmethod
    def action_name(self) -> str:
        """Each action's own; a class attribute."""

    def name(self) -> str:
        return self.action_name

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> Events:
        heard, say = Heard(tracker), Say(dispatcher)
        try:
            with unit_of_work() as uow:
                return self.act(uow, heard, say) or []
        except Unavailable:
            raise  # the turn fails as a whole: one apology, nothing stored (bot/turn.py)
        except ServiceError as error:
            say(answer_to(error))
            return []

    @abstractmethod
    def act(self, uow: UnitOfWork, heard: Heard, say: Say) -> Events | None: ...

"""What was said is read back as the dialogue needs it, and holds nothing personal."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AgentUttered,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    DefinePrevUserUtteredFeaturization,
    EntitiesAdded,
    Event,
    FollowupAction,
    LegacyForm,
    LegacyFormValidation,
    LoopInterrupted,
    ReminderCancelled,
    ReminderScheduled,
    Restarted,
    SessionStarted,
    SlotSet,
    StoryExported,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from actions.case_db.engine import make_engine
from bot.agent import ProjectAgent
from bot.delivery import inbox
from bot.delivery.conversations import conversation_at
from bot.delivery.engine import upgrade
from bot.delivery.models import TrackerEvent
from bot.keys import Keys
from bot.tracker_store import CURRENT, EVENT_TYPES, Turn, TurnTrackerStore, masked
from bot.turn import Assistant, First

NATIONAL_ID = "1058529940"
SAID = UserUttered(
    "ابغى أشوف قضاياي",
    intent={"name": "check_case_status", "confidence": 0.9},
    parse_data={
        "text": "ابغى أشوف قضاياي",
        "intent": {"name": "check_case_status", "confidence": 0.9},
        "entities": [{"entity": "case", "value": "latest", "start": 0, "end": 4, "extractor": "spacy"}],
        "intent_ranking": [{"name": "check_case_status", "confidence": 0.9}],
        "band": "sure",
    },
    input_channel="web",
    message_id="m-1",
    metadata={"language": "ar", "pressed": True},
)
ANSWERED = BotUttered("أهلًا بك.", metadata={"utter_action": "utter_greet", "personal": False})
OTHERS = (
    ActionExecuted("action_listen", policy="RulePolicy", confidence=1.0, hide_rule_turn=True),
    ActionExecutionRejected("case_form", policy="RulePolicy", confidence=1.0),
    ActionReverted(),
    ActiveLoop("case_form"),
    ActiveLoop(None),
    AgentUttered("نعم"),
    AllSlotsReset(),
    ConversationPaused(),
    ConversationResumed(),
    DefinePrevUserUtteredFeaturization(True),
    EntitiesAdded([{"entity": "bank", "value": "rajhi"}]),
    FollowupAction("action_show_cases"),
    LegacyForm("case_form"),
    LegacyFormValidation(True),
    LoopInterrupted(True),
    ReminderCancelled("soon"),
    ReminderScheduled("greet", dt.datetime(2030, 1, 1, tzinfo=dt.timezone.utc), name="soon"),
    Restarted(),
    SessionStarted(),
    SlotSet("pay_invoice__bank", "rajhi"),
    SlotSet("identity__code", None),
    StoryExported(),
    UserUtteranceReverted(),
)


class Conversation:
    """One conversation in a database of its own; each `turn` is committed as `bot/turn.py` commits it."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self.keys = Keys(("a secret of the tests, long enough for one",))
        self.assistant = Assistant(None, self.engine, self.keys)
        self.id = conversation_at(self.engine, "test", "phone")
        self.store = TurnTrackerStore(self.engine, Domain.empty())

    def turn(self, *events: Event) -> None:
        asyncio.run(self._turn(events))

    async def _turn(self, events: tuple[Event, ...]) -> None:
        given = uuid.uuid4().hex
        inbox.accept(self.engine, self.keys, conversation=self.id, given_id=given, text="السلام عليكم")
        message = inbox.claim(self.engine, self.keys, "here")
        turn = Turn(self.id, "ar")
        CURRENT.set(turn)
        tracker = await self.store.retrieve(self.id) or DialogueStateTracker(self.id, [])
        for event in events:
            tracker.update(event)
        await self.store.save(tracker)
        self.assistant._commit(turn, message, [], First(False, False, None, None))

    def read(self) -> list[Event]:
        tracker = asyncio.run(self.store.retrieve(self.id))
        return list(tracker.events) if tracker else []


@pytest.fixture
def conversation(tmp_path: Path) -> Iterator[Conversation]:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    upgrade(url)
    made = Conversation(url)
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("event", OTHERS, ids=lambda event: event.type_name)
def test_an_event_comes_back_as_it_was(conversation: Conversation, event: Event) -> None:
    conversation.turn(event)
    (read,) = conversation.read()
    assert isinstance(event, type(read))  # Rasa reads events under their former names as today's
    assert read.as_dict() == event.as_dict()


def test_what_was_said_comes_back_with_all_that_the_dialogue_reads(conversation: Conversation) -> None:
    conversation.turn(SAID, ANSWERED)
    said, answered = conversation.read()
    for name in ("text", "intent", "input_channel", "message_id", "metadata", "timestamp"):
        assert getattr(said, name) == getattr(SAID, name), name
    assert said.parse_data["intent_ranking"] == SAID.parse_data["intent_ranking"]
    assert [(entity["entity"], entity["value"]) for entity in said.entities] == [("case", "latest")]
    assert (answered.text, answered.metadata) == (ANSWERED.text, ANSWERED.metadata)


def test_every_kind_of_event_is_tried_above_and_read_as_rasa_reads_it() -> None:
    abstract = "event"
    assert {event.type_name for event in (SAID, ANSWERED, *OTHERS)} == EVENT_TYPES.keys() - {abstract}
    assert all(EVENT_TYPES[name] is Event.resolve_by_type(name) for name in EVENT_TYPES.keys() - {abstract})


def test_only_what_came_since_the_last_session_began_is_read(conversation: Conversation) -> None:
    conversation.turn(SessionStarted(), UserUttered("السلام عليكم"), SlotSet("pay_invoice__bank", "rajhi"))
    conversation.turn(SessionStarted(), UserUttered("كم ياخذ رفع الإيقاف؟"))
    conversation.turn(UserUttered("شكرا"))
    assert [event.text for event in conversation.read() if isinstance(event, UserUttered)] == [
        "كم ياخذ رفع الإيقاف؟",
        "شكرا",
    ]
    with Session(conversation.engine, future=True) as session:
        assert session.scalar(select(func.count()).select_from(TrackerEvent)) == 6, "each is kept, and kept once"


def test_another_s_events_are_not_read(conversation: Conversation) -> None:
    conversation.turn(SessionStarted(), UserUttered("السلام عليكم"))
    conversation.id = conversation_at(conversation.engine, "test", "another phone")
    assert conversation.read() == []


def test_the_second_question_of_a_message_goes_on_with_what_the_first_left(conversation: Conversation) -> None:
    async def two_questions() -> tuple[DialogueStateTracker, DialogueStateTracker | None]:
        CURRENT.set(Turn(conversation.id, "ar"))
        first = DialogueStateTracker(conversation.id, [])
        await conversation.store.save(first)
        return first, await conversation.store.retrieve(conversation.id)

    first, second = asyncio.run(two_questions())
    assert second is first
    assert conversation.read() == [], "what Rasa saves is stored by the turn alone"


def test_a_failed_read_is_never_an_empty_conversation(conversation: Conversation, tmp_path: Path) -> None:
    conversation.store.engine = make_engine(f"sqlite:///{tmp_path / 'away' / 'bot.db'}")
    store = ProjectAgent._create_tracker_store(conversation.store, Domain.empty())
    with pytest.raises(SQLAlchemyError):
        asyncio.run(store.retrieve(conversation.id))


PERSONAL = {
    "an ID": (f"هويتي {NATIONAL_ID}", NATIONAL_ID),
    "an ID in Arabic digits": ("هويتي ١٠٥٨٥٢٩٩٤٠", "١٠٥٨٥٢٩٩٤٠"),
    "a code": ("الرمز 482913", "482913"),
    "a mobile": ("جوالي 0500001234", "0500001234"),
    "an invoice": ("الفاتورة 700123456789", "700123456789"),
}


@pytest.mark.parametrize(("typed", "secret"), PERSONAL.values(), ids=PERSONAL)
def test_of_what_was_typed_nothing_personal_is_stored(typed: str, secret: str) -> None:
    entity = {"entity": "national_id", "value": secret, "start": 6, "end": 16, "text": secret, "additional": [secret]}
    said = UserUttered(
        typed,
        intent={"name": "inform", "confidence": 1.0},
        entities=[entity],
        parse_data={"text": typed, "entities": [entity], "text_tokens": [typed], "lemma": typed},
        metadata={"language": "ar", "typed": typed},
    )
    for event in (said, SlotSet("identity__national_id", secret), SlotSet("any", {"value": [secret]})):
        stored = json.dumps(masked(event), ensure_ascii=False)
        assert secret not in stored
        assert "⟨" in stored, "what stood there keeps its name"


def test_a_personal_answer_is_stored_by_its_name_only() -> None:
    answer = BotUttered(
        "سلطان الزهراني: عليك 23400.00 ريال لصالح بنك",
        data={"buttons": [{"title": "سداد 23400", "payload": "x"}], "custom": {"card": {"amount": "23400.00"}}},
        metadata={"utter_action": "utter_case_court", "personal": True, "amount": "23400.00", "creditor": "بنك"},
    )
    stored = masked(answer)
    assert stored["text"] == "[utter_case_court]"
    text = json.dumps(stored, ensure_ascii=False)
    for personal in ("سلطان", "23400", "بنك"):
        assert personal not in text


def test_an_answer_for_everybody_is_stored_in_its_words() -> None:
    stored = masked(ANSWERED)
    assert (stored["text"], stored["metadata"]["utter_action"]) == ("أهلًا بك.", "utter_greet")

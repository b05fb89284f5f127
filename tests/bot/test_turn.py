"""One message in, its answers out: buttons, typing, turns one after the other, turns that fail, language."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from rasa.core.channels.channel import UserMessage
from sqlalchemy import func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.delivery import offers
from bot.delivery.conversations import conversation_at
from bot.delivery.models import Base, Conversation, Inbox, Offer, TrackerEvent
from bot.text.mask import mask
from tests.scenarios import runner

if TYPE_CHECKING:
    from tests.scenarios.runner import Stage

SORRY = ["utter_error_unavailable"]
DURATION = "كم ياخذ رفع الإيقاف؟"


class Phone(runner.Phone):
    def __init__(self, stage: Stage, number: str) -> None:
        super().__init__(stage, number)
        self.assistant = stage.assistant
        self.id = self.conversation
        self.last: list[dict[str, Any]] = []

    def say(self, text: str | None = None, button: str | None = None) -> list[str]:
        self.last = asyncio.run(self.send(**({"text": text} if button is None else {"button": button})))
        return [answer["name"] for answer in self.last]

    def is_offered(self, button: str) -> bool:
        with Session(self.stage.bot, future=True) as session:
            return offers.find(session, self.id, button) is not None

    def buttons(self) -> dict[str, str]:
        return {button["title"]: button["payload"] for answer in self.last for button in answer["buttons"]}

    def text(self) -> str:
        return "\n".join(answer["text"] for answer in self.last)

    def events(self, kind: str) -> list[dict[str, Any]]:
        with Session(self.stage.bot, future=True) as session:
            stored = select(TrackerEvent.data).where(TrackerEvent.conversation == self.id, TrackerEvent.type == kind)
            return list(session.scalars(stored.order_by(TrackerEvent.id)))

    def heard(self) -> list[str]:
        """The intents of what was said here so far."""
        return [event["parse_data"]["intent"]["name"] for event in self.events("user")]

    def row(self) -> Conversation:
        with Session(self.stage.bot, future=True) as session:
            return session.get(Conversation, self.id)


@pytest.fixture
def phone(stage: Stage) -> Phone:
    stage.reset()
    return Phone(stage, "phone")


@pytest.fixture
def other_phone(phone: Phone) -> Phone:
    return Phone(phone.stage, "other phone")


def rows(stage: Stage) -> dict[str, int]:
    with Session(stage.bot, future=True) as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        }


# buttons


def test_what_leaves_is_an_opaque_id_and_what_it_stands_for_stays(phone: Phone) -> None:
    phone.say("السلام عليكم")
    payloads = phone.buttons()
    assert len(set(payloads.values())) == len(payloads) == 3
    with Session(phone.stage.bot, future=True) as session:
        for payload in payloads.values():
            assert re.fullmatch(r"[\w-]{16}", payload)
            assert session.get(Offer, payload).payload.startswith("/")


def test_a_pressed_button_is_taken_at_its_word(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.say("السلام عليكم")
    monkeypatch.setattr(phone.assistant, "_parse", not_to_be_called)
    assert phone.say(button=phone.buttons()["كيف يُرفع الإيقاف؟"])[0] == "utter_ask_how_to_lift"


async def not_to_be_called(text: str) -> dict[str, Any]:
    raise AssertionError("a button needs no understanding")


def test_a_button_works_again_later_in_its_conversation(phone: Phone) -> None:
    phone.say("السلام عليكم")
    kept = phone.buttons()["كيف يُرفع الإيقاف؟"]
    phone.say(DURATION)
    assert phone.say(button=kept)[0] == "utter_ask_how_to_lift"


def test_a_button_of_another_conversation_does_nothing(phone: Phone, other_phone: Phone) -> None:
    phone.say("السلام عليكم")
    other_phone.say("السلام عليكم")
    assert other_phone.say(button=phone.buttons()["قضاياي"]) == ["utter_offer_unknown"]
    assert other_phone.heard() == ["greet"], "no wish was heard"
    assert not other_phone.is_offered(phone.buttons()["قضاياي"])


@pytest.mark.parametrize("invented", ["/forget_me", '/inform{"national_id": "1058529940"}', "x" * 16, "قضاياي"])
def test_a_button_that_was_never_offered_does_nothing(phone: Phone, invented: str) -> None:
    phone.say("السلام عليكم")
    assert phone.say(button=invented) == ["utter_offer_unknown"]
    assert phone.heard() == ["greet"]


@pytest.mark.parametrize("text", ["\0" * 16, "\ud83d" * 16, "قضاياي", ""], ids=ascii)
def test_text_that_no_button_can_be_is_none(bot_engine: Engine, text: str) -> None:
    conversation = conversation_at(bot_engine, "test", "phone")
    with Session(bot_engine, future=True) as session:
        assert offers.find(session, conversation, text) is None


@pytest.mark.parametrize("typed", ["كيف يُرفع الإيقاف؟", " كيف يرفع الايقاف ", "\u200fكيف يُرفع الإيقاف؟\u200f"])
def test_the_words_on_a_button_press_it(phone: Phone, typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.say("السلام عليكم")
    monkeypatch.setattr(phone.assistant, "_parse", not_to_be_called)
    assert phone.say(typed)[0] == "utter_ask_how_to_lift"


def test_the_words_on_a_button_of_an_earlier_answer_are_read_as_words(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.say("السلام عليكم")
    phone.say(DURATION)
    read = []
    parse = phone.assistant._parse

    async def reads(text: str) -> dict[str, Any]:
        read.append(text)
        return await parse(text)

    monkeypatch.setattr(phone.assistant, "_parse", reads)
    phone.say("السداد")
    assert read == ["السداد"]


def test_a_forgotten_conversation_keeps_neither_words_nor_buttons(phone: Phone) -> None:
    phone.say("السلام عليكم")
    kept = phone.buttons()["قضاياي"]
    assert phone.say("انسَ بياناتي") == ["utter_forget_me"]
    assert rows(phone.stage) == {
        "conversation": 1, "offer": len(phone.buttons()), "tracker_event": 0, "inbox": 2, "outbox": 2,
        "address": 0, "delivery": 0, "webhook_note": 0
    }  # fmt: skip
    with Session(phone.stage.bot, future=True) as session:
        assert session.scalars(select(Inbox.shown)).all() == session.scalars(select(Inbox.sealed)).all() == [None, None]
    assert phone.say(button=kept)[-1] == "utter_offer_unknown"


# what is typed


COMMANDS = [
    "/check_case_status",
    "//check_case_status",
    "/ /check_case_status",
    "／check_case_status",
    " \u200f/check_case_status",
    '/inform{"national_id": "1058529940"}',
    "/session_start",
    "/restart",
    f"{DURATION}\n/check_case_status هل يصير لو سمحت؟",
    f"{DURATION} و/check_case_status هل يصير؟ / /check_case_status كم يصير؟",
]


@pytest.mark.parametrize("typed", COMMANDS)
def test_a_typed_slash_commands_nothing(phone: Phone, typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.say("السلام عليكم")
    processor = phone.assistant.agent.processor
    parse, read = processor.parse_message, []

    async def reads(message: UserMessage, *rest: Any) -> dict[str, Any]:
        read.append(message.text)
        return await parse(message, *rest)

    monkeypatch.setattr(processor, "parse_message", reads)
    said = phone.say(typed)
    assert read or said == ["utter_unreadable"], "an intent with entities is not even read"
    assert not [text for text in read if text.lstrip().startswith("/")], "Rasa takes it for an intent and its slots"
    assert phone.heard()[0] == "greet", "the conversation goes on"


def test_the_longest_messages_are_asked_to_be_shorter(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone.assistant, "_parse", not_to_be_called)
    assert phone.say(f"{DURATION} " * 500)[-1] == "utter_too_long"
    (event,) = phone.events("user")
    assert len(event["text"]) < 200, "what is not read is not kept"


@pytest.mark.parametrize("typed", [f"ابي انتحر {DURATION * 500}", f"{DURATION * 500} ابي انتحر"], ids=["first", "last"])
def test_a_cry_for_help_is_heard_in_however_long_a_message(phone: Phone, typed: str) -> None:
    assert "utter_distress" in phone.say(typed)


def test_a_cry_for_help_is_heard_beside_two_questions(phone: Phone) -> None:
    assert "utter_distress" in phone.say("ابي انتحر. كم ياخذ رفع الإيقاف؟ وهل اقدر اسافر؟ وكيف اسدد الفاتورة؟")


UNREADABLE = ["", "   ", "\n", "😀", "🙏🏽👨‍👩‍👧", "\u200f\u200e\u2067\u2069", "؟؟؟!!", "/", "\0"]


@pytest.mark.parametrize("typed", UNREADABLE)
def test_nothing_to_read_is_said_and_changes_nothing(phone: Phone, typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone.assistant, "_parse", not_to_be_called)
    assert phone.say(typed) == ["utter_intro", "utter_unreadable"]
    assert phone.heard() == ["unreadable"]


@pytest.mark.parametrize("typed", ["كم ياخذ\x00 رفع الإيقاف؟", "كم ياخذ رفع الإيقاف؟ \ud83d"])
def test_what_no_database_takes_is_left_out(phone: Phone, typed: str) -> None:
    assert phone.say(typed)[-1] == "utter_ask_lift_duration"


# a turn that fails


@pytest.fixture
def actions_away(stage: Stage, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.assistant.agent.processor.action_endpoint, "url", "http://127.0.0.1:1/webhook")


@pytest.mark.usefixtures("actions_away")
def test_nothing_is_stored_of_a_failed_turn(phone: Phone) -> None:
    phone.say("السلام عليكم")
    before, row = rows(phone.stage), phone.row()
    assert phone.say("I want to see my cases please") == SORRY
    new = {"offer": len(phone.buttons()), "inbox": 1, "outbox": 1}
    after = {table: count + new.get(table, 0) for table, count in before.items()}
    assert rows(phone.stage) == after, "what came in, the apology and the way on; nothing of the dialogue"
    assert (phone.row().language, phone.row().last_seen) == (row.language, row.last_seen)


@pytest.mark.usefixtures("actions_away")
def test_the_apology_is_in_her_language_and_its_button_works(phone: Phone) -> None:
    assert phone.say("I want to see my cases please") == SORRY
    assert "My cases" in phone.buttons()
    assert phone.is_offered(phone.buttons()["My cases"])


@pytest.mark.usefixtures("actions_away")
def test_a_failed_first_turn_leaves_the_introduction_for_the_next(phone: Phone) -> None:
    assert phone.say("ابغى أشوف قضاياي") == SORRY
    assert phone.say(DURATION)[0] == "utter_intro"


@pytest.mark.usefixtures("actions_away")
def test_of_two_questions_neither_is_stored_when_one_fails(phone: Phone) -> None:
    assert phone.say(f"{DURATION} وكيف أشوف قضاياي؟") in (SORRY, ["utter_intro", "utter_ask_lift_duration"])
    assert phone.say(f"{DURATION} وكم يخصمون من راتبي؟") == SORRY
    assert "ask_salary_garnishment" not in phone.heard()


# language


def test_the_answer_is_in_the_language_of_the_last_sentence(phone: Phone) -> None:
    phone.say("How long does it take to lift the suspension?")
    assert is_english(phone.text())
    phone.say("9000")
    assert is_english(phone.text()), "a number changes no language"
    phone.say(DURATION)
    assert not is_english(phone.text())
    assert phone.row().language == "ar"


def test_a_language_that_was_asked_for_stays(phone: Phone) -> None:
    phone.say("تكلم معي بالإنجليزي")
    assert phone.last[-1]["name"] == "utter_switch_language"
    assert is_english(phone.last[-1]["text"])
    assert phone.row().language_fixed
    phone.say(DURATION)
    assert is_english(phone.text())
    phone.say("Please speak Arabic with me")
    phone.say("How long does it take to lift the suspension?")
    assert not is_english(phone.text())


OTHER_LANGUAGES = {
    "ur": "میری سروسز کیوں بند ہیں، میں کیا کروں؟",
    "hi": "मेरी सेवाएं क्यों बंद हैं, मुझे क्या करना चाहिए?",
}


@pytest.mark.parametrize(("code", "typed"), OTHER_LANGUAGES.items(), ids=OTHER_LANGUAGES)
def test_another_language_gets_its_line_and_english(phone: Phone, code: str, typed: str) -> None:
    phone.say("السلام عليكم")
    names = phone.say(typed)
    assert names[0] == f"utter_other_language_{code}"
    assert len(names) > 1
    line, *rest = phone.last
    assert "\n" not in line["text"].strip()
    assert all(is_english(answer["text"]) for answer in rest)


def is_english(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return sum(character.isascii() for character in letters) > len(letters) * 0.8


# what is kept


def test_what_is_kept_of_a_turn_is_masked(phone: Phone) -> None:
    phone.say("ابغى أشوف قضاياي")
    phone.say("1900100049")
    said = phone.events("user")[-1]
    assert said["text"] == mask("1900100049") != "1900100049"
    assert "1900100049" not in str([event for kind in ("user", "slot", "bot") for event in phone.events(kind)])


def test_a_document_whose_file_is_gone_is_not_taken_for_received(phone: Phone) -> None:
    gone = {"id": "0" * 32, "kind": "application/pdf", "size": 5}
    assert [answer["name"] for answer in asyncio.run(phone.send(document=gone))][-1] == "utter_document_lapsed"


def test_an_id_means_another_message_in_another_conversation(stage: Stage) -> None:
    stage.reset()
    hers, his = Phone(stage, "hers"), Phone(stage, "his")
    first = asyncio.run(hers.answered(hers.deliver("the same id", {"text": "هل أقدر أسافر وأنا موقوف؟"})))
    again = hers.deliver("the same id", {"text": "كم يخصمون من الراتب؟"})
    assert not again.new
    assert asyncio.run(hers.answered(again)) == first
    assert len(hers.events("user")) == 1, "nothing happened twice"
    assert asyncio.run(his.answered(his.deliver("the same id", {"text": "كم يخصمون من الراتب؟"}))) != first
    assert his.heard() == ["ask_salary_garnishment"]

"""The one entry into the dialogue: (conversation, message id, typed text or button id) → a list of answers.

Terminal, REST and later the worker use it; nothing else calls the agent. A turn ends with one transaction of the
bot's database: tracker events (masked), offered buttons, when the conversation was last seen. A turn that fails
writes nothing of the dialogue, so the conversation goes on where it was.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from sqlalchemy import delete, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from actions.case_db.unit_of_work import unit_of_work
from actions.services import notices
from bot.answers import Answers
from bot.catalogue import intents
from bot.delivery import offers
from bot.delivery.models import Conversation, Offer, TrackerEvent
from bot.nlg import FileResponses, look_up
from bot.text.clean import clean
from bot.text.language import detect, first_language, other_language
from bot.text.mask import mask
from bot.text.questions import pieces
from bot.text.secrets import secret_in
from bot.tracker_store import CURRENT, Turn, masked

log = logging.getLogger(__name__)

REMEMBERED = 1000
"""Answered messages kept in memory: a client that hears nothing sends again within seconds."""
LONGEST = 2000
"""Characters of one message that are read; a longer one is asked to be made shorter."""

QUESTIONS = frozenset(intents("faq"))
WISHES = frozenset([*intents("transaction"), "human_handoff"])


@dataclass
class Understood:
    """One message for the agent: what was typed and what it was taken for."""

    text: str
    parse: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)


class Collect(CollectingOutputChannel):
    """Keeps each answer whole: text, buttons, custom, and the name it has in `data/responses`."""

    def __init__(self, channel: str) -> None:
        super().__init__()
        self._channel = channel

    def name(self) -> str:  # type: ignore[override]  # Rasa asks the instance, its base class the class
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        keep = {key: message[key] for key in ("text", "buttons", "custom") if message.get(key)}
        self.messages.append(
            {"buttons": [], **keep, "name": message.get("utter_action"), "personal": bool(message.get("personal"))}
        )


class Assistant:
    """The agent, the answers and the bot's database, for any number of conversations."""

    def __init__(self, agent: Agent, engine: Engine) -> None:
        self.agent = agent
        self.engine = engine
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # gone when nobody holds or waits
        self._answered: OrderedDict[tuple[str, str], list[dict]] = OrderedDict()  # the newest REMEMBERED
        self._telling = threading.Lock()  # two looks for notices at once would both find the same

    @property
    def answers(self) -> Answers:
        nlg = self.agent.nlg
        assert isinstance(nlg, FileResponses)
        return nlg.answers

    def conversation(self, channel: str, address: str) -> str:
        """The id of who writes from this address, made at her first message."""
        known = select(Conversation.id).filter_by(channel=channel, address=address)
        with Session(self.engine, future=True) as session:
            found = session.scalar(known)
            if found is None:
                found = secrets.token_hex(16)
                session.add(Conversation(id=found, channel=channel, address=address, last_seen=_now()))
                try:
                    session.commit()
                except IntegrityError:  # her second message made it at the same moment
                    session.rollback()
                    found = session.scalar(known)
            return found

    async def check(self) -> None:
        """Raises unless a sentence can be understood and both databases answer."""
        await self._parse("السلام عليكم")
        await asyncio.to_thread(self._check_databases)

    def _check_databases(self) -> None:
        with Session(self.engine, future=True) as session, unit_of_work() as uow:
            session.scalar(select(Conversation.id).limit(1))
            uow.session.execute(select(1))

    def is_offer(self, conversation: str, text: str) -> bool:
        """Whether this text is the id of a button offered in this conversation."""
        with Session(self.engine, future=True) as session:
            return offers.find(session, conversation, text) is not None

    def notices(self, conversation: str) -> list[dict[str, Any]]:
        """What whoever is verified here is to be told now, as answers; each is handed over once."""
        with self._telling, unit_of_work() as uow:
            due = notices.waiting(uow, conversation=conversation)
            if not due:
                return []
            with Session(self.engine, future=True) as session:
                language = session.get(Conversation, conversation).language
                told = [self._notice(notice, language) for notice in due]
                offers.offer(session, conversation, told)
                session.commit()
            notices.handed_over(uow, notice_ids=[notice.id for notice in due])
        return told

    def _notice(self, notice: notices.NoticeView, language: str) -> dict[str, Any]:
        name = f"utter_notice_{notice.kind}"
        values = {**notice.values, "case_number": notice.case_number}
        return {**self.answers.render(name, language, values=values), "name": name, "personal": True}

    def sorry(self) -> dict[str, Any]:
        """When not even the bot's own database answers: words without buttons."""
        return {**self.answers.render("utter_error_unavailable"), "buttons": [], "name": "utter_error_unavailable"}

    async def turn(
        self, conversation: str, message_id: str, text: str | None = None, button: str | None = None
    ) -> list[dict[str, Any]]:
        """Answer one message. Each answer: {"text", "buttons": [{"title", "payload": offer id}], "custom"?,
        "name", "personal"}. One message of a conversation at a time; raises nothing but cancellation."""
        lock = self._locks.setdefault(conversation, asyncio.Lock())
        async with lock:
            if (conversation, message_id) in self._answered:  # delivered again: nothing is done twice
                return self._answered[conversation, message_id]
            return await self._turn(conversation, message_id, text, button)

    async def _turn(self, conversation: str, message_id: str, text: str | None, button: str | None) -> list[dict]:
        language, text = "ar", text and text[: LONGEST + 1]
        try:
            row, pressed, first = await asyncio.to_thread(self._open, conversation, text, button)
            language = row.language
            typed = clean(text or "")
            if pressed is None and not button and not row.language_fixed:
                language = _language(typed, first) or language
            turn = Turn(conversation, language)
            CURRENT.set(turn)
            if button and pressed is None:
                answers = [await self._say("utter_offer_unknown", turn)]
            elif pressed and pressed.question and pressed.question != row.question:
                answers = [await self._say("utter_offer_over", turn)]
            else:
                heard = [_pressed(pressed)] if pressed else await self._understand(typed)
                answers = await self._answer(turn, row.channel, message_id, heard)
                if turn.failures:
                    raise TurnFailed(", ".join(turn.failures))
            answers = [*await self._before(turn, typed, first, answers), *answers]
            await asyncio.to_thread(self._commit, turn, answers)
            self._answered[conversation, message_id] = answers
            if len(self._answered) > REMEMBERED:
                self._answered.popitem(last=False)
            return answers
        except Exception as error:
            log.error(
                "turn failed: conversation=%s cause=%s",
                conversation,
                error if isinstance(error, TurnFailed) else type(error).__name__,
                exc_info=None if isinstance(error, (TurnFailed, SQLAlchemyError)) else _where(error),
            )
            return [await self._apology(conversation, language)]
        finally:
            CURRENT.set(None)

    def _open(self, conversation: str, text: str | None, button: str | None) -> tuple[Conversation, Offer | None, bool]:
        with Session(self.engine, future=True, expire_on_commit=False) as session:
            row = session.get(Conversation, conversation)
            if row is None:
                raise TurnFailed("unknown conversation")
            idle = (_now() - row.last_seen).total_seconds() / 60
            if idle > self.agent.domain.session_config.session_expiration_time:
                row.question = None  # Rasa's session ends, and the open form with it
            pressed = (
                offers.find(session, conversation, button)
                if button
                else offers.by_title(session, conversation, clean(text or ""))
            )
            first = not session.scalar(
                select(func.count()).select_from(TrackerEvent).where(TrackerEvent.conversation == conversation)
            )
            return row, pressed, first

    async def _understand(self, typed: str) -> list[Understood]:
        """Typed text → one or two messages for the agent. A leading slash is never a command."""
        if COMMAND.match(typed):
            return [_internal("unreadable", "")]
        typed = _no_command(typed)
        if len(typed) > LONGEST:
            return [_internal("too_long", typed[:80])]
        secret = secret_in(typed)
        if secret:
            return [_internal("secret_shared", mask(typed), kind=secret)]
        if not any(letter.isalnum() for letter in typed):
            return [_internal("unreadable", typed)]
        whole = await self._parse(typed)
        parts = [part for piece in pieces(typed) if (part := _no_command(piece))]
        if len(parts) > 1:
            parsed = [Understood(part, await self._parse(part)) for part in parts]
            asked = [part for part in parsed if _intent(part.parse) in QUESTIONS | WISHES]
            if len({_intent(part.parse) for part in asked}) > 1:
                # questions first: an answer to them must not stand after the form that a wish opens
                return sorted(asked, key=lambda part: _intent(part.parse) in WISHES)[:2]
        return [Understood(typed, whole)]

    async def _parse(self, text: str) -> dict[str, Any]:
        return await self.agent.processor.parse_message(UserMessage(text))

    async def _answer(self, turn: Turn, channel: str, message_id: str, heard: list[Understood]) -> list[dict]:
        answers: list[dict[str, Any]] = []
        for number, part in enumerate(heard):
            output = Collect(channel)
            await self.agent.handle_message(
                UserMessage(
                    part.text,
                    output,
                    turn.conversation,
                    parse_data=part.parse,
                    input_channel=channel,
                    message_id=message_id if number == 0 else f"{message_id}#{number + 1}",
                    metadata={**part.metadata, "language": turn.language},
                )
            )
            if turn.failures:
                return []
            answers += output.messages
        return self._once(answers) or [await self._say("utter_lost", turn)]

    def _once(self, answers: list[dict]) -> list[dict]:
        """No question twice: two FAQs in a form would make it ask twice, and some answers ask by themselves."""
        kept: dict[tuple, dict] = {}
        asked = False
        for answer in answers:
            if asked and answer["name"].startswith(FORM_QUESTIONS):
                continue
            known = self.answers.answers.get(answer["name"])
            asked = asked or bool(known and known.asks_again)
            kept.pop((answer["name"], answer["text"]), None)
            kept[(answer["name"], answer["text"])] = answer
        said = list(kept.values())
        for answer in said[:-1]:
            if said[-1]["name"].startswith(GOES_ON) and answer["name"] in FAQ_ANSWERS:
                # what is open comes again below: other ways on would only lead away from it
                answer["buttons"] = [b for b in answer["buttons"] if b["payload"].startswith("/show_more")]
        return said

    async def _before(self, turn: Turn, typed: str, first: bool, answers: list[dict]) -> list[dict]:
        """What comes before the answers: who runs this, to somebody new; one line in a language that is not ours."""
        lines = []
        if first and not any(answer["name"] in INTRODUCES for answer in answers):
            lines.append(await self._say("utter_intro", turn))
        other = f"utter_other_language_{other_language(typed)}"
        if other in self.answers.answers:
            lines.append(await self._say(other, turn))
        return lines

    async def _say(self, name: str, turn: Turn) -> dict[str, Any]:
        rendered = await asyncio.to_thread(
            self.answers.render, name, turn.language, person=lambda: look_up(turn.conversation)
        )
        return {"personal": False, **rendered, "name": name}

    def _commit(self, turn: Turn, answers: list[dict[str, Any]]) -> None:
        """The one transaction that ends a turn."""
        with Session(self.engine, future=True) as session:
            row = session.get(Conversation, turn.conversation)
            row.last_seen = _now()
            row.language = turn.language
            events = turn.new_events()
            names = [getattr(event, "action_name", None) for event in events]
            if "action_forget_me" in names and any(event.type_name == "reset_slots" for event in events):
                session.execute(delete(TrackerEvent).where(TrackerEvent.conversation == turn.conversation))
                offers.forget(session, turn.conversation)
                row.language_fixed = False
            elif turn.tracker is not None:
                if "action_switch_language" in names:
                    row.language_fixed = True
                    row.language = turn.tracker.get_slot("language_wanted") or turn.language
                session.add_all(
                    TrackerEvent(
                        conversation=turn.conversation,
                        type=event.type_name,
                        timestamp=event.timestamp,
                        data=masked(event),
                    )
                    for event in events
                )
            if turn.tracker is not None:
                row.question = turn.tracker.get_slot("requested_slot") if turn.tracker.active_loop else None
            offers.offer(session, turn.conversation, answers, row.question)
            session.commit()

    async def _apology(self, conversation: str, language: str) -> dict[str, Any]:
        """A clear sentence and a next step, with nothing of the dialogue changed."""
        answer = {"personal": False, **self.answers.render("utter_error_unavailable", language)}
        answer["name"] = "utter_error_unavailable"
        try:
            await asyncio.to_thread(self._offer_only, conversation, answer)
        except SQLAlchemyError:
            answer["buttons"] = []  # the bot's database is away: words still reach her, buttons would be dead
        return answer

    def _offer_only(self, conversation: str, answer: dict[str, Any]) -> None:
        with Session(self.engine, future=True) as session:
            offers.offer(session, conversation, [answer])
            session.commit()


COMMAND = re.compile(r"[/\s]*/\s*\w+\s*[{@]")
"""What Rasa would take for an intent with entities; nobody types that by chance."""
FAQ_ANSWERS = frozenset(f"utter_{name}" for name in QUESTIONS)
FORM_QUESTIONS = ("utter_ask_pay_", "utter_ask_identity__", "utter_ask_request_", "utter_ask_salary__")
GOES_ON = (*FORM_QUESTIONS, "utter_guide_", "utter_confirm_", "utter_case_line_")
INTRODUCES = ("utter_greet", "utter_greet_salam", "utter_bot_challenge", "utter_intro", "utter_distress")


def _language(typed: str, first: bool) -> str | None:
    """The language that a typed message sets, if any. Whoever writes in neither of ours is answered in English."""
    if typed.startswith("/"):
        return None
    found = detect(typed) or (first_language(typed) if first else None)
    return "en" if found == "other" else found


class TurnFailed(Exception):
    """Something that the turn needed was away; the text names it and holds nothing that was typed."""


def _no_command(text: str) -> str:
    """Rasa takes `/intent{…}` for an intent with its entities; whatever was typed is words."""
    return text.lstrip("/ \n")


def _internal(intent: str, text: str, **entities: str) -> Understood:
    found = [{"entity": name, "value": value, "start": 0, "end": 0} for name, value in entities.items()]
    return Understood(text, _parse_data(text, intent, found))


def _pressed(offer: Offer) -> Understood:
    intent, entities = offers.parse(offer.payload)
    return Understood(offer.title, _parse_data(offer.title, intent, entities), {"pressed": True})


def _parse_data(text: str, intent: str, entities: list[dict[str, Any]]) -> dict[str, Any]:
    sure = {"name": intent, "confidence": 1.0}
    return {"text": text, "intent": sure, "entities": entities, "intent_ranking": [sure], "band": "sure"}


def _intent(parse: dict[str, Any]) -> str | None:
    return parse["intent"].get("name")


def _where(error: BaseException) -> tuple:
    """The place of an error without its words, which may hold what was typed."""
    return (type(error), type(error)(), error.__traceback__) if type(error) in (KeyError, ValueError, TypeError) else (
        RuntimeError, RuntimeError(type(error).__name__), error.__traceback__)  # fmt: skip


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)

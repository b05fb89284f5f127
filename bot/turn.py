"""The one entry into the dialogue: a message (typed text, button id, document or other media) → a list of answers.

The worker uses it; nothing else calls the agent. A turn ends with one transaction of the bot's database: tracker events
(masked), answers (outbox), offered buttons, when the conversation was last seen, and the end of the inbox row. A turn
that fails raises and writes nothing, so the conversation goes on where it was.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.events import Event
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.catalogue import intents
from bot.channels.base import Channel, Media, MediaGone, NotSent
from bot.channels.door import verified, verified_if_known
from bot.delivery import documents, inbox, offers, outbox
from bot.delivery.engine import reading
from bot.delivery.inbox import Message
from bot.delivery.models import Conversation, Offer, Outbox, TrackerEvent
from bot.delivery.worker import TurnFailed
from bot.keys import Keys
from bot.nlg import render
from bot.nlu.words import LONGEST
from bot.settings import settings
from bot.text.clean import clean
from bot.text.distress import in_distress
from bot.text.language import detect, first_language, other_language
from bot.text.mask import mask
from bot.text.questions import pieces
from bot.text.secrets import secret_in
from bot.tracker_store import CURRENT, Turn, masked, stored_events

if TYPE_CHECKING:  # it brings TensorFlow along
    from rasa.core.agent import Agent

QUESTIONS = frozenset(intents("faq"))
WISHES = frozenset([*intents("transaction"), "human_handoff"])


@dataclass
class Understood:
    """One message for the agent: what was typed and what it was taken for."""

    text: str
    parse: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class First:
    """What is known when a message comes."""

    writes: bool
    """Nothing is known of what she wrote here before."""
    needs_intro: bool
    """Nor was she just told who runs this."""
    citizen: int | None
    """Who was verified here when it came."""
    question: str | None
    """What a form waits for, as stored."""


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

    def __init__(self, agent: Agent, engine: Engine, keys: Keys, channels: Mapping[str, Channel] | None = None) -> None:
        """`channels`: the messengers, by name, from which files are fetched."""
        self.agent = agent
        self.engine = engine
        self.keys = keys
        self.channels = channels or {}

    @property
    def answers(self) -> Answers:
        return self.agent.nlg.answers  # bot.nlg.FileResponses

    async def parse(self) -> None:
        """Raises unless a sentence can be understood."""
        await self._parse("السلام عليكم")

    def apology(self, message: Message, row: Conversation) -> dict[str, Any]:
        """A clear sentence and a next step, for a message that cannot be answered."""
        told = None if row.language_fixed else _language(clean(message.text or ""), first=False)
        language = told or row.language
        sorry = self.answers.render("utter_error_unavailable", language, row.channel)
        return {**sorry, "name": "utter_error_unavailable"}

    async def turn(self, message: Message) -> list[dict[str, Any]]:
        """Answer one message and settle it. Each answer: {"text", "buttons": [{"title", "payload": offer id}],
        "custom"?, "name", "personal"}. Raises TurnFailed, LeaseLost, or what went wrong; nothing is written then."""
        text = message.text and _as_far_as_read(message.text)
        if text is None and message.button is None and message.document is None and message.media is None:
            raise TurnFailed("sealed with a secret that BOT_SECRETS no longer holds")
        try:
            row, pressed, first, events = await asyncio.to_thread(
                self._open, message.conversation, text, message.button
            )
            typed = clean(text or "")
            language = row.language
            if text is not None and pressed is None and not row.language_fixed:
                language = _language(typed, first.writes) or language
            turn = Turn(message.conversation, language, events, channel=row.channel)
            CURRENT.set(turn)
            answers = await self._answers(turn, message, row, pressed, typed)
            answers = [*await self._before(turn, typed, first.needs_intro, answers), *answers]
            await asyncio.to_thread(self._commit, turn, message, answers, first)
            return answers
        finally:
            CURRENT.set(None)

    async def _answers(
        self, turn: Turn, message: Message, row: Conversation, pressed: Offer | None, typed: str
    ) -> list[dict[str, Any]]:
        late = message.sent_at and _now() - message.sent_at > TOO_LATE
        if late and not in_distress(typed):  # what she meant then may be wrong by now
            return [await self._say("utter_late_message", turn, sent_at=message.sent_at.isoformat())]
        if message.button and pressed is None:
            return [await self._say("utter_offer_unknown", turn)]
        if pressed and pressed.question and pressed.question != row.question:
            return [await self._say("utter_offer_over", turn)]
        document, said = message.document, []
        if message.media and not in_distress(typed):
            document, name = await self._media(message, row)
            said = [await self._say(name, turn)] if name else []
            if said and not typed and row.question is None:
                return said
        if document and not (settings().documents_dir / document["id"]).exists():
            return [await self._say("utter_document_lapsed", turn)]  # a dead letter replayed after days
        if document:
            heard = [_internal("document_sent", "", **_document(document))]
            if typed:
                heard += [part for part in await self._understand(typed) if _intent(part.parse) in WITH_A_FILE]
        elif said and not typed:
            heard = [_internal("repeat", "")]  # what is open is asked again
        else:
            heard = [_pressed(pressed)] if pressed else await self._understand(typed)
        answers = await self._answer(turn, message.message_id, heard)
        if turn.failures:
            raise TurnFailed(", ".join(turn.failures))
        if any(answer["name"] in ALONE for answer in answers):
            return answers
        # the picture first, whose own ways on would only lead away from what was written with it
        return [*({**answer, "buttons": []} for answer in said), *answers]

    async def _media(self, message: Message, row: Conversation) -> tuple[dict[str, Any] | None, str | None]:
        """A file that is waited for, stored; or the name of the answer to what it is instead."""
        media = Media(**message.media)
        if media.kind not in FILES:
            return None, OTHER_MEDIA.get(media.kind, "utter_media_other")
        if row.question not in documents.QUESTIONS or row.channel not in self.channels:
            return None, "utter_media_picture" if media.kind == "image" else "utter_document_not_asked_for"
        folder, chunks = settings().documents_dir, self.channels[row.channel].fetch(media)
        try:
            stored = await documents.store(folder, chunks, media.mime, media.name)
        except documents.TooLarge:
            return None, "utter_document_too_large"
        except documents.WrongKind:
            return None, "utter_document_wrong_kind"
        except MediaGone:
            return None, "utter_document_gone"
        except NotSent as error:
            raise TurnFailed(f"a file could not be fetched: {error.code}") from error
        return {"id": stored.id, "kind": stored.kind, "size": stored.size}, None

    def _open(
        self, conversation: str, text: str | None, button: str | None
    ) -> tuple[Conversation, Offer | None, First, list[Event]]:
        with Session(reading(self.engine), future=True, expire_on_commit=False) as session:
            row = session.get(Conversation, conversation)
            if row is None:
                raise TurnFailed("unknown conversation")
            session.expunge(row)  # what is changed in it here is for this turn alone
            question = row.question
            idle = (_now() - row.last_seen).total_seconds() / 60
            if idle > self.agent.domain.session_config.session_expiration_time:
                row.question = None  # Rasa's session ends, and the open form with it
            pressed = (
                offers.find(session, conversation, button)
                if button
                else offers.by_title(session, conversation, clean(text or ""))
            )
            events = stored_events(session, conversation)
            writes = not events
            needs_intro = writes and not INTRODUCES & _lately_said(session, conversation)
        return row, pressed, First(writes, needs_intro, verified_if_known(conversation), question), events

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
        if _intent(whole) == "distress":
            return [Understood(typed, whole)]  # whatever else is asked beside it
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

    async def _answer(self, turn: Turn, message_id: str, heard: list[Understood]) -> list[dict]:
        answers: list[dict[str, Any]] = []
        for number, part in enumerate(heard):
            output = Collect(turn.channel)
            await self.agent.handle_message(
                UserMessage(
                    part.text,
                    output,
                    turn.conversation,
                    parse_data=part.parse,
                    input_channel=turn.channel,
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

    async def _say(self, name: str, turn: Turn, **values: Any) -> dict[str, Any]:
        rendered = await render(self.answers, name, turn.language, turn.channel, turn.conversation, values)
        return {"personal": False, **rendered, "name": name}

    def _commit(self, turn: Turn, message: Message, answers: list[dict[str, Any]], first: First) -> None:
        """The one transaction that ends a turn. What was said of her is hers also when her time was over at that very
        moment."""
        personal = any(answer["personal"] for answer in answers)
        citizen = (verified(turn.conversation) or first.citizen) if personal else None
        events = turn.new_events()
        stored = [
            {
                "conversation": turn.conversation,
                "type": event.type_name,
                "timestamp": event.timestamp,
                "data": masked(event),
            }
            for event in events
        ]
        names = [getattr(event, "action_name", None) for event in events]
        forgets = "action_forget_me" in names and any(event.type_name == "reset_slots" for event in events)
        known: dict[str, Any] = {"last_seen": _now(), "language": turn.language}
        question = first.question
        if turn.tracker is not None:
            question = turn.tracker.get_slot("requested_slot") if turn.tracker.active_loop else None
            if forgets:
                known["language_fixed"] = False
            elif "action_switch_language" in names:
                known["language_fixed"] = True
                known["language"] = turn.tracker.get_slot("language_wanted") or turn.language
        ready = outbox.ready(self.keys, answers, inbox=message.id, citizen=citizen, question=question)
        with Session(self.engine, future=True) as session:  # whoever writes here waits for us: few statements
            session.execute(ENDED, {**known, "question": question, "of": turn.conversation})  # holds the row
            inbox.settle(session, message)
            if forgets:
                session.execute(FORGOT, {"of": turn.conversation})
                session.execute(delete(TrackerEvent).where(TrackerEvent.conversation == turn.conversation))
                offers.forget(session, turn.conversation)
                outbox.forget(session, turn.conversation)
            elif stored:
                session.execute(NEW_EVENTS, stored)
            outbox.put(session, turn.conversation, ready)
            session.commit()


TOO_LATE = dt.timedelta(hours=24)
"""A message that was so long on its way is not acted upon."""
FILES = ("image", "document")
OTHER_MEDIA = {
    "voice": "utter_media_voice",
    "audio": "utter_media_voice",
    "video": "utter_media_picture",
    "location": "utter_media_place",
    "contacts": "utter_media_contact",
}
WITH_A_FILE = QUESTIONS | {"deny", "cancel", "correct", "human_handoff"}
"""What is heard in words that came with a file; a mere description of it is not."""
ALONE = ("utter_distress",)
"""Nothing stands beside it."""
NEW_EVENTS = insert(TrackerEvent.__table__)
_table = Conversation.__table__
ENDED = update(_table).where(_table.c.id == bindparam("of"))
FORGOT = ENDED.values(forgotten=_table.c.forgotten + 1)
COMMAND = re.compile(r"[/\s]*/\s*\w+\s*[{@]")
"""What Rasa would take for an intent with entities; nobody types that by chance."""
FAQ_ANSWERS = frozenset(f"utter_{name}" for name in QUESTIONS)
FORM_QUESTIONS = ("utter_ask_pay_", "utter_ask_identity__", "utter_ask_request_", "utter_ask_salary__")
GOES_ON = (*FORM_QUESTIONS, "utter_guide_", "utter_confirm_", "utter_case_line_")
INTRODUCES = {"utter_greet", "utter_greet_salam", "utter_bot_challenge", "utter_intro", "utter_distress"}


def _language(typed: str, first: bool) -> str | None:
    """The language that a typed message sets, if any. Whoever writes in neither of ours is answered in English."""
    if typed.startswith("/"):
        return None
    found = detect(typed) or (first_language(typed) if first else None)
    return "en" if found == "other" else found


def _no_command(text: str) -> str:
    """Rasa takes `/intent{…}` for an intent with its entities; whatever was typed is words."""
    return text.lstrip("/ \n")


def _as_far_as_read(text: str) -> str:
    """One character more than may be read tells that it was too long; of such a message a cry for help is heard."""
    parts = [text[start : start + LONGEST] for start in range(0, len(text), LONGEST)]
    cry = next((part for part in parts if in_distress(part)), None) if len(parts) > 1 else None
    return cry or text[: LONGEST + 1]


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


LATELY = 10
"""Lines; answers to what is no text leave no trace in the dialogue."""


def _lately_said(session: Session, conversation: str) -> set[str]:
    lines = select(Outbox.name).where(Outbox.conversation == conversation, Outbox.body.is_not(None))
    return set(session.scalars(lines.order_by(Outbox.number.desc()).limit(LATELY)))


def _document(document: dict[str, Any]) -> dict[str, str]:
    return {"document": document["id"], "document_kind": document["kind"], "document_size": str(document["size"])}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)

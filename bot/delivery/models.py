"""The bot's own database: who speaks where, what came in and went out, what was offered, what was said (masked).

What was typed waits in the inbox sealed (`bot/keys.py`) and is gone once it is answered; answers lie in
the outbox sealed. So neither file nor back-up holds them in clear.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import declarative_base

from actions.case_db.models import UtcDateTime

Base = declarative_base()


class Conversation(Base):
    """One citizen at one address of one channel. `language_fixed`: she asked for it, sentences do not change it.
    `question`: what a form waits for since the last turn (the name of its slot). `forgotten`: how often she said
    "forget my data"; pages that show the conversation look anew when it changes."""

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("channel", "address"),)
    id = Column(String(32), primary_key=True)
    channel = Column(String(20), nullable=False)
    address = Column(String(200), nullable=False)
    language = Column(String(2), nullable=False, default="ar", server_default="ar")
    language_fixed = Column(Boolean, nullable=False, default=False, server_default=false())
    question = Column(String(60))
    forgotten = Column(Integer, nullable=False, default=0, server_default="0")
    last_seen = Column(UtcDateTime, nullable=False)


class Offer(Base):
    """A button as it left the bot: an opaque id that stands for its payload in this conversation alone. One that
    answers a form's `question` is over when that question no longer stands; the others work as long as they are kept.
    """

    __tablename__ = "offer"
    __table_args__ = (Index("ix_offer_conversation", "conversation", "number"),)
    id = Column(String(24), primary_key=True)
    number = Column(Integer, nullable=False)  # rises with each turn of the conversation
    conversation = Column(ForeignKey("conversation.id"), nullable=False)
    title = Column(String(80), nullable=False)
    payload = Column(Text, nullable=False)
    question = Column(String(60))


class TrackerEvent(Base):
    """One event of Rasa's tracker; personal data were masked before it came here."""

    __tablename__ = "tracker_event"
    __table_args__ = (Index("ix_tracker_event_conversation", "conversation", "id"),)
    id = Column(Integer, primary_key=True)
    conversation = Column(ForeignKey("conversation.id"), nullable=False)
    type = Column(String(40), nullable=False)
    timestamp = Column(Float, nullable=False)
    data = Column(JSON, nullable=False)


INBOX_STATES = ("waiting", "working", "done", "dead")


class Inbox(Base):
    """A message that was acknowledged: it will be answered. `id` is the order of arrival; `message_id` is ours, made
    of the conversation and of `given_id`, which the channel or its client made.

    `sealed`: {"text" | "button" | "document"}, gone when done, kept while dead. `shown`: the same as history shows it,
    masked, and sealed as well. `attempts` counts failures, `claims` also those of workers that died over it.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        CheckConstraint(f"state IN {INBOX_STATES}", name="inbox_state"),
        CheckConstraint("(state = 'working') = (leased_by IS NOT NULL)", name="inbox_working_is_leased"),
        Index("ix_inbox_conversation", "conversation", "id"),
        Index(
            "ix_inbox_open",
            "id",
            sqlite_where=text("state IN ('waiting', 'working')"),
            postgresql_where=text("state IN ('waiting', 'working')"),
        ),
        Index(
            "ix_inbox_open_of_conversation",
            "conversation",
            "id",
            sqlite_where=text("state IN ('waiting', 'working')"),
            postgresql_where=text("state IN ('waiting', 'working')"),
        ),
    )
    id = Column(Integer, primary_key=True)
    message_id = Column(String(32), nullable=False, unique=True)
    conversation = Column(ForeignKey("conversation.id"), nullable=False)
    given_id = Column(String(100), nullable=False)
    sealed = Column(Text)
    shown = Column(Text)
    state = Column(String(10), nullable=False, default="waiting", server_default="waiting")
    attempts = Column(Integer, nullable=False, default=0, server_default="0")
    claims = Column(Integer, nullable=False, default=0, server_default="0")
    received_at = Column(UtcDateTime, nullable=False)
    due_at = Column(UtcDateTime, nullable=False)
    finished_at = Column(UtcDateTime)
    leased_by = Column(String(120))
    leased_until = Column(UtcDateTime)
    failure = Column(String(200))


class Outbox(Base):
    """A line that the citizen is to see. `number` counts the lines of a conversation without gaps, in the order in
    which they were committed: whoever writes holds the conversation's row.

    `inbox`: what it answers; empty for what comes unasked. `body`: the answer, sealed. `personal`: shows somebody's own
    data, `citizen`'s (the case database's id) where she was verified; any body is gone once she said "forget my data".
    `unique_key`: of a notice, told once.
    """

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("conversation", "number"), Index("ix_outbox_inbox", "inbox"))
    id = Column(Integer, primary_key=True)
    conversation = Column(ForeignKey("conversation.id"), nullable=False)
    number = Column(Integer, nullable=False)
    inbox = Column(ForeignKey("inbox.id"))
    name = Column(String(80), nullable=False)
    personal = Column(Boolean, nullable=False, default=False, server_default=false())
    citizen = Column(Integer)
    body = Column(Text)
    unique_key = Column(String(120), unique=True)
    created_at = Column(UtcDateTime, nullable=False)

"""The bot's own database: who speaks where, what came in and went out, what was offered, what was said (masked).

What was typed waits in the inbox sealed (`bot/keys.py`) and is gone once it is answered; answers lie in
the outbox sealed. So neither file nor back-up holds them in clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    literal_column,
    text,
)
from sqlalchemy.orm import declarative_base
from sqlalchemy.sql.elements import ColumnElement

from actions.case_db.models import UtcDateTime

Base = declarative_base()


class Conversation(Base):
    """One citizen at one address of one channel; on a messenger `address` is the conversation's own id and where she is
    reached stands in `address`. `language_fixed`: she asked for it, sentences do not change it. `question`: what a form
    waits for since the last turn (the name of its slot). `forgotten`: how often she said "forget my data"; pages that
    show the conversation look anew when it changes. `heard_at`: on a messenger, when she sent her newest message."""

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
    heard_at = Column(UtcDateTime)


class Address(Base):
    """One of a messenger's names for a person, and her conversation there. `tag` is made of channel, kind and name with
    the newest of our secrets (`Keys.tags`), so that a copy of the database tells no phone number; `sealed`: the name.
    """

    __tablename__ = "address"
    __table_args__ = (Index("ix_address_conversation", "conversation"),)
    tag = Column(String(64), primary_key=True)
    conversation = Column(ForeignKey("conversation.id"), nullable=False)
    kind = Column(String(20), nullable=False)
    sealed = Column(Text, nullable=False)


class Offer(Base):
    """A button as it left the bot: an opaque id that stands for its payload in this conversation alone. One that
    answers a form's `question` is over when that question no longer stands; the others work as long as they are kept.
    `place`: its number, where it was shown as a line of text."""

    __tablename__ = "offer"
    __table_args__ = (Index("ix_offer_conversation", "conversation", "number"),)
    id = Column(String(24), primary_key=True)
    number = Column(Integer, nullable=False)  # rises with each turn of the conversation
    conversation = Column(ForeignKey("conversation.id"), nullable=False)
    title = Column(String(80), nullable=False)
    payload = Column(Text, nullable=False)
    question = Column(String(60))
    place = Column(Integer)


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

    `sealed`: {"text" | "button" | "document" | "media", "sent_at"?}, gone when done, kept while dead. `shown`: the same
    as history shows it, masked, and sealed as well. `attempts` counts failures, `claims` also those of workers that
    died over it.
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
    `unique_key`: of a notice, told once. `to_push`: on a messenger, until the sender has made messages of it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("conversation", "number"),
        Index("ix_outbox_inbox", "inbox"),
        Index(
            "ix_outbox_to_push",
            "conversation",
            "id",
            sqlite_where=text("to_push = 1"),
            postgresql_where=text("to_push"),
        ),
    )
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
    to_push = Column(Boolean, nullable=False, default=False, server_default=false())


def one_of(column: Any, states: Sequence[str]) -> ColumnElement:
    """As the partial indexes say it: SQLite uses one only where the query has the very words of its condition, and no
    parameters."""
    return column.in_([literal_column(f"'{state}'") for state in states])


PULLED = ("web", "rest")
"""Channels whose pages and programs ask for their lines themselves."""

DELIVERY_STATES = ("ready", "sending", "unsure", "sent", "delivered", "read", "held", "failed", "dropped")
_LEFT_DELIVERY = "state IN ('held', 'failed')"
_OPEN_DELIVERY = "state IN ('ready', 'sending', 'unsure')"


class Delivery(Base):
    """A message on its way over a messenger. `id` is the order in which those of a conversation leave.

    `kind`: message (`turn` is the id of the last outbox line that it carries), seen (the read mark for a message of
    hers, removed when it has left) or invitation (after the window has closed). `sealed`: what to send, gone once it
    was delivered or never will be. `token` comes back with what the provider tells of it, `given` is a hash of the
    provider's id: that id may hold her number. `attempt` is part of what is sent along, so that late word of an earlier
    attempt is told apart.

    ready → sending → sent → delivered → read; unsure when nobody knows whether it was accepted; held until she writes
    again (`was_held` from then on); failed or dropped for good.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(f"state IN {DELIVERY_STATES}", name="delivery_state"),
        CheckConstraint("(state = 'sending') = (leased_by IS NOT NULL)", name="delivery_sending_is_leased"),
        Index("ix_delivery_conversation", "conversation", "id"),
        Index("ix_delivery_open", "id", sqlite_where=text(_OPEN_DELIVERY), postgresql_where=text(_OPEN_DELIVERY)),
        Index(
            "ix_delivery_open_of_conversation",
            "conversation",
            "id",
            sqlite_where=text(_OPEN_DELIVERY),
            postgresql_where=text(_OPEN_DELIVERY),
        ),
        Index("ix_delivery_turn", "turn"),
        Index("ix_delivery_given", "given"),
        Index(
            "ix_delivery_sealed",
            "created_at",
            sqlite_where=text("sealed IS NOT NULL"),
            postgresql_where=text("sealed IS NOT NULL"),
        ),
        Index(
            "ix_delivery_left",
            "state",
            "created_at",
            sqlite_where=text(_LEFT_DELIVERY),
            postgresql_where=text(_LEFT_DELIVERY),
        ),
    )
    id = Column(Integer, primary_key=True)
    channel = Column(String(20), nullable=False)
    conversation = Column(ForeignKey("conversation.id"), nullable=False)
    kind = Column(String(12), nullable=False)
    turn = Column(Integer)
    sealed = Column(Text)
    state = Column(String(10), nullable=False, default="ready", server_default="ready")
    token = Column(String(32), nullable=False, unique=True)
    attempt = Column(Integer, nullable=False, default=0, server_default="0")
    given = Column(String(64))
    created_at = Column(UtcDateTime, nullable=False)
    due_at = Column(UtcDateTime, nullable=False)
    leased_by = Column(String(120))
    leased_until = Column(UtcDateTime)
    was_held = Column(Boolean, nullable=False, default=False, server_default=false())
    sent_at = Column(UtcDateTime)
    delivered_at = Column(UtcDateTime)
    read_at = Column(UtcDateTime)
    failure = Column(String(80))


class WebhookNote(Base):
    """What a messenger delivered and is no turn; `sealed` holds what came. Kept for some days."""

    __tablename__ = "webhook_note"
    __table_args__ = (Index("ix_webhook_note_received_at", "received_at"),)
    id = Column(Integer, primary_key=True)
    channel = Column(String(20), nullable=False)
    kind = Column(String(40), nullable=False)
    sealed = Column(Text)
    received_at = Column(UtcDateTime, nullable=False)

"""The bot's own database: who speaks where, what buttons were offered, what was said (masked)."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import declarative_base

from actions.case_db.models import UtcDateTime

Base = declarative_base()


class Conversation(Base):
    """One citizen at one address of one channel. `language_fixed`: she asked for it, sentences do not change it.
    `question`: what a form waits for since the last turn (the name of its slot)."""

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("channel", "address"),)
    id = Column(String(32), primary_key=True)
    channel = Column(String(20), nullable=False)
    address = Column(String(200), nullable=False)
    language = Column(String(2), nullable=False, default="ar", server_default="ar")
    language_fixed = Column(Boolean, nullable=False, default=False, server_default=false())
    question = Column(String(60))
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

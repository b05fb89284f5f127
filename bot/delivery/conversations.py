"""Who writes from where."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.delivery.engine import reading
from bot.delivery.models import Conversation


def conversation_at(engine: Engine, channel: str, address: str) -> str:
    """The id of who writes from this address, made at her first message."""
    known = select(Conversation.id).filter_by(channel=channel, address=address)
    with Session(reading(engine), future=True) as session:
        found = session.scalar(known)
    if found is not None:
        return found
    with Session(engine, future=True) as session:
        made = secrets.token_hex(16)
        session.add(Conversation(id=made, channel=channel, address=address, last_seen=dt.datetime.now(dt.timezone.utc)))
        try:
            session.commit()
            return made
        except IntegrityError:  # her second message made it at the same moment
            session.rollback()
            return session.scalar(known)


def language_of(engine: Engine, conversation: str) -> str:
    with Session(reading(engine), future=True) as session:
        return session.scalar(select(Conversation.language).where(Conversation.id == conversation)) or "ar"


def hold(session: Session, conversations: Iterable[str]) -> None:
    """Until the commit nobody else writes there. In one order: nobody waits in a ring."""
    theirs = list(set(conversations))
    if theirs and session.get_bind().dialect.name != "sqlite":  # which has one writer
        session.execute(_HELD, {"theirs": theirs}).all()


_HELD = (
    select(Conversation.id)
    .where(Conversation.id.in_(bindparam("theirs", expanding=True)))
    .order_by(Conversation.id)
    .with_for_update(key_share=True)
)

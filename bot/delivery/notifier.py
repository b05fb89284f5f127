"""What citizens are to be told without having asked: from the case database's notices to the outbox, once.

Two databases, no common transaction: the line in the outbox bears the notice's key, so a second hand-over of the same
notice, by another process or after a crash in between, finds it there and only marks the notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from actions.case_db.unit_of_work import unit_of_work
from actions.services import cases, notices
from actions.services.errors import Unavailable
from bot import metrics
from bot.answers import Answers
from bot.channels.door import Door
from bot.delivery import outbox
from bot.delivery.models import Conversation, Outbox
from bot.keys import Keys

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
AT_ONCE = 50
UNSAYABLE_WAITS = dt.timedelta(hours=1)
"""For one whose words or values are wrong: an operator mends them meanwhile."""


def hand_over(engine: Engine, keys: Keys, answers: Answers) -> list[str]:
    """Put what is due into the conversation that each citizen used last; the conversations that got something. Neither
    database is held while the other one is written."""
    with unit_of_work(only_reads=True) as uow:
        due = notices.due(uow, limit=AT_ONCE)
    told = []
    for notice in due:
        try:
            new = _say(engine, keys, answers, notice)
        except SQLAlchemyError:
            raise
        except Exception as error:  # one that cannot be said holds up no other
            log.error("notice %d (%s) cannot be said: %s", notice.id, notice.kind, type(error).__name__)
            with unit_of_work() as uow:
                notices.put_off(uow, notice, UNSAYABLE_WAITS)
                uow.commit()
            continue
        with unit_of_work() as uow:
            notices.handed_over(uow, notice)
            uow.commit()
        if new:
            told.append(notice.conversation)
    return told


def _say(engine: Engine, keys: Keys, answers: Answers, notice: notices.DueNotice) -> bool:
    key = f"notice:{notice.unique_key}"
    with Session(engine, future=True) as session:
        conversation = session.get(Conversation, notice.conversation, with_for_update={"key_share": True})
        if conversation is None:
            log.error("a notice is due in a conversation that is not there: conversation=%s", notice.conversation)
            return False
        if session.scalar(select(Outbox.id).where(Outbox.unique_key == key)) is not None:
            return False
        name = f"utter_notice_{notice.kind}"
        number = notice.case_number
        values = {**notice.values, "case_number": number, "of_case": number and cases.mark(number)}
        answer = {
            **answers.render(name, conversation.language, conversation.channel, values=values),
            "name": name,
            "personal": True,
        }
        outbox.say(session, keys, conversation.id, [answer], citizen=notice.citizen_id, unique_key=key)
        try:
            session.commit()
        except IntegrityError:  # another process said it at the same moment
            return False
    metrics.SENT.labels("notice", "handed_over").inc()
    return True


class Notifier:
    def __init__(self, door: Door) -> None:
        self.door = door

    async def run(self, over: asyncio.Event) -> None:
        while not over.is_set():
            try:
                answers = await asyncio.to_thread(self.door.answers)
                for conversation in await asyncio.to_thread(hand_over, self.door.engine, self.door.keys, answers):
                    self.door.bell.ring_outbox(conversation)
            except (SQLAlchemyError, Unavailable) as error:
                log.error("notices wait: a database is away (%s)", type(error).__name__)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(over.wait(), LOOK_EVERY)

"""Applies what a bank and the authority reported (`actions/services/events.py`), in a worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from sqlalchemy.exc import SQLAlchemyError

from actions.case_db.unit_of_work import unit_of_work
from actions.services import events
from actions.services.errors import Unavailable
from bot import metrics

log = logging.getLogger(__name__)

AT_ONCE = 100
LOOK_EVERY = 0.5
"""Seconds; a payment that was seen is told within two."""


async def run(over: asyncio.Event) -> None:
    while not over.is_set():
        more = False
        try:
            more = await asyncio.to_thread(apply_some) == AT_ONCE
        except (SQLAlchemyError, Unavailable) as error:
            log.error("events wait: the case database is away (%s)", type(error).__name__)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(over.wait(), 0 if more else LOOK_EVERY)


def apply_some() -> int:
    """What waits, at most AT_ONCE of it; how many."""
    for count in range(AT_ONCE):
        with unit_of_work(only_reads=True) as uow:  # who finds nothing holds no writer up
            if not events.are_waiting(uow):
                return count
        with unit_of_work() as uow:
            done = events.apply_next(uow)
        if done is None:  # others have them in work
            return count
        metrics.EVENTS.labels(done.topic, done.state).inc()
    return AT_ONCE

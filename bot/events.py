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

LOOK_EVERY = 0.5
"""Seconds; a payment that was seen is told within two."""


async def run(over: asyncio.Event) -> None:
    while not over.is_set():
        try:
            await asyncio.to_thread(apply_all)
        except (SQLAlchemyError, Unavailable) as error:
            log.error("events wait: the case database is away (%s)", type(error).__name__)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(over.wait(), LOOK_EVERY)


def apply_all() -> int:
    """Everything that waits; how many."""
    count = 0
    while _one():
        count += 1
    return count


def _one() -> bool:
    with unit_of_work(only_reads=True) as uow:  # who finds nothing holds no writer up
        if not events.are_waiting(uow):
            return False
    with unit_of_work() as uow:
        event = events.apply_next(uow)
        if event is not None:
            metrics.EVENTS.labels(event.topic, event.state).inc()
        return event is not None

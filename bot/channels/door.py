"""What every channel's edge works with: the bot's database, its secrets, the bell, the words. No Rasa."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.engine import Engine

from actions.case_db.unit_of_work import unit_of_work
from actions.services.errors import Unavailable
from actions.services.verification import verified_id
from bot.answers import Answers
from bot.delivery.bell import Bell
from bot.keys import Keys
from bot.settings import Settings


def verified(conversation: str) -> int | None:
    """The citizen (the case database's id) who is verified in this conversation now."""
    with unit_of_work(only_reads=True) as uow:
        return verified_id(uow, conversation)


def verified_if_known(conversation: str) -> int | None:
    """The same, and nobody while the case database is away: what is everybody's is shown all the same."""
    try:
        return verified(conversation)
    except Unavailable:
        return None


@dataclass(frozen=True)
class Door:
    engine: Engine
    keys: Keys
    bell: Bell
    answers: Callable[[], Answers]
    settings: Settings
    verified: Callable[[str], int | None] = verified_if_known

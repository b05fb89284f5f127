"""Rasa's response generator, ours: words come from the files themselves, so a changed word trains nothing.

Named in endpoints.yml (`nlg: type: bot.nlg.FileResponses`) and by `bot serve`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

from bot.answers import AnswerError, Answers, Person, payload
from bot.catalogue import title
from bot.project import DATA
from bot.settings import settings
from bot.tracker_store import CURRENT

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Seconds between two looks whether an answer's file changed."""


def current_language() -> str:
    """The language of this turn, as the entry function found it; Arabic where Rasa runs without it."""
    turn = CURRENT.get()
    return turn.language if turn else "ar"


class FileResponses(NaturalLanguageGenerator):
    def __init__(self, endpoint_config: object = None, domain: object = None) -> None:
        self._stamp = _newest()
        self._looked = time.monotonic()
        self.answers = Answers(operator=settings().operator)

    def refresh(self) -> None:
        """Take changed files when they can be read and pass the check; else keep the answers that stand."""
        if time.monotonic() - self._looked < LOOK_EVERY:
            return
        self._looked = time.monotonic()
        stamp = _newest()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            from bot.training.check import problems

            answers = Answers(operator=settings().operator)
            wrong = problems(answers)
        except (AnswerError, OSError, KeyError, ValueError) as error:
            wrong = [str(error)]
        if wrong:
            log.error("changed answers are not taken, `bot check` says why (%d): %s", len(wrong), wrong[0])
            return
        self.answers = answers
        log.info("changed answers are live")

    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **kwargs: Any,
    ) -> dict[str, Any] | None:
        await asyncio.to_thread(self.refresh)
        if utter_action not in self.answers.answers:
            log.error("no answer is called %s", utter_action)
            return None
        # Rasa's SDK sends these keys with every response; what is left are the values of the answer
        for key in ("text", "buttons", "elements", "custom", "template", "image", "attachment", "domain_responses"):
            kwargs.pop(key, None)
        more, suggest = kwargs.pop("more", False), kwargs.pop("suggest", ())
        language = kwargs.pop("language", None) or current_language()
        turn = CURRENT.get()
        if turn:
            turn.language = language  # a switch of language holds for what follows in the same turn
        try:
            rendered = await asyncio.to_thread(
                self.answers.render,
                utter_action,
                language,
                output_channel,
                lambda: look_up(tracker.sender_id),
                {key: value for key, value in kwargs.items() if value is not None},
                more,
            )
        except Exception as error:
            if turn:  # Rasa would log it and say nothing at all
                turn.failures.append(f"answer {utter_action}: {type(error).__name__}")
            raise
        rendered["buttons"] = [
            {"title": title(intent, language), "payload": payload(intent)} for intent in suggest
        ] + rendered["buttons"]
        return rendered


def look_up(conversation: str) -> Person:
    """Who asks, from the case database at this moment; nobody when it is away (the answer for everybody then)."""
    from actions.case_db.unit_of_work import unit_of_work
    from actions.services.errors import Unavailable
    from actions.services.identity import person

    try:
        with unit_of_work() as uow:
            found = person(uow, conversation=conversation)
        return Person(found.verified, frozenset(found.kinds))
    except Unavailable:
        return Person()


def _newest() -> float:
    return max(path.stat().st_mtime for path in DATA.rglob("*.yml"))

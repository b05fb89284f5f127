"""Rasa's response generator, ours: words come from the files themselves, so a changed word trains nothing.

Named in endpoints.yml (`nlg: type: bot.nlg.FileResponses`) and by `bot serve`.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

from bot.answers import Answers, Person, payload
from bot.catalogue import title
from bot.live_answers import LiveAnswers
from bot.settings import settings
from bot.tracker_store import CURRENT

log = logging.getLogger(__name__)


def current_language() -> str:
    """The language of this turn, as the entry function found it; Arabic where Rasa runs without it."""
    turn = CURRENT.get()
    return turn.language if turn else "ar"


class FileResponses(NaturalLanguageGenerator):
    def __init__(self, endpoint_config: object = None, domain: object = None) -> None:
        self._live = LiveAnswers(settings().operator)

    @property
    def answers(self) -> Answers:
        return self._live.answers

    def refresh(self) -> None:
        self._live.refresh()

    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **kwargs: Any,
    ) -> dict[str, Any] | None:
        if self._live.due:
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
            values = {key: value for key, value in kwargs.items() if value is not None}
            rendered = await render(
                self.answers, utter_action, language, output_channel, tracker.sender_id, values, more
            )
        except Exception as error:
            if turn:  # Rasa would log it and say nothing at all
                turn.failures.append(f"answer {utter_action}: {type(error).__name__}")
            raise
        rendered["buttons"] = [
            {"title": title(intent, language), "payload": payload(intent)} for intent in suggest
        ] + rendered["buttons"]
        return rendered


async def render(
    answers: Answers,
    name: str,
    language: str,
    channel: str,
    conversation: str,
    values: dict[str, Any],
    more: bool = False,
) -> dict[str, Any]:
    """`Answers.render` for whoever speaks in this conversation; only looking up who that is may take its time."""
    rendering = partial(answers.render, name, language, channel, partial(look_up, conversation), values, more)
    return await asyncio.to_thread(rendering) if answers.asks_who(name) else rendering()


def look_up(conversation: str) -> Person:
    """Who asks, from the case database at this moment; nobody when it is away (the answer for everybody then)."""
    from actions.case_db.unit_of_work import unit_of_work
    from actions.services.errors import Unavailable
    from actions.services.identity import person

    try:
        with unit_of_work(only_reads=True) as uow:
            found = person(uow, conversation=conversation)
        return Person(found.verified, frozenset(found.kinds))
    except Unavailable:
        return Person()

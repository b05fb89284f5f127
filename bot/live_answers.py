"""The answers as they stand in the files now: a changed word is live within seconds, a wrong one is not taken."""

from __future__ import annotations

import logging
import time

from bot.answers import Answers
from bot.project import DATA

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Seconds between two looks whether an answer's file changed."""


class LiveAnswers:
    def __init__(self, operator: str = "") -> None:
        self._operator = operator
        self._stamp = _newest()
        self._looked = time.monotonic()
        self.answers = Answers(operator=operator)

    @property
    def due(self) -> bool:
        """Whether `refresh` would look at the files; else it costs nothing."""
        return time.monotonic() - self._looked >= LOOK_EVERY

    def refresh(self) -> Answers:
        """Take changed files when they can be read and pass the check; else keep the answers that stand."""
        if not self.due:
            return self.answers
        self._looked = time.monotonic()
        try:
            stamp = _newest()
            if stamp == self._stamp:
                return self.answers
            self._stamp = stamp
            from bot.training.check import problems

            answers = Answers(operator=self._operator)
            wrong = problems(answers)
        except Exception as error:  # a file that somebody is just writing may hold anything, or be gone
            wrong = [f"{type(error).__name__} {error}"]
        if wrong:
            log.error("changed answers are not taken, `bot check` says why (%d): %s", len(wrong), wrong[0])
            return self.answers
        self.answers = answers
        log.info("changed answers are live")
        return answers


def _newest() -> float:
    return max(path.stat().st_mtime for path in DATA.rglob("*.yml"))

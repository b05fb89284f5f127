"""`bot serve --role worker`, which dies once when it is about to end a turn with a certain answer: by then the case
database has been changed, the bot's has not. The answer's name stands in the file of the environment's DIES_AT."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    from bot import turn
    from bot.cli import main as bot

    commit, file = turn.Assistant._commit, Path(os.environ["DIES_AT"])

    def mortal(self: turn.Assistant, current: Any, message: Any, answers: list[dict[str, Any]], *rest: Any) -> None:
        if file.exists() and file.read_text() in [answer["name"] for answer in answers]:
            file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        commit(self, current, message, answers, *rest)

    turn.Assistant._commit = mortal
    return bot(["serve", "--role", "worker", "--no-seed"])


if __name__ == "__main__":
    sys.exit(main())

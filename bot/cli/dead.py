"""Dead letters: messages whose turn failed four times; the citizen was told so once.

    bot dead list          oldest first
    bot dead show 41       one of them: what failed, and what was written, masked
    bot dead replay 41     give it to the workers again (or: all)

Mend what failed before replaying; the answer then reaches the citizen as any other does.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.delivery.models import Inbox

HELP = "list, read and replay messages that could not be answered"


def arguments(parser: argparse.ArgumentParser) -> None:
    whats = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    whats.add_parser("list", help="oldest first; example: bot dead list")
    show = whats.add_parser("show", help="one of them; example: bot dead show 41")
    show.add_argument("number", type=int, metavar="NUMBER")
    replay = whats.add_parser("replay", help="give it to the workers again; example: bot dead replay 41, or: all")
    replay.add_argument("number", metavar="NUMBER")


def run(options: argparse.Namespace) -> int:
    from sqlalchemy.exc import SQLAlchemyError

    from bot.delivery import inbox
    from bot.delivery.engine import make_engine
    from bot.settings import settings

    engine = make_engine(settings().bot_database_url)
    try:
        if options.what == "list":
            return _list(inbox.dead(engine), engine.url.render_as_string(hide_password=True))
        if options.what == "show":
            return _show(inbox.find_dead(engine, options.number), options.number)
        return _replay(engine, options.number)
    except SQLAlchemyError:
        print("The bot's database is away. Is BOT_DATABASE_URL right, and was `bot db upgrade` run?", file=sys.stderr)
        return 1
    finally:
        engine.dispose()


def _list(rows: list[Inbox], database: str) -> int:
    if not rows:
        print(f"none in {database}")
    for row in rows:
        print(f"{row.id}\t{row.received_at:%Y-%m-%d %H:%M:%S} UTC\tconversation={row.conversation}\t{row.failure}")
    return 0


def _show(row: Inbox | None, number: int) -> int:
    from bot.keys import SealBroken, keys

    if row is None:
        return _none(number)
    try:
        shown = row.shown and keys().unseal(row.shown)
    except SealBroken:
        shown = "(sealed with a secret that BOT_SECRETS no longer holds)"
    print(f"number        {row.id}")
    print(f"conversation  {row.conversation}")
    print(f"received      {row.received_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"tries         {row.attempts}")
    print(f"failed        {row.failure}")
    print(f"written       {shown or '(a document, or removed at her wish)'}")
    print(f"\nWhen that is mended: bot dead replay {row.id}")
    return 0


def _replay(engine: object, number: str) -> int:
    from bot.delivery import inbox

    if number != "all" and not number.isdecimal():
        print("Which one? A number of `bot dead list`, or: all", file=sys.stderr)
        return 2
    numbers = [row.id for row in inbox.dead(engine)] if number == "all" else [int(number)]
    replayed = [each for each in numbers if inbox.replay(engine, each)]
    if not replayed and number != "all":
        return _none(int(number))
    print(f"{len(replayed)} given to the workers again.")
    return 0


def _none(number: int) -> int:
    print(f"No dead letter has the number {number}. `bot dead list` shows them.", file=sys.stderr)
    return 1

"""What a bank or the authority reported and could not be applied. Nothing of it is lost; nothing was changed by it.

    bot events list                flagged ones, oldest first (--all: the newest 200, whatever became of them)
    bot events show 41             one of them: what was reported, and why it waits
    bot events again 41            what stood in its way is mended: apply it
    bot events resolve 41 "…"      it was dealt with otherwise; say how

Why an event is flagged: docs/integration.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actions.case_db.models import Event
    from actions.case_db.unit_of_work import UnitOfWork

NEWEST = 200
HELP = "events of bank and authority that wait for a person"


def arguments(parser: argparse.ArgumentParser) -> None:
    whats = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    listed = whats.add_parser("list", help="flagged ones, oldest first; example: bot events list")
    listed.add_argument("--all", action="store_true", help="whatever became of them")
    for what, does in (("show", "one of them"), ("again", "apply it again"), ("resolve", "dealt with otherwise")):
        one = whats.add_parser(what, help=f"{does}; example: bot events {what} 41")
        one.add_argument("number", type=int, metavar="NUMBER")
        if what == "resolve":
            one.add_argument("note", help="how; kept with the event")


def run(options: argparse.Namespace) -> int:
    from actions.case_db.unit_of_work import unit_of_work
    from actions.services.errors import Unavailable

    try:
        with unit_of_work(only_reads=options.what in ("list", "show")) as uow:
            return {"list": _list, "show": _show, "again": _again, "resolve": _resolve}[options.what](uow, options)
    except Unavailable:
        print("The case database is away. Is CASE_DATABASE_URL right, and was `bot db upgrade` run?", file=sys.stderr)
        return 1


def _list(uow: UnitOfWork, options: argparse.Namespace) -> int:
    from actions.services import events

    rows = events.newest(uow, NEWEST + 1) if options.all else events.flagged(uow)
    if options.all and len(rows) > NEWEST:
        rows = rows[1:]
        print(f"… (the newest {NEWEST})")
    for row in rows:
        print(f"{row.number}\t{row.received_at:%Y-%m-%d %H:%M:%S} UTC\t{row.type}\t{row.subject}\t{_state(row)}")
    if not rows:
        print("none" if options.all else "none is flagged")
    return 0


def _state(row: Event) -> str:
    return f"{row.state}: {row.reason}" if row.reason else row.state


def _show(uow: UnitOfWork, options: argparse.Namespace) -> int:
    from actions.services import events

    row = events.find(uow, options.number)
    if row is None:
        print(f"No event has the number {options.number}. `bot events list --all` shows them.", file=sys.stderr)
        return 1
    print(f"number    {row.number}")
    print(f"from      {events.TOPICS[row.topic]}, id {row.event_id}")
    print(f"received  {row.received_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"state     {_state(row)}")
    if row.note:
        print(f"note      {row.note}")
    print(json.dumps(row.body, ensure_ascii=False, indent=2))
    return 0


def _again(uow: UnitOfWork, options: argparse.Namespace) -> int:
    from actions.services import events

    return _told(events.again(uow, options.number), options.number, "a worker applies it")


def _resolve(uow: UnitOfWork, options: argparse.Namespace) -> int:
    from actions.services import events

    if not options.note.strip():
        print("Say how it was dealt with.", file=sys.stderr)
        return 2
    return _told(events.resolve(uow, options.number, options.note.strip()), options.number, "resolved")


def _told(done: bool, number: int, what: str) -> int:
    if done:
        print(f"{number}: {what}.")
        return 0
    print(f"No flagged event has the number {number}. `bot events list` shows them.", file=sys.stderr)
    return 1

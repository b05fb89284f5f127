"""The `bot` command: one file a command, found by its name; each imports what it needs only when it runs."""

from __future__ import annotations

import argparse
import importlib
import sys

from actions.settings import SettingsError

COMMANDS = (
    "serve",
    "chat",
    "train",
    "parse",
    "check",
    "evaluate",
    "db",
    "demo",
    "dead",
    "events",
    "reconcile",
    "bench",
)
"""Each is a module here with HELP (one line), `arguments(parser)` and `run(options) -> int`."""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="bot", description="مساعد إيقاف الخدمات — the service suspension assistant")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"bot.cli.{name}")
        sub = commands.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(sub)
        sub.set_defaults(run=module.run)
    return top


def main(argv: list[str] | None = None) -> int:
    from dotenv import load_dotenv

    from bot.project import ROOT

    load_dotenv(ROOT / ".env")  # what the environment says already stands
    options = parser().parse_args(argv)
    try:
        return options.run(options) or 0
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

"""Measure, on this machine and in temporary databases; nothing that runs already is touched.

    bot bench door          messages per second and latency, beside Rasa's own server
    bot bench kill          processes killed at random under load: is anything lost?
    bot bench nlu           understanding, beside Rasa's stock pipeline, and with other encoders
    bot bench arbanking77   the same pipeline on a public set of bank questions

Each is a file of bot/bench with HELP, `arguments(parser)` and `run(options) -> int`.
"""

from __future__ import annotations

import argparse
import importlib
from importlib.util import find_spec

HELP = "measure speed and reliability"
BENCHES = ("door", "kill", "nlu", "arbanking77")


def arguments(parser: argparse.ArgumentParser) -> None:
    benches = parser.add_subparsers(dest="bench", required=True, metavar="WHAT")
    for name in BENCHES:
        if not find_spec(f"bot.bench.{name}"):
            continue
        module = importlib.import_module(f"bot.bench.{name}")
        sub = benches.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(sub)
        sub.set_defaults(measure=module.run)


def run(options: argparse.Namespace) -> int:
    return options.measure(options)

"""Kill the assistant's processes at random under load, again and again, and look whether anything is lost.

    bot bench kill                                   200 rounds on SQLite files, half an hour or more on two cores
    bot bench kill --rounds 20 --seed 7
    bot bench kill --database postgresql://postgres@127.0.0.1:5432/postgres

Everything is real: door, two workers, sender and action server, each a `bot serve --role …` of its own, on free ports,
with databases of their own that are removed at the end. Citizens ask questions and walk through the journey of the main
job (verify, invoice, payment, lift request). What must hold after each round is written in docs/reliability.md. Ends
with 1 when anything was broken.
"""

from __future__ import annotations

import argparse

HELP = "kill processes at random under load: is anything lost?"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument(
        "--database", metavar="URL", help="a PostgreSQL server, on which two databases are made for this"
    )
    parser.add_argument("--seed", type=int, help="the same people, messages and kills again")
    parser.add_argument("--keep", action="store_true", help="leave files and logs for a look")


def run(options: argparse.Namespace) -> int:
    import asyncio
    import random
    import signal

    from bot.bench.rounds import bench

    for ending in (signal.SIGTERM, signal.SIGINT):  # also from a shell that started us in the background
        signal.signal(ending, signal.default_int_handler)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    return asyncio.run(bench(options.rounds, seed, options.database, options.keep))

"""Whether invoices, payments, cases, journal and events of the case database tell the same.

    bot reconcile          each difference on a line; exits with 1 if there is one

It only reads. For a timer: once a night, and whenever somebody wrote into the database by hand.
"""

from __future__ import annotations

import argparse
import sys

HELP = "compare invoices, payments and cases"


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace) -> int:
    from actions.case_db.unit_of_work import unit_of_work
    from actions.services.errors import Unavailable
    from actions.services.reconcile import reconcile

    try:
        with unit_of_work(only_reads=True) as uow:
            told = reconcile(uow)
    except Unavailable:
        print("The case database is away. Is CASE_DATABASE_URL right, and was `bot db upgrade` run?", file=sys.stderr)
        return 2
    for difference in told.differences:
        print(f"{difference.kind}\t{difference.of}\t{difference.what}")
    compared = f"{told.invoices} invoices, {told.payments} payments, {told.cases} cases"
    if told.differences:
        print(f"{len(told.differences)} differences in {compared}.", file=sys.stderr)
        return 1
    print(f"no difference in {compared}.")
    return 0

"""قاعدة بيانات القضايا — the case database (CASE_DATABASE_URL; without it, a file in var/).

    bot db upgrade      make it, or bring it to the newest migration
    bot db seed         fill an empty one with the invented people of the demonstration

Seeding is refused with BOT_ENV=production.
"""

from __future__ import annotations

import argparse
import sys

HELP = "make, migrate and fill the case database"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("upgrade", "seed"))


def run(options: argparse.Namespace) -> int:
    from sqlalchemy.exc import SQLAlchemyError

    from actions.settings import SettingsError

    try:
        return {"upgrade": _upgrade, "seed": _seed}[options.what]()
    except SettingsError as error:
        print(error, file=sys.stderr)
    except SQLAlchemyError as error:
        cause = str(error.__cause__ or error).strip()
        print(f"The database of CASE_DATABASE_URL cannot be used: {cause}.", file=sys.stderr)
        if options.what == "seed":
            print("Was `bot db upgrade` run?", file=sys.stderr)
    return 1


def _upgrade() -> int:
    from actions.case_db.engine import upgrade
    from actions.settings import settings

    upgrade(settings().case_database_url)
    print("The case database is at its newest migration.")
    return 0


def _seed() -> int:
    from actions.case_db.engine import make_engine
    from actions.case_db.seed import seed
    from actions.settings import settings

    written = seed(make_engine(settings().case_database_url))
    print(f"{written} invented people written." if written else "There are people already: nothing was written.")
    return 0

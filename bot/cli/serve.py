"""Start the assistant: migrate the databases, seed the demonstration, load the model, answer.

    bot serve
    BOT_PORT=5105 bot serve
    bot serve --role worker      one part, as a process of its own; any number of each (docs/operations.md)

It says where to talk once it is ready, and ends on Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings

HELP = "start the assistant on this machine"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--role", choices=["door", "worker", "sender", "actions"], help="only this part of it (all of them without)"
    )
    parser.add_argument("--no-seed", action="store_true", help="leave the demonstration population out")


def run(options: argparse.Namespace) -> int:
    from actions.settings import SettingsError
    from bot.settings import settings

    os.umask(0o077)  # databases, documents and the secret are this user's alone
    try:
        if options.role == "actions":
            return _actions()
        from bot.serve import ROLES, check_start
        from bot.serve import run as serve

        # of libraries about each other; Sanic's import sets this anew
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        roles = (options.role,) if options.role else ROLES
        if "worker" in roles:
            from bot.training.model import is_current, quiet_environment

            quiet_environment()
        check_start(settings(), roles)
        if "worker" in roles and not is_current():
            print("النموذج غير موجود أو قديم. للتدريب: make train\nNo current model. Run: make train", file=sys.stderr)
            return 1
        _databases(seeded=not options.no_seed)
        if "worker" in roles:
            print("نحمّل النموذج، نحو 15 ثانية … | loading the model, about 15 seconds …", flush=True)
        return serve(settings(), roles)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1


def _actions() -> int:
    from actions.server import main

    return main() or 0


def _databases(seeded: bool) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from actions.case_db.engine import make_engine
    from actions.case_db.engine import upgrade as upgrade_cases
    from actions.case_db.seed import seed
    from actions.settings import SettingsError
    from actions.settings import settings as action_settings
    from bot.delivery.engine import upgrade as upgrade_bot
    from bot.serve import check_people
    from bot.settings import settings

    urls = {"BOT_DATABASE_URL": settings().bot_database_url, "CASE_DATABASE_URL": action_settings().case_database_url}
    for (name, url), upgrade in zip(urls.items(), (upgrade_bot, upgrade_cases), strict=True):
        try:
            upgrade(url)
        except (SQLAlchemyError, ImportError) as error:  # their words may hold a password
            raise SettingsError(
                f"{name} cannot be used ({type(error).__name__}). Is the server there, and was the database made?"
            ) from None
    engine = make_engine(action_settings().case_database_url)
    if settings().production:
        check_people(engine)
    elif seeded:
        seed(engine)
    engine.dispose()

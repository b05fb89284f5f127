"""What the environment says to the action side, read once.

In demonstration (the default) nothing needs to be set. With `BOT_ENV=production` everything pretended is refused:
see `check_production`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

ENVIRONMENTS = ("demo", "production")
SHORTEST_KEY = 32
ROOT = Path(__file__).resolve().parent.parent
"""Relative paths in settings start here, wherever a command is run."""
CASE_DATABASE_URL = f"sqlite:///{ROOT}/var/case.db"
PRETEND_SMS_FILE = ROOT / "var" / "pretend_sms.jsonl"
DEMO_KEY = "demonstration only; production refuses to start without a key of its own"
MISSING_DATABASE = "is missing: the file of the demonstration would be used"


class SettingsError(Exception):
    """A setting that cannot be; the message names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    bot_env: str
    case_database_url: str
    service_name: str
    """Named in every SMS, so that the reader knows who writes."""
    sms_api_url: str
    sms_api_token: str
    tickets_api_url: str
    tickets_api_token: str
    pretend_sms_file: Path
    pretend_sms_fails: bool
    """Tests only: the pretend SMS gateway behaves as one that is away."""
    code_hash_key: str

    @property
    def production(self) -> bool:
        return self.bot_env == "production"


_RELATIVE_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?![/:?]|file:|$)")


def at_root(database_url: str) -> str:
    """A relative SQLite path made absolute; any other address as it is."""
    found = _RELATIVE_SQLITE.match(database_url)
    return f"{found[1]}{ROOT}/{database_url[found.end() :]}" if found else database_url


def read(environ: Mapping[str, str]) -> Settings:
    def value(name: str, default: str = "") -> str:
        return environ.get(name, "").strip() or default

    bot_env = value("BOT_ENV", "demo")
    if bot_env not in ENVIRONMENTS:
        raise SettingsError(f"BOT_ENV={bot_env} is unknown; it is one of: {', '.join(ENVIRONMENTS)}.")
    return Settings(
        bot_env=bot_env,
        case_database_url=at_root(value("CASE_DATABASE_URL", CASE_DATABASE_URL)),
        service_name=value("SERVICE_NAME", "مساعد إيقاف الخدمات"),
        sms_api_url=value("SMS_API_URL"),
        sms_api_token=value("SMS_API_TOKEN"),
        tickets_api_url=value("TICKETS_API_URL"),
        tickets_api_token=value("TICKETS_API_TOKEN"),
        pretend_sms_file=ROOT / value("PRETEND_SMS_FILE", str(PRETEND_SMS_FILE)),
        pretend_sms_fails=value("PRETEND_SMS_FAILS").lower() in ("1", "true", "yes"),
        code_hash_key=value("CODE_HASH_KEY", DEMO_KEY),
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    return read(os.environ)


def check_production(s: Settings, also: Mapping[str, str] = MappingProxyType({})) -> None:
    """Raise with every setting that would bring the pretend side, or an open door, into production. `also`: what is
    wrong with settings of others, by their names."""
    if not s.production:
        return
    wrong = {
        "CASE_DATABASE_URL": MISSING_DATABASE if s.case_database_url == CASE_DATABASE_URL else "",
        "SMS_API_URL": "is missing or not https: codes would go to the pretend SMS gateway or travel in the clear"
        if not s.sms_api_url.startswith("https://")
        else "",
        "SMS_API_TOKEN": "is missing" if not s.sms_api_token else "",
        "TICKETS_API_URL": "is missing or not https: nobody would receive a hand-over"
        if not s.tickets_api_url.startswith("https://")
        else "",
        "TICKETS_API_TOKEN": "is missing" if not s.tickets_api_token else "",
        "PRETEND_SMS_FILE": "belongs to the demonstration" if s.pretend_sms_file != PRETEND_SMS_FILE else "",
        "PRETEND_SMS_FAILS": "belongs to the tests" if s.pretend_sms_fails else "",
        "CODE_HASH_KEY": f"is missing or shorter than {SHORTEST_KEY} characters"
        if s.code_hash_key == DEMO_KEY or len(s.code_hash_key) < SHORTEST_KEY
        else "",
        **also,
    }
    refused = [f"{name} {why}." for name, why in wrong.items() if why]
    if refused:
        raise SettingsError("BOT_ENV=production refuses to start:\n  " + "\n  ".join(refused))


def demo_only(s: Settings, what: str) -> None:
    """Refuse `what` where real people are served."""
    if s.production:
        raise SettingsError(f"{what} belongs to the demonstration and is refused with BOT_ENV=production.")

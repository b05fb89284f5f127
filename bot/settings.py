"""What the environment says to the bot, read once. The action side has its own (`actions/settings.py`)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from actions.settings import ROOT, SettingsError, at_root

DEFAULT_PORT = 5005
BOT_DATABASE_URL = f"sqlite:///{ROOT}/var/bot.db"


@dataclass(frozen=True)
class Settings:
    bot_env: str
    bot_database_url: str
    bot_port: int
    action_port: int
    operator: str
    """Who runs the assistant and says so in its first line; nobody in the demonstration."""
    action_timeout: float
    """Seconds an action may take before the citizen is told that something is away."""

    @property
    def production(self) -> bool:
        return self.bot_env == "production"


def read(environ: Mapping[str, str]) -> Settings:
    def port(name: str, default: str) -> int:
        typed = environ.get(name, "").strip() or default
        if not (typed.isdecimal() and 0 < int(typed) < 65536):
            raise SettingsError(f"{name}={typed} is no port: that is a number from 1 to 65535.")
        return int(typed)

    def seconds(name: str, default: float) -> float:
        typed = environ.get(name, "").strip() or str(default)
        try:
            given = float(typed)
        except ValueError:
            given = math.nan
        if not 0 < given < math.inf:
            raise SettingsError(f"{name}={typed} is no number of seconds above 0.")
        return given

    return Settings(
        bot_env=environ.get("BOT_ENV", "").strip() or "demo",
        bot_database_url=at_root(environ.get("BOT_DATABASE_URL", "").strip() or BOT_DATABASE_URL),
        bot_port=port("BOT_PORT", "5005"),
        action_port=port("ACTION_PORT", "5055"),
        operator=environ.get("OPERATOR_NAME", "").strip(),
        action_timeout=seconds("ACTION_TIMEOUT", 10),
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    return read(os.environ)

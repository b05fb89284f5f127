"""What the environment says to the bot, read once. The action side has its own (`actions/settings.py`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from actions.settings import SettingsError

DEFAULT_PORT = 5005


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

    def number(name: str, default: float) -> float:
        try:
            return float(environ.get(name, "").strip() or default)
        except ValueError:
            raise SettingsError(f"{name}={environ[name]} is not a number.") from None

    return Settings(
        bot_env=environ.get("BOT_ENV", "").strip() or "demo",
        bot_database_url=environ.get("BOT_DATABASE_URL", "").strip() or "sqlite:///var/bot.db",
        bot_port=port("BOT_PORT", "5005"),
        action_port=port("ACTION_PORT", "5055"),
        operator=environ.get("OPERATOR_NAME", "").strip(),
        action_timeout=number("ACTION_TIMEOUT", 10),
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    return read(os.environ)

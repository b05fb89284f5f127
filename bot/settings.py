"""What the environment says to the bot, read once. The action side has its own (`actions/settings.py`)."""

from __future__ import annotations

import base64
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from actions.settings import ROOT, SettingsError, at_root

DEFAULT_PORT = 5005
BOT_DATABASE_URL = f"sqlite:///{ROOT}/var/bot.db"
SECRET_FILE = ROOT / "var" / "secret"
SHORTEST_SECRET = 32
ORIGIN = re.compile(r"https?://[\w.-]+(:\d+)?", re.ASCII)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Settings:
    bot_env: str
    bot_database_url: str
    bot_host: str
    """Where the door listens; everything else is on the loopback interface."""
    bot_port: int
    ops_port: int
    """0: this process has none."""
    action_port: int
    secrets: tuple[str, ...]
    """Newest first; empty in a demonstration, which makes its own."""
    web_origins: tuple[str, ...]
    """Pages of these origins may carry the widget, besides our own."""
    proxies: int
    """Trusted proxies in front: so many entries of X-Forwarded-For are theirs."""
    rate_limits: bool
    rate_limit_storage: str
    documents_dir: Path
    operator: str
    """Who runs the assistant and says so in its first line; nobody in the demonstration."""
    whatsapp: Mapping[str, str] | None = field(repr=False)
    """What `bot.channels.whatsapp.WhatsApp` is made with; None: not connected. Holds secrets."""
    events: Mapping[str, tuple[str, ...]] = field(repr=False)
    """By topic (payments, cases) the secrets of its sender, newest first; none: its events are not taken."""
    action_timeout: float
    """Seconds an action may take before the citizen is told that something is away."""

    @property
    def production(self) -> bool:
        return self.bot_env == "production"

    @property
    def on_loopback(self) -> bool:
        return self.bot_host in LOOPBACK

    @property
    def pretends(self) -> bool:
        """Whether what is pretended may be there: a demonstration on this machine alone."""
        return not self.production and self.on_loopback


def read(environ: Mapping[str, str]) -> Settings:
    def port(name: str, default: str, lowest: int = 1) -> int:
        typed = environ.get(name, "").strip() or default
        if not (typed.isdecimal() and lowest <= int(typed) < 65536):
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

    def listed(name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())

    def one_of(name: str, *known: str) -> str:
        typed = environ.get(name, "").strip() or known[0]
        if typed not in known:
            raise SettingsError(f"{name}={typed} is none of: {', '.join(known)}.")
        return typed

    secrets = listed("BOT_SECRETS")
    if any(len(secret) < SHORTEST_SECRET for secret in secrets):
        raise SettingsError(f"BOT_SECRETS: each has at least {SHORTEST_SECRET} characters, with a comma between them.")
    for origin in listed("WEB_ORIGINS"):
        if not ORIGIN.fullmatch(origin):
            raise SettingsError(f"WEB_ORIGINS: {origin} is no origin, as https://www.example.sa is one.")
    proxies = environ.get("BOT_PROXIES", "").strip() or "0"
    if not proxies.isdecimal():
        raise SettingsError(f"BOT_PROXIES={proxies} is no number.")
    return Settings(
        bot_env=environ.get("BOT_ENV", "").strip() or "demo",
        bot_database_url=at_root(environ.get("BOT_DATABASE_URL", "").strip() or BOT_DATABASE_URL),
        bot_host=environ.get("BOT_HOST", "").strip() or "127.0.0.1",
        bot_port=port("BOT_PORT", "5005"),
        ops_port=port("OPS_PORT", "5006", lowest=0),
        action_port=port("ACTION_PORT", "5055"),
        secrets=secrets,
        web_origins=listed("WEB_ORIGINS"),
        proxies=int(proxies),
        rate_limits=one_of("RATE_LIMITS", "on", "off") == "on",
        rate_limit_storage=environ.get("RATE_LIMIT_STORAGE", "").strip() or "memory://",
        documents_dir=ROOT / (environ.get("DOCUMENTS_DIR", "").strip() or "var/documents"),
        operator=environ.get("OPERATOR_NAME", "").strip(),
        whatsapp=_whatsapp(environ),
        events=_events({topic: _signing(name, listed(name)) for topic, name in EVENTS.items()}),
        action_timeout=seconds("ACTION_TIMEOUT", 10),
    )


WHATSAPP = ("PHONE_NUMBER_ID", "ACCESS_TOKEN", "APP_SECRET", "VERIFY_TOKEN", "GRAPH_VERSION")
"""What connects a number: all of them or none."""
GRAPH_VERSION = re.compile(r"v\d{1,3}\.\d", re.ASCII)


def _whatsapp(environ: Mapping[str, str]) -> dict[str, str] | None:
    given = {name: environ.get(f"WHATSAPP_{name}", "").strip() for name in (*WHATSAPP, "API_URL", "TEMPLATE")}
    if not any(given[name] for name in WHATSAPP):
        return None
    if missing := [f"WHATSAPP_{name}" for name in WHATSAPP if not given[name]]:
        raise SettingsError(
            f"WhatsApp is connected by five settings (docs/whatsapp.md); missing: {', '.join(missing)}."
        )
    if not given["PHONE_NUMBER_ID"].isdecimal():
        raise SettingsError("WHATSAPP_PHONE_NUMBER_ID is the number's id in Meta's console: digits alone.")
    if not GRAPH_VERSION.fullmatch(given["GRAPH_VERSION"]):
        raise SettingsError("WHATSAPP_GRAPH_VERSION is no version; v26.0 is one.")
    if spaced := [f"WHATSAPP_{name}" for name in ("ACCESS_TOKEN", "APP_SECRET") if re.search(r"\s", given[name])]:
        raise SettingsError(f"There is a space in {', '.join(spaced)}: part of something else was copied along.")
    url = given["API_URL"]
    if url and not re.fullmatch(
        r"https://[\w.-]+(:\d+)?/?[\w./-]*|http://(127\.0\.0\.1|localhost)(:\d+)?/?[\w./-]*", url
    ):
        raise SettingsError("WHATSAPP_API_URL: https, or this machine; the access token goes there.")
    return {name.lower(): value for name, value in given.items() if value}


EVENTS = {"payments": "PAYMENT_EVENTS_SECRETS", "cases": "CASE_EVENTS_SECRETS"}
"""Two: whoever may report a payment may not lift a suspension."""
SHORTEST_SIGNING = 24
"""Bytes, as Standard Webhooks has it."""


def _signing(name: str, secrets: tuple[str, ...]) -> tuple[str, ...]:
    for secret in secrets:
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not secret.startswith("whsec_") or len(key) < SHORTEST_SIGNING:
            raise SettingsError(
                f"{name}: each is whsec_ and {SHORTEST_SIGNING} to 64 random bytes in base64, with a comma between them"
                " (docs/integration.md)."
            )
    return secrets


def _events(secrets: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    if set(secrets["payments"]) & set(secrets["cases"]):
        raise SettingsError(f"{' and '.join(EVENTS.values())} have a secret in common: each sender has its own.")
    return secrets


@lru_cache(maxsize=1)
def settings() -> Settings:
    return read(os.environ)

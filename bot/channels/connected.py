"""The messengers that the settings connect, by name."""

from __future__ import annotations

from bot.channels.base import Channel
from bot.channels.whatsapp import WhatsApp
from bot.settings import Settings

MESSENGERS: tuple[type[Channel], ...] = (
    WhatsApp,
)  # fmt: skip
"""Each is made with what the settings hold under its name; without that it is not connected."""


def connected(settings: Settings) -> dict[str, Channel]:
    given = {messenger: getattr(settings, messenger.name) for messenger in MESSENGERS}
    return {messenger.name: messenger(**made_with) for messenger, made_with in given.items() if made_with}

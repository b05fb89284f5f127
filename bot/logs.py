"""Log lines of the bot; the same as those of the action server, which may not import the bot (`actions/logs.py`)."""

from __future__ import annotations

from actions.logs import bind, bound, configure, place

__all__ = ["bind", "bound", "configure", "place"]

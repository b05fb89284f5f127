"""Log lines of every process: who, where and when, and nothing that a citizen said.

    log = logging.getLogger(__name__)
    with logs.bound(conversation=conversation):
        log.error("turn failed: %s", reason, exc_info=error)

An error is told by its type and place; its own words may hold what was typed. Loggers of others (Rasa, Sanic, asyncio)
are told by the first line of what they always say, without the values that they put into it. `bot.logs` is the same
for the bot.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
import traceback
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars as bind
from structlog.contextvars import bound_contextvars as bound
from structlog.stdlib import ProcessorFormatter

from actions.settings import ROOT, SettingsError
from bot.text.mask import mask_any

__all__ = ["bind", "bound", "configure", "place"]

OURS = ("bot", "actions")
FIRST = ("time", "level", "logger", "role", "event")
KEPT_OF_OTHERS = (*FIRST, "conversation", "exc_info", "_record", "_from_structlog")
FORMATS = ("json", "plain")

Event = dict[str, Any]


def configure(production: bool, role: str = "") -> None:
    """JSON lines in production, readable ones else; LOG_FORMAT=json|plain decides otherwise. Goes to standard error.
    Call it before an agent is loaded, or after: what Rasa set up is replaced, what it has kept is cut short."""
    form = os.environ.get("LOG_FORMAT", "").strip() or ("json" if production else "plain")
    if form not in FORMATS:
        raise SettingsError(f"LOG_FORMAT={form} is unknown; it is one of: {', '.join(FORMATS)}.")

    def add_role(_: Any, __: str, event: Event) -> Event:
        return {**event, "role": role} if role else event

    handler = Handler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            processors=[
                structlog.contextvars.merge_contextvars,
                add_role,
                described,
                short_of_others,
                error_by_place,
                ProcessorFormatter.remove_processors_meta,
                masked,
                as_json if form == "json" else as_plain,
            ]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    structlog.configure(  # for Rasa, which logs through structlog
        processors=[structlog.stdlib.filter_by_level, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    if production:  # Python's own way prints the words of the error
        sys.excepthook = lambda kind, error, trace: _log_end(error)


def place(error: BaseException) -> str:
    """`KeyError at views.py:30`, and where of ours that was called when it is not ours: ` from bot/turn.py:12`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    told = f"{type(error).__name__} at {os.path.basename(last.filename)}:{last.lineno}"
    ours = [frame for frame in frames if frame.filename.startswith(tuple(f"{ROOT}/{name}/" for name in OURS))]
    if ours and ours[-1] is not last:
        told += f" from {os.path.relpath(ours[-1].filename, ROOT)}:{ours[-1].lineno}"
    return told


class Handler(logging.StreamHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """A line that cannot be written; the usual report would print its values."""
        error = sys.exc_info()[1]
        kind = type(error).__name__
        sys.stderr.write(f"a log line failed: {kind} at {os.path.basename(record.pathname)}:{record.lineno}\n")


# what happens to a line, in order


def described(_: Any, __: str, event: Event) -> Event:
    record: logging.LogRecord = event["_record"]
    written = dt.datetime.fromtimestamp(record.created, dt.timezone.utc)
    event["time"] = written.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event["level"], event["logger"] = record.levelname.lower(), record.name
    return event


def short_of_others(_: Any, __: str, event: Event) -> Event:
    """Others write messages, slots and whole requests into their lines; what always stands there is kept."""
    record: logging.LogRecord = event["_record"]
    if record.name.split(".")[0] in OURS:
        return event
    said = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
    if isinstance(said, str) and said.startswith("{"):  # a structlog logger that Rasa made before us gives JSON
        try:
            said = json.loads(said).get("event")
        except ValueError:
            said = None
    first = said.partition("\n")[0] if isinstance(said, str) else f"({type(said).__name__})"
    kept = {
        key: event[key] for key in (*FIRST, "conversation", "exc_info", "_record", "_from_structlog") if key in event
    }
    return {**kept, "event": first}


def error_by_place(_: Any, __: str, event: Event) -> Event:
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = given[1] if isinstance(given, tuple) else given if isinstance(given, BaseException) else None
    if error is not None:
        event["error"] = place(error)
    return event


UNMASKED = ("time", "level", "logger", "provider_code")
"""What is never anybody's; a provider's error code has six digits, as a one-time code has."""


def masked(_: Any, __: str, event: Event) -> Event:
    """The last guard: whatever has the form of an ID, a number or a code goes, wherever it came from."""
    return {key: value if key in UNMASKED else mask_any(value) for key, value in event.items()}


def as_json(_: Any, __: str, event: Event) -> str:
    return json.dumps(_ordered(event), ensure_ascii=False, default=lambda value: type(value).__name__)


def as_plain(_: Any, __: str, event: Event) -> str:
    time, level, logger, role, said = (event.pop(name, "") for name in FIRST)
    rest = [f"{name}={value}" for name, value in event.items()]
    return " ".join(filter(None, [time, level.upper(), role, logger, str(said), *rest])).replace("\n", " ")


def _ordered(event: Event) -> Event:
    return {**{name: event[name] for name in FIRST if name in event}, **event}


def _log_end(error: BaseException) -> None:
    logging.getLogger("bot").critical("ended by an error", exc_info=error)

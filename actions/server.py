"""The action server as a process of its own: `python -m actions.server`, started by `bot serve`.

Only this machine reaches it, under its own name (`actions/hosts.py`), and an error answers without the request: the
SDK's own handler would send tracker, slots and messages back, and the caller would log them. `GET /health` says that
it listens.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import time
import warnings
from typing import Any

from sanic import Sanic
from sanic.exceptions import InvalidUsage, SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json

from actions import logs
from actions.hosts import check_host
from actions.settings import SettingsError, settings

log = logging.getLogger("actions")

OBJECTS = 20_000
"""Between two collections of garbage; Python's 700 are made and forgotten many times in an action."""


def failed(request: Request, error: Exception) -> HTTPResponse:
    if isinstance(error, SanicException):  # no such route, no JSON: asked wrongly, nothing failed
        return json({"error": type(error).__name__}, status=error.status_code)
    action = _body(request).get("next_action")
    log.error("action %s failed %s", action, getattr(error, "reason", ""), exc_info=error)
    return json({"error": "the action failed", "action_name": action}, status=500)


async def know_conversation(request: Request) -> None:
    logs.bind(conversation=_body(request).get("sender_id"))


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json if request.body else None
    except InvalidUsage:
        body = None
    return body if isinstance(body, dict) else {}


def application() -> Sanic:
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # of libraries about each other; Sanic shows them
    from rasa_sdk.endpoint import create_app

    app = create_app("actions", cors_origins=[])
    check_host(app)
    app.register_middleware(know_conversation, "request")
    app.error_handler.add(Exception, failed)
    return app


def end_with(parent: int) -> None:
    """A parent that was killed takes this process with it."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main() -> int:
    try:
        logs.configure(settings().production, role="actions")
    except SettingsError as error:
        sys.exit(str(error))
    logging.getLogger("sanic.root").setLevel(logging.ERROR)  # it advises a debug mode at every start
    parent = int(os.environ.get("ACTIONS_PARENT") or 0)
    if parent:
        threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    app = application()
    gc.freeze()  # what was loaded stays
    gc.set_threshold(OBJECTS)
    app.run(host="127.0.0.1", port=int(os.environ.get("ACTION_PORT") or 5055), access_log=False, motd=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

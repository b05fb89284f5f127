"""The action server as a process of its own: `python -m actions.server`, started by `bot serve`.

Only this machine reaches it, and an error answers without the request: the SDK's own handler would send tracker,
slots and messages back, and the caller would log them.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time

from rasa_sdk.endpoint import create_app
from sanic.request import Request
from sanic.response import HTTPResponse, json

log = logging.getLogger("actions")


def failed(request: Request, error: Exception) -> HTTPResponse:
    action = (request.json or {}).get("next_action") if request.body else None
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    where = f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame else "?"
    reason = getattr(error, "reason", "")
    log.error("action %s failed: %s %s at %s", action, type(error).__name__, reason, where)
    return json({"error": "the action failed", "action_name": action}, status=500)


def end_with(parent: int) -> None:
    """A parent that was killed takes this process with it."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)
    logging.getLogger("sanic.root").setLevel(logging.ERROR)  # it advises a debug mode at every start
    parent = int(os.environ.get("ACTIONS_PARENT") or 0)
    if parent:
        threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    app = create_app("actions", cors_origins=[])
    app.error_handler.add(Exception, failed)
    app.run(host="127.0.0.1", port=int(os.environ.get("ACTION_PORT") or 5055), access_log=False, motd=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

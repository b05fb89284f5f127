"""SMS. To connect a provider: a class with `send`, chosen in `actions/case_db/unit_of_work.py`."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import re
from abc import ABC, abstractmethod
from pathlib import Path

from actions.gateways.base import TIMEOUT, call, post_json, reach
from actions.services.errors import Unavailable

NAME = "sms"


class SmsGateway(ABC):
    @abstractmethod
    def send(self, mobile: str, text: str) -> None:
        """Send `text` to `mobile` (E.164), or raise `Unavailable("sms")`."""

    @abstractmethod
    def probe(self) -> None:
        """Raise `Unavailable("sms")` when the gateway is away, sending nothing. Done in place of `send` for an ID that
        nobody has, so that an outage shows for it as it does for one that exists."""


def send_or_probe(gateway: SmsGateway, mobile: str, text: str) -> None:
    """Send, and raise only where the gateway itself is away: a refusal of this one message (a bad number) concerns an
    ID that exists, and would show that it does if it counted as an outage."""
    try:
        gateway.send(mobile, text)
    except Unavailable:
        gateway.probe()


class HttpSms(SmsGateway):
    """POSTs `{"to", "text"}` with a bearer token; any 2xx is a success."""

    def __init__(self, url: str, token: str, *, timeout: float = TIMEOUT) -> None:
        self.url = url
        self.token = token
        self.timeout = timeout

    def send(self, mobile: str, text: str) -> None:
        with call(NAME, "send"):
            post_json(self.url, self.token, {"to": mobile, "text": text}, timeout=self.timeout)

    def probe(self) -> None:
        with call(NAME, "probe"):
            reach(self.url, timeout=self.timeout)


class PretendSms(SmsGateway):
    """Demonstration: a line of JSON per message in a file that only its owner reads. `bot demo code` looks there."""

    def __init__(self, file: Path, *, fails: bool = False) -> None:
        self.file = Path(file)
        self.fails = fails

    def send(self, mobile: str, text: str) -> None:
        with call(NAME, "pretended send"):
            self._fail_if_told()
            self.file.parent.mkdir(parents=True, exist_ok=True)
            line = {"at": dt.datetime.now(dt.timezone.utc).isoformat(), "to": mobile, "text": text}
            opened = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(opened, "a", encoding="utf-8") as out:
                fcntl.flock(out, fcntl.LOCK_EX)  # until it is closed
                out.write(json.dumps(line, ensure_ascii=False) + "\n")

    def probe(self) -> None:
        with call(NAME, "pretended probe"):
            self._fail_if_told()

    def last_code(self, mobile: str) -> str | None:
        """The six digits of the last message to `mobile` that has some."""
        if not self.file.exists():
            return None
        with self.file.open(encoding="utf-8") as lines:
            fcntl.flock(lines, fcntl.LOCK_SH)
            sent = [json.loads(line) for line in lines]
        for message in reversed(sent):
            code = re.search(r"(?<!\d)\d{6}(?!\d)", message["text"])
            if message["to"] == mobile and code:
                return code.group()
        return None

    def _fail_if_told(self) -> None:
        if self.fails:
            raise ConnectionError("PRETEND_SMS_FAILS")

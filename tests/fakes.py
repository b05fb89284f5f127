"""Stand-ins that remember what was done with them."""

from __future__ import annotations

import datetime as dt
import re

from actions.gateways.sms import NAME as SMS
from actions.gateways.sms import SmsGateway
from actions.gateways.tickets import NAME as TICKETS
from actions.gateways.tickets import TicketsGateway
from actions.services.errors import Unavailable


class Clock:
    """Stands still until it is moved: `clock.move(minutes=31)`."""

    def __init__(self, now: dt.datetime | None = None) -> None:
        self.now = now or dt.datetime.now(dt.timezone.utc)

    def __call__(self) -> dt.datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += dt.timedelta(**by)


class FakeSms(SmsGateway):
    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.probed = 0
        self.fails = False

    def send(self, mobile: str, text: str) -> None:
        self._fail_if_told()
        self.sent.append((mobile, text))

    def probe(self) -> None:
        self.probed += 1
        self._fail_if_told()

    def last_code(self) -> str:
        return re.findall(r"(?<!\d)\d{6}(?!\d)", self.sent[-1][1])[-1]

    def _fail_if_told(self) -> None:
        if self.fails:
            raise Unavailable(SMS)


class FakeTickets(TicketsGateway):
    def __init__(self) -> None:
        self.opened: list[str] = []
        self.fails = False

    def open(self, *, reference: str, topic: str, transcript: list[dict]) -> None:
        if self.fails:
            raise Unavailable(TICKETS)
        self.opened.append(reference)

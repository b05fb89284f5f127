"""The desk that takes over a conversation. The `ticket` row is ours and already kept when a gateway is called."""

from __future__ import annotations

from abc import ABC, abstractmethod

from actions.gateways.base import TIMEOUT, call, post_json

NAME = "tickets"


class TicketsGateway(ABC):
    @abstractmethod
    def open(self, *, reference: str, topic: str, transcript: list[dict]) -> None:
        """Tell the desk, or raise `Unavailable("tickets")`. Opening one `reference` twice is opening it once."""


class HttpTickets(TicketsGateway):
    """POSTs `{"reference", "topic", "transcript"}` with a bearer token; any 2xx is a success."""

    def __init__(self, url: str, token: str, *, timeout: float = TIMEOUT) -> None:
        self.url = url
        self.token = token
        self.timeout = timeout

    def open(self, *, reference: str, topic: str, transcript: list[dict]) -> None:
        body = {"reference": reference, "topic": topic, "transcript": transcript}
        with call(NAME, "open"):
            post_json(self.url, self.token, body, timeout=self.timeout)


class PretendTickets(TicketsGateway):
    """Demonstration: nobody is told; the row stays."""

    def open(self, *, reference: str, topic: str, transcript: list[dict]) -> None:
        pass

"""The pretend Graph API on a free port, with a webhook that keeps what it is sent."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.phone.deliveries import Person
from bot.phone.graph import PREFIX, PretendGraph
from tests.scenarios.runner import free_port
from tests.servers import listening

NUMBER, TOKEN, SECRET = "1001", "a token", "a secret"
HER = Person("+966500000011", "SA.1349000000000001", "نورة")
HIDDEN = Person(None, "SA.1349000000000002", "سارة", username="sara")


class Stage:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.graph = PretendGraph(NUMBER, TOKEN, SECRET, f"{self.url}/webhook", people=[HER, HIDDEN])
        self.app = Sanic(f"phone-{uuid.uuid4().hex}", configure_logging=False)
        self.app.config.MOTD = False
        self.app.blueprint(self.graph.blueprint())
        self.received: list[tuple[bytes, str | None]] = []
        """Raw bodies and their signatures."""
        self.answers: list[int] = []
        """What the webhook answers next; 200 when empty."""

        @self.app.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            self.received.append((request.body, request.headers.get("x-hub-signature-256")))
            return HTTPResponse(status=self.answers.pop(0) if self.answers else 200)

    async def post(self, payload: Any, token: str = TOKEN, number: str = NUMBER, **more: Any) -> tuple[int, Any]:
        url = f"{self.url}{PREFIX}/{self.graph.version}/{number}/messages"
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        async with ClientSession() as session, session.post(url, data=body, headers=headers, **more) as response:
            return response.status, await response.json(content_type=None)

    def statuses(self) -> list[dict[str, Any]]:
        values = [json.loads(body)["entry"][0]["changes"][0]["value"] for body, _ in self.received]
        return [status for value in values for status in value.get("statuses", [])]


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    stage = Stage()
    async with listening(stage.app, stage.port):
        yield stage
        await stage.graph.close()


def said(body: str = "مرحبا", **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": HER.phone, "type": "text", "text": {"body": body}, **more}

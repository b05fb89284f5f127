"""The action server as the agent meets it when it answers something else than a result."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.agent import ActionsAway, ActionServer
from bot.tracker_store import CURRENT, Turn


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", "application/json"), (b"\xff", "application/json"), (b"hello", "text/html")],
    ids=["no JSON", "no text", "a page"],
)
def test_an_answer_that_is_no_json_is_a_failed_action(body: bytes, kind: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind)

    async def ask() -> list[str]:
        app = web.Application()
        app.router.add_post("/webhook", answer)
        turn = Turn("c1", "ar")
        CURRENT.set(turn)
        async with TestServer(app) as server:
            with pytest.raises(ActionsAway):
                await ActionServer(str(server.make_url("/webhook")), 5).request({"next_action": "action_greet"})
        return turn.failures

    (failure,) = asyncio.run(ask())
    assert failure.startswith("action action_greet: ")
    assert "hello" not in failure

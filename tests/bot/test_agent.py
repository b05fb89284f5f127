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


def test_connections_are_kept_while_it_is_open() -> None:
    peers = []

    async def answer(request: web.Request) -> web.Response:
        peers.append(request.transport.get_extra_info("peername"))
        return web.json_response({"events": [], "responses": []})

    async def ask() -> None:
        app = web.Application()
        app.router.add_post("/webhook", answer)
        async with TestServer(app) as server:
            actions = ActionServer(str(server.make_url("/webhook")), 5)
            await actions.open()
            for _ in range(3):
                await actions.request({"next_action": "action_greet"})
            await actions.close()
            for _ in range(2):
                await actions.request({"next_action": "action_greet"})

    asyncio.run(ask())
    assert len(set(peers[:3])) == 1
    assert len(set(peers)) == 3

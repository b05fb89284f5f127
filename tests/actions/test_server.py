"""The action server as a real server on a free port: who is answered, and what an error says."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
from sanic import Sanic

from actions import logs
from actions.identity.action_forget_me import ActionForgetMe
from actions.server import application
from tests.scenarios.runner import free_port
from tests.servers import Reply, ask, listening

NATIONAL_ID = "1058529940"
CONVERSATION = "c0ffee00c0ffee00c0ffee00c0ffee00"
CALL = {
    "next_action": "action_forget_me",
    "sender_id": CONVERSATION,
    "tracker": {"sender_id": CONVERSATION, "slots": {"note": NATIONAL_ID}, "latest_message": {"text": "secret words"}},
}


@pytest.fixture(autouse=True)
def same_name_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sanic, "test_mode", True)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What it logs, in the form of production."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    monkeypatch.setenv("LOG_FORMAT", "json")
    logs.configure(False, role="actions")
    written = io.StringIO()
    root.handlers[0].setStream(written)
    yield written
    root.handlers[:], root.level = before


def asked(path: str, host: str = "127.0.0.1:{}", body: bytes | None = None) -> Reply:
    async def run() -> Reply:
        port = free_port()
        async with listening(application(), port):
            return await ask(port, path, host.format(port), body=body)

    return asyncio.run(run())


def test_says_that_it_is_there():
    assert (asked("/health").status, json.loads(asked("/health").body)) == (200, {"status": "ok"})


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{}", "127.0.0.1.evil.example:{}"])
def test_a_page_that_rebinds_its_name_to_this_machine_runs_no_action(
    host: str, monkeypatch: pytest.MonkeyPatch, lines: io.StringIO
):
    ran = []
    monkeypatch.setattr(ActionForgetMe, "run", lambda self, dispatcher, tracker, domain: ran.append(1) or [])
    body = json.dumps(CALL).encode()
    assert asked("/webhook", host, body).status == 403
    assert asked("/actions", host).status == 403
    assert asked("/health", host).status == 403
    assert ran == []
    assert asked("/webhook", body=body).status == 200
    assert ran == [1], "asked by its own name it runs"


def test_an_action_that_fails_tells_nobody_what_was_in_its_request(monkeypatch: pytest.MonkeyPatch, lines: io.StringIO):
    def run(self: object, dispatcher: object, tracker: object, domain: object) -> None:
        raise KeyError(f"no room for {NATIONAL_ID} of secret words")

    monkeypatch.setattr(ActionForgetMe, "run", run)
    reply = asked("/webhook", body=json.dumps(CALL).encode())
    assert (reply.status, json.loads(reply.body)) == (
        500, {"error": "the action failed", "action_name": "action_forget_me"},
    )  # fmt: skip
    (line,) = (json.loads(text) for text in lines.getvalue().splitlines())
    assert "action_forget_me failed" in line["event"]
    assert line["error"].startswith("KeyError at test_server.py:")
    assert (line["role"], line["conversation"]) == ("actions", CONVERSATION)
    assert NATIONAL_ID not in lines.getvalue() + reply.body.decode()
    assert "secret words" not in lines.getvalue() + reply.body.decode()


@pytest.mark.parametrize(("path", "body", "status"), [("/webhook", b"{no json", 400), ("/nothing", None, 404)])
def test_what_is_asked_wrongly_is_no_failed_action(path: str, body: bytes | None, status: int, lines: io.StringIO):
    assert asked(path, body=body).status == status
    assert "failed" not in lines.getvalue()

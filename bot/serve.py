"""`bot serve`: our own Sanic application around the agent, and the action server as its child.

Only the loopback interface is listened on. The REST route has the body and the answer of Rasa's REST channel; the
public doors (web, WhatsApp) are roles of their own and never reach Rasa.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import ExitStack, suppress
from typing import Any

from sanic import Sanic
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.exc import SQLAlchemyError

from actions.services.errors import Unavailable
from actions.settings import SettingsError, check_production
from actions.settings import settings as action_settings
from bot.project import ROOT
from bot.settings import Settings

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
CHILD_PATIENCE = 30.0
"""Seconds that the action server may take to listen."""
LONGEST_BODY = 200_000


def check_start(settings: Settings) -> None:
    """Refuse what cannot work before anything is loaded: settings and taken ports."""
    check_production(action_settings(), {"OPERATOR_NAME": "" if settings.operator else "is missing"})
    with ExitStack() as held:
        for name, port in (("BOT_PORT", settings.bot_port), ("ACTION_PORT", settings.action_port)):
            try:
                held.enter_context(socket.create_server((HOST, port)))
            except OSError as error:
                raise _taken(name, port) from error


def _taken(name: str, port: int) -> SettingsError:
    other = port + 10 if port + 10 < 65536 else port - 10
    return SettingsError(
        f"المنفذ {port} مستخدم. لتغييره: {name}={other} make run\n"
        f"Port {port} is taken. Change it with {name}, for example: {name}={other} make run"
    )


def start_actions(settings: Settings) -> subprocess.Popen:
    """The action server as a child; it ends with us, also when we are killed."""
    return subprocess.Popen(
        [sys.executable, "-m", "actions.server"],
        cwd=ROOT,
        env={
            **os.environ,
            "ACTION_PORT": str(settings.action_port),
            "ACTIONS_PARENT": str(os.getpid()),
            "PYTHONWARNINGS": "ignore",  # of its libraries about each other
        },
    )


async def wait_for_actions(child: subprocess.Popen, port: int) -> None:
    deadline = asyncio.get_running_loop().time() + CHILD_PATIENCE
    while asyncio.get_running_loop().time() < deadline:
        if child.poll() is not None:
            raise SettingsError(f"the action server ended at its start (code {child.returncode}); why stands above")
        with suppress(OSError):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
            return
        await asyncio.sleep(0.1)
    raise SettingsError(f"the action server did not listen on {HOST}:{port} within {CHILD_PATIENCE:.0f} seconds")


def application(settings: Settings, assistant: object) -> Sanic:
    app = Sanic("bot", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = LONGEST_BODY
    app.config.RESPONSE_TIMEOUT = 60
    app.config.MOTD = False
    app.ctx.assistant = assistant

    @app.get("/ready")
    async def ready(request: Request) -> HTTPResponse:
        """A sentence was parsed and both databases answer."""
        try:
            await assistant.check()
        except (SQLAlchemyError, Unavailable) as error:
            log.error("not ready: %s", type(error).__name__)
            return json({"ready": False}, status=503)
        return json({"ready": True})

    if not settings.production:
        app.add_route(_say, "/webhooks/rest/webhook", methods=["POST"])
        app.add_route(_notices, "/webhooks/rest/notices", methods=["POST"])
    return app


async def _say(request: Request) -> HTTPResponse:
    """Rasa's REST channel: {"sender", "message"} → [{"recipient_id", "text", "buttons", "custom"}]. `message` may be
    the id of an offered button. An optional "message_id" makes a repeated delivery recognisable."""
    body = _body(request)
    sender, message, given = _sender(body), body.get("message"), body.get("message_id")
    if not sender or not isinstance(message, str) or not isinstance(given, (str, int, type(None))):
        return json({"error": 'the body is {"sender": "…", "message": "…"}; both are text'}, status=400)
    assistant = request.app.ctx.assistant
    try:
        conversation = await asyncio.to_thread(assistant.conversation, "rest", sender)
        button = message if await asyncio.to_thread(assistant.is_offer, conversation, message) else None
        answers = await assistant.turn(conversation, message_id(sender, given), None if button else message, button)
    except SQLAlchemyError as error:
        log.error("the bot's database is away: %s", type(error).__name__)
        answers = [assistant.sorry()]
    return json([_public(sender, answer) for answer in answers], ensure_ascii=False)


async def _notices(request: Request) -> HTTPResponse:
    """What this sender is to be told now, handed over once: {"sender"} → [answers]."""
    sender = _sender(_body(request))
    if not sender:
        return json({"error": 'the body is {"sender": "…"}'}, status=400)
    assistant = request.app.ctx.assistant
    try:
        conversation = await asyncio.to_thread(assistant.conversation, "rest", sender)
        answers = await asyncio.to_thread(assistant.notices, conversation)
    except (SQLAlchemyError, Unavailable) as error:
        log.error("notices: a database is away: %s", type(error).__name__)
        return json({"error": "a database is away; nothing is lost"}, status=503)
    return json([_public(sender, answer) for answer in answers], ensure_ascii=False)


def message_id(sender: str, given: str | int | None) -> str:
    """The same for the same message of the same sender; a new one where the sender gives none."""
    return (uuid.uuid4() if given is None else uuid.uuid5(uuid.NAMESPACE_URL, f"rest:{sender}:{given}")).hex


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json
    except InvalidUsage:
        return {}
    return body if isinstance(body, dict) else {}


def _sender(body: dict[str, Any]) -> str | None:
    """A name that a database can keep."""
    sender = body.get("sender")
    fits = isinstance(sender, str) and sender.strip() and sender.isprintable() and len(sender) <= 100
    return sender if fits else None


def _public(sender: str, answer: dict) -> dict:
    shown = {key: answer[key] for key in ("text", "buttons", "custom") if answer.get(key)}
    return {"recipient_id": sender, **shown}


def run(settings: Settings) -> int:
    """Start everything, say where to talk, end everything on Ctrl-C or SIGTERM."""
    check_start(settings)
    child = start_actions(settings)
    try:
        from bot import agent
        from bot.delivery.engine import make_engine
        from bot.training.model import model_path
        from bot.turn import Assistant

        engine = make_engine(settings.bot_database_url)
        loaded = agent.load(
            model_path(), engine, f"http://{HOST}:{settings.action_port}/webhook", settings.action_timeout
        )
        return asyncio.run(_serve(application(settings, Assistant(loaded, engine)), settings, child))
    finally:
        stop(child)


async def _serve(app: Sanic, settings: Settings, child: subprocess.Popen) -> int:
    """Until somebody ends us (0) or the action server is gone (1)."""
    await wait_for_actions(child, settings.action_port)
    try:
        server = await app.create_server(
            host=HOST, port=settings.bot_port, return_asyncio_server=True, access_log=False, debug=False
        )
    except OSError as error:  # somebody took it while the model was loading
        raise _taken("BOT_PORT", settings.bot_port) from error
    await server.startup()
    await app.ctx.assistant.check()  # the first parse loads what is loaded late
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    from bot.welcome import welcome

    print(welcome(settings), flush=True)
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    watch = asyncio.create_task(_watch(child))
    asked = asyncio.create_task(over.wait())
    await asyncio.wait({watch, asked}, return_when=asyncio.FIRST_COMPLETED)
    code = 0 if over.is_set() else 1
    if code:
        log.error("the action server ended by itself (code %s), and so we end: start again", child.returncode)
    watch.cancel()
    asked.cancel()
    print("\nإيقاف… | stopping …", flush=True)
    server.close()
    await server.wait_closed()
    return code


async def _watch(child: subprocess.Popen) -> None:
    """Without the action server nothing can be looked up: we end, so that who runs us starts both anew."""
    while child.poll() is None:
        await asyncio.sleep(1)


def stop(child: subprocess.Popen) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(5)

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
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from actions.case_db.models import Citizen
from actions.case_db.seed import PERSONAS
from actions.services.errors import Unavailable
from actions.settings import MISSING_DATABASE, SettingsError, check_production
from actions.settings import settings as action_settings
from bot.project import ROOT
from bot.settings import BOT_DATABASE_URL, Settings

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
CHILD_PATIENCE = 30.0
"""Seconds that the action server may take to listen."""
RESTART_PAUSE = 2.0
"""Seconds between two looks whether the action server is still there."""
LONGEST_BODY = 200_000


def check_start(settings: Settings) -> None:
    """Refuse what cannot work before anything is loaded: settings and taken ports."""
    others = {
        "OPERATOR_NAME": "" if settings.operator else "is missing",
        "BOT_DATABASE_URL": MISSING_DATABASE if settings.bot_database_url == BOT_DATABASE_URL else "",
    }
    check_production(action_settings(), others)
    with ExitStack() as held:
        for name, port in (("BOT_PORT", settings.bot_port), ("ACTION_PORT", settings.action_port)):
            try:
                held.enter_context(socket.create_server((HOST, port)))
            except OSError as error:
                raise _taken(name, port) from error


def check_people(engine: Engine) -> None:
    """Refuse, in production, a case database that the demonstration was seeded into."""
    invented = select(Citizen.id).where(Citizen.national_id.in_([persona.national_id for persona in PERSONAS]))
    with Session(engine, future=True) as session:
        if session.scalar(invented.limit(1)) is not None:
            raise SettingsError(
                "BOT_ENV=production refuses to start: the database of CASE_DATABASE_URL holds invented people of the"
                " demonstration. Real people need a database of their own."
            )


def _taken(name: str, port: int) -> SettingsError:
    other = port + 10 if port + 10 < 65536 else port - 10
    return SettingsError(
        f"المنفذ {port} مستخدم. لتغييره: {name}={other} make run\n"
        f"Port {port} is taken. Change it with {name}, for example: {name}={other} make run"
    )


class Actions:
    """The action server as a child; it ends with us, also when we are killed."""

    def __init__(self, settings: Settings) -> None:
        self.port = settings.action_port
        self.start()

    def start(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "actions.server"],
            cwd=ROOT,
            env={
                **os.environ,
                "ACTION_PORT": str(self.port),
                "ACTIONS_PARENT": str(os.getpid()),
                "PYTHONWARNINGS": "ignore",  # of its libraries about each other
            },
        )

    async def listening(self) -> None:
        """Wait for its first start; a child that cannot start is an error."""
        deadline = asyncio.get_running_loop().time() + CHILD_PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            if self.child.poll() is not None:
                code = self.child.returncode
                raise SettingsError(f"the action server ended at its start (code {code}); why stands above")
            with suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, self.port)
                writer.close()
                return
            await asyncio.sleep(0.1)
        raise SettingsError(
            f"the action server did not listen on {HOST}:{self.port} within {CHILD_PATIENCE:.0f} seconds"
        )

    async def keep(self) -> None:
        """Start it again whenever it is gone. Turns meanwhile answer that something is away and keep nothing, so each
        conversation goes on where it was."""
        while True:
            await asyncio.sleep(RESTART_PAUSE)
            if self.child.poll() is not None:
                log.error("the action server ended by itself (code %s); starting it again", self.child.returncode)
                with suppress(OSError):  # no memory, say: at the next look
                    self.start()

    def stop(self) -> None:
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(5)


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
    if not sender or not isinstance(message, str):
        return json({"error": 'the body is {"sender": "…", "message": "…"}; both are text'}, status=400)
    if not isinstance(given, (str, int, type(None))) or not str(given).isprintable():
        return json({"error": "a message_id beside sender and message is a number or printable text"}, status=400)
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
    actions = Actions(settings)
    try:
        from bot import agent
        from bot.delivery.engine import make_engine
        from bot.training.model import model_path
        from bot.turn import Assistant

        engine = make_engine(settings.bot_database_url)
        loaded = agent.load(
            model_path(), engine, f"http://{HOST}:{settings.action_port}/webhook", settings.action_timeout
        )
        asyncio.run(_serve(application(settings, Assistant(loaded, engine)), settings, actions))
        return 0
    finally:
        actions.stop()


async def _serve(app: Sanic, settings: Settings, actions: Actions) -> None:
    """Until somebody ends us."""
    await actions.listening()
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
    keeping = asyncio.create_task(actions.keep())
    await over.wait()
    keeping.cancel()
    print("\nإيقاف… | stopping …", flush=True)
    server.close()
    await server.wait_closed()

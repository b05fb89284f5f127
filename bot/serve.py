"""`bot serve`: the roles of the assistant, in one process or each in its own.

    door      public: the widget, the web API, webhooks, /healthz; no Rasa
    worker    takes messages from the inbox, has the dialogue answer them; applies what bank and authority reported
    sender    hands notices to the outbox, sends what waits for a messenger; removes what was kept long enough
    actions   the action server

Beside its roles each process has /readyz and /metrics on a loopback port of its own (OPS_PORT). Nobody reaches Rasa or
the action server from outside.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import aiohttp
import uvloop
from sanic import Sanic
from sanic.touchup import TouchUp
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from actions.case_db.models import Citizen
from actions.case_db.seed import PERSONAS
from actions.case_db.unit_of_work import unit_of_work
from actions.services.errors import Unavailable
from actions.settings import MISSING_DATABASE, SettingsError, check_production
from actions.settings import settings as action_settings
from bot import events, logs
from bot.channels.base import Channel
from bot.channels.connected import connected
from bot.channels.door import Door
from bot.channels.events import add_events
from bot.channels.files import add_files
from bot.channels.rest import add_rest
from bot.channels.web import add_web, close_streams
from bot.channels.webhook import add_webhook
from bot.delivery import deliveries, documents, inbox, received
from bot.delivery.bell import Bell
from bot.delivery.engine import make_engine, reading
from bot.delivery.models import Conversation
from bot.delivery.notifier import Notifier
from bot.delivery.sender import Sender
from bot.delivery.worker import Worker
from bot.keys import keys
from bot.live_answers import LiveAnswers
from bot.ops import ops_app
from bot.phone.number import pretend_graph, pretend_number
from bot.phone.page import add_phone
from bot.project import ROOT
from bot.settings import BOT_DATABASE_URL, Settings
from bot.welcome import welcome

log = logging.getLogger(__name__)

ROLES = ("door", "worker", "sender", "actions")
HOST = "127.0.0.1"
CHILD_PATIENCE = 30.0
"""Seconds that the action server may take to listen."""
RESTART_PAUSE = 2.0
"""Seconds between two looks whether the action server is still there."""

NICE = 5
"""Of a process that only works on answers: on a machine whose cores are all busy, what takes messages in and sends them
comes first."""
OBJECTS = 20_000
"""Between two collections of garbage; Python's 700 are made and forgotten many times in a turn."""
PURGE_EVERY = 3600.0
"""Seconds between two looks for what was kept long enough."""

Check = Callable[[], Awaitable[object]]


def check_start(settings: Settings, roles: tuple[str, ...] = ROLES) -> None:
    """Refuse what cannot work before anything is loaded: settings and taken ports."""
    others = {
        "OPERATOR_NAME": "" if settings.operator else "is missing",
        "BOT_DATABASE_URL": MISSING_DATABASE if settings.bot_database_url == BOT_DATABASE_URL else "",
        "BOT_SECRETS": "" if settings.secrets else "is missing",
    }
    check_production(action_settings(), others)
    ports = {
        "BOT_PORT": (settings.bot_host, settings.bot_port) if "door" in roles else None,
        "OPS_PORT": (HOST, settings.ops_port) if settings.ops_port and roles != ("actions",) else None,
        "ACTION_PORT": (HOST, settings.action_port) if "actions" in roles else None,
    }
    with ExitStack() as held:
        for name, where in ports.items():
            try:
                if where:
                    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
                    held.enter_context(socket.create_server(where, family=family))
            except OSError as error:
                raise _taken(name, where[1]) from error


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
                if code in (0, -signal.SIGINT, 128 + signal.SIGINT):
                    raise KeyboardInterrupt  # Ctrl-C reaches both; some library's import swallowed ours
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
        """Start it again whenever it is gone. Turns meanwhile fail and are tried again, so each conversation goes on
        where it was."""
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


def door_app(settings: Settings, door: Door, channels: Mapping[str, Channel]) -> Sanic:
    """What is public, and in a demonstration on this machine alone the host page, the REST route and the phone."""
    app = Sanic("door", configure_logging=False)
    app.config.MOTD = False
    add_web(app, door)
    add_files(app, demo=settings.pretends)
    for channel in channels.values():
        add_webhook(app, door, channel)
    add_events(app, settings.events)
    if settings.pretends:
        add_rest(app, door)
    if settings.pretends and settings.whatsapp == pretend_number(settings.bot_port):
        app.ctx.graph = pretend_graph(settings.bot_port)
        app.blueprint(app.ctx.graph.blueprint())
        add_phone(app, app.ctx.graph)
    return app


def run(settings: Settings, roles: tuple[str, ...] = ROLES) -> int:
    """Start these roles, say where to talk, end everything on Ctrl-C or SIGTERM."""
    check_start(settings, roles)
    if settings.pretends and not settings.whatsapp:
        settings = replace(settings, whatsapp=pretend_number(settings.bot_port))
    channels = connected(settings)
    actions = Actions(settings) if "actions" in roles else None
    try:
        assistant, engine = None, make_engine(settings.bot_database_url)
        if "worker" in roles:
            from bot import agent
            from bot.training.model import model_path
            from bot.turn import Assistant

            url = f"http://{HOST}:{settings.action_port}/webhook"
            loaded = agent.load(model_path(), engine, url, settings.action_timeout)
            assistant = Assistant(loaded, engine, keys(), channels)
            # Between its statements a transaction waits for the interpreter while another turn computes; the usual
            # 5 ms each would keep the database's one writer for a tenth of a second.
            sys.setswitchinterval(0.0005)
        if roles == ("worker",):
            os.nice(NICE)
        uvloop.install()
        gc.freeze()  # what was loaded stays; every full collection would go through all of it
        gc.set_threshold(OBJECTS)
        logs.configure(settings.production, "+".join(roles) if len(roles) < len(ROLES) else "all")
        asyncio.run(Process(settings, roles, engine, channels, assistant, actions).serve())
        return 0
    finally:
        if actions:
            actions.stop()


class Process:
    """What runs in one process, from its start to its end."""

    def __init__(
        self,
        settings: Settings,
        roles: tuple[str, ...],
        engine: Engine,
        channels: Mapping[str, Channel],
        assistant: Any,
        actions: Actions | None,
    ) -> None:
        self.settings, self.roles, self.engine, self.channels = settings, roles, engine, channels
        self.assistant, self.actions = assistant, actions
        self.over = asyncio.Event()

    async def serve(self) -> None:
        """Until somebody ends us, or a part of us ended by itself, which is an error."""
        if self.actions:
            await self.actions.listening()
        if self.assistant:
            await self.assistant.agent.open()
            await self.assistant.parse()  # the first parse loads what is loaded late
        bell = Bell(self.engine)
        bell.start()
        answers = LiveAnswers(self.settings.operator)
        door = Door(self.engine, keys(), bell, answers.refresh, self.settings)
        servers = []
        if self.settings.ops_port and self.roles != ("actions",):
            servers.append(await self._listen(ops_app(self._checks(), self._depth), HOST, "OPS_PORT"))
        public = door_app(self.settings, door, self.channels) if "door" in self.roles else None
        if public:
            servers.append(await self._listen(public, self.settings.bot_host, "BOT_PORT"))
        parts = self._parts(door)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):  # until here Ctrl-C ends the start as it ends any program
            loop.add_signal_handler(number, self.over.set)
        print(welcome(self.settings, self.roles), flush=True)
        working = [asyncio.create_task(part) for part in parts]
        ending = asyncio.create_task(self.over.wait())
        await asyncio.wait([ending, *working], return_when=asyncio.FIRST_COMPLETED)
        broken = [task for task in working if task.done()] if not self.over.is_set() else []
        self.over.set()
        print("\nإيقاف… | stopping …", flush=True)
        if public:
            close_streams(public)
        for server in servers:
            server.close()
        await asyncio.gather(*working, return_exceptions=True)
        await bell.stop()
        for server in servers:
            await server.wait_closed()
        if public and hasattr(public.ctx, "graph"):
            await public.ctx.graph.close()
        for channel in self.channels.values():
            await channel.close()
        if self.assistant:
            await self.assistant.agent.close()
        for task in broken:
            task.result()  # what broke it is this process's own error

    def _parts(self, door: Door) -> list[Coroutine]:
        parts: list[Coroutine] = []
        if self.assistant:
            parts.append(Worker(self.engine, door.keys, door.bell, self.assistant).run(self.over))
            parts.append(events.run(self.over))
        if "sender" in self.roles:
            parts += [Notifier(door).run(self.over), self._until_over(self._purge())]
            parts += [Sender(door, channel).run(self.over) for channel in self.channels.values()]
        if self.actions:
            parts.append(self._until_over(self.actions.keep()))
        return parts

    async def _until_over(self, endless: Coroutine) -> None:
        """What ends before we do has failed, and its error is ours."""
        task, ending = asyncio.create_task(endless), asyncio.create_task(self.over.wait())
        done, _ = await asyncio.wait([task, ending], return_when=asyncio.FIRST_COMPLETED)
        for each in (task, ending):
            each.cancel()
        if task in done:
            task.result()

    async def _purge(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._remove_old)
            except (Unavailable, SQLAlchemyError, OSError) as error:
                log.error("what was kept long enough stays for now: %s", type(error).__name__)
            await asyncio.sleep(PURGE_EVERY)

    def _remove_old(self) -> None:
        with unit_of_work() as uow:
            removed = documents.purge(self.settings.documents_dir, uow)
        if removed:
            log.info("documents removed, their time being over: %d", removed)
        if self.channels:
            received.purge(self.engine)
            deliveries.purge(self.engine)

    async def _listen(self, app: Sanic, host: str, name: str) -> Any:
        port = self.settings.bot_port if name == "BOT_PORT" else self.settings.ops_port
        try:
            server = await app.create_server(
                host=host, port=port, return_asyncio_server=True, access_log=False, debug=False
            )
        except OSError as error:  # somebody took it while the model was loading
            raise _taken(name, port) from error
        await server.startup()
        TouchUp._registry.clear()  # it rewrites Sanic's own classes, once; at a second application it fails
        await server.before_start()
        await server.start_serving()
        await server.after_start()
        return server

    def _checks(self) -> dict[str, Check]:
        """What /readyz looks at: name → raises what is wrong."""
        checks: dict[str, Check] = {"database": lambda: asyncio.to_thread(self._databases)}
        if self.assistant:
            checks |= {"model": self.assistant.parse, "actions": self._action_server}
        return checks

    def _databases(self) -> None:
        with Session(reading(self.engine), future=True) as session, unit_of_work(only_reads=True) as uow:
            session.scalar(select(Conversation.id).limit(1))
            uow.session.execute(select(1))

    async def _action_server(self) -> None:
        url = f"http://{HOST}:{self.settings.action_port}/health"
        async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(url, timeout=2):
            pass

    async def _depth(self) -> dict[str, float]:
        waiting = await asyncio.to_thread(inbox.depth, self.engine)
        return {**waiting, **await asyncio.to_thread(deliveries.depth, self.engine)}

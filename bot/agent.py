"""Rasa's agent as `bot serve` runs it: our tracker store and answers, and an action server that may be slow or away."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.tracker_store import TrackerStore
from rasa.utils.endpoints import EndpointConfig
from rasa.utils.log_utils import configure_structlog
from sqlalchemy.engine import Engine

from bot.graph import PlannedGraphRunner
from bot.nlg import FileResponses
from bot.tracker_store import CURRENT, TurnTrackerStore
from bot.training.archive import refuse_altered

RESULT = jsonschema.Draft7Validator(RemoteAction.action_response_format_spec())
"""Built once; Rasa builds and checks the schema itself for every action."""


KEEP_CONNECTIONS = 3.0
"""Seconds; the action server (Sanic) ends idle ones after five."""


class ActionsAway(Exception):
    """The action server failed, refused or took too long; which, stands in the log."""


class ActionServer(EndpointConfig):
    """Rasa's own waits 300 seconds, and puts the whole request into its error text. Between `open` and `close`, which
    belong to one event loop, connections are kept; Rasa's opens one for each action."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url, enable_selective_domain=True)
        self.timeout = timeout
        self._kept: aiohttp.ClientSession | None = None

    async def request(self, json: dict[str, Any], **_: Any) -> Any:  # type: ignore[override]
        try:
            async with AsyncExitStack() as ends:
                session = self._kept or await ends.enter_async_context(self._session())
                response = await ends.enter_async_context(session.post(self.url, json=json))
                if response.status == 200:
                    return await response.json()
                cause = f"answered {response.status}"
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:  # the last: no JSON
            cause = type(error).__name__
        raise _failed(json.get("next_action"), cause)

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_CONNECTIONS)
        return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=self.timeout))

    async def open(self) -> None:
        self._kept = self._session()

    async def close(self) -> None:
        if self._kept:
            await self._kept.close()
        self._kept = None


class ProjectAgent(Agent):
    """Rasa wraps every store so that a failed read becomes an empty conversation; here it is taken as it is."""

    @staticmethod
    def _create_tracker_store(store: Any, domain: Any) -> TrackerStore:
        return store

    async def open(self) -> None:
        """Keep connections to the action server, until `close` in the same event loop."""
        await self.processor.action_endpoint.open()

    async def close(self) -> None:
        await self.processor.action_endpoint.close()


def _failed(action: str | None, cause: str) -> ActionsAway:
    """Rasa only logs what an action raises and goes on; the turn must know."""
    turn = CURRENT.get()
    if turn:
        turn.failures.append(f"action {action}: {cause}")
    return ActionsAway(cause)


def _validate_once(self: RemoteAction, result: dict[str, Any]) -> bool:
    if not RESULT.is_valid(result):
        raise _failed(self.name(), "its result has not the form that Rasa knows")
    return True


def load(model: Path, engine: Engine, action_url: str, action_timeout: float) -> ProjectAgent:
    refuse_altered(model)
    configure_structlog(logging.INFO)  # without it a process prints every DEBUG line, texts and slots included
    logging.getLogger("rasa").setLevel(logging.ERROR)
    logging.getLogger("sanic.root").setLevel(logging.ERROR)  # it advises a debug mode at every start
    # it logs whole exceptions of actions, values included; what failed stands in our log, by name
    logging.getLogger("rasa.core.processor").setLevel(logging.CRITICAL)
    RemoteAction._validate_action_result = _validate_once  # type: ignore[method-assign]
    from bot import rules  # it brings all policies along

    rules.install()
    agent = ProjectAgent(
        generator=FileResponses(),
        tracker_store=TurnTrackerStore(engine),
        action_endpoint=ActionServer(action_url, action_timeout),
    )
    agent.load_model(model)
    PlannedGraphRunner.of(agent.processor.graph_runner)
    agent.processor._check_for_unseen_features = lambda parse_data: None  # only warns; `bot check` looks at names
    return agent

"""For operators, on the loopback interface alone: is it ready (`/readyz`), and how is it doing (`/metrics`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from actions.hosts import check_host
from bot import metrics

log = logging.getLogger(__name__)

PATIENCE = 3.0
"""Seconds that a check may take."""

Check = Callable[[], Awaitable[object]]
Depth = Callable[[], Awaitable[Mapping[str, float]]]


def ops_app(checks: Mapping[str, Check], depth: Depth, patience: float = PATIENCE) -> Sanic:
    """`checks`: name → raises what is wrong. `depth`: what bot.metrics.render takes."""
    app = Sanic("ops", configure_logging=False)
    app.config.MOTD = False
    check_host(app)
    look = Looks(patience)

    @app.get("/readyz")
    async def readyz(request: Request) -> HTTPResponse:
        outcomes = await asyncio.gather(*(look(name, check) for name, check in checks.items()))
        states = {name: _state(outcome) for name, outcome in zip(checks, outcomes, strict=True)}
        ready = all(state == "ok" for state in states.values())
        if not ready:
            log.error("not ready: %s", ", ".join(f"{name} {state}" for name, state in states.items() if state != "ok"))
        return json({"ready": ready, "checks": states}, status=200 if ready else 503)

    @app.get("/metrics")
    async def show_metrics(request: Request) -> HTTPResponse:
        counted = await look("depth", depth)
        known = counted if isinstance(counted, Mapping) else {}
        return raw(metrics.render(known), content_type=metrics.CONTENT_TYPE)

    return app


class Looks:
    """One look of each name at a time: what hangs in a thread cannot be ended, and a probe every few seconds would
    soon hold all threads."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.under_way: dict[str, asyncio.Future] = {}

    async def __call__(self, name: str, check: Check) -> object:
        """What the check gave, or the error that it raised or that its lateness is."""
        task = self.under_way.get(name)
        if task is None or task.done():
            task = self.under_way[name] = asyncio.ensure_future(check())
        done, _ = await asyncio.wait({task}, timeout=self.patience)
        if not done:
            return TimeoutError()
        return asyncio.CancelledError() if task.cancelled() else task.exception() or task.result()


def _state(outcome: object) -> str:
    """An error by its type: its words may hold a value or an address."""
    return type(outcome).__name__ if isinstance(outcome, BaseException) else "ok"

"""Processes that are started, killed and started again, as a supervisor on a machine would."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple, Protocol

LOOK_EVERY = 0.02
FAREWELL = 60.0
"""Seconds in which whoever was asked to end has to; a worker gives its turns ten."""


class Running(Protocol):
    """A `subprocess.Popen`, say."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> object: ...


class Kill(NamedTuple):
    name: str
    at: float
    """Unix time."""


class Fleet:
    def __init__(self, starts: Mapping[str, Callable[[], Running]]) -> None:
        self.starts = starts
        self.running: dict[str, Running] = {}
        self.kills: list[Kill] = []
        self.ended_by_themselves: Counter[str] = Counter()
        self.too_slow: Counter[str] = Counter()
        """Asked to end, and killed in the end."""

    def start(self, name: str) -> None:
        self.running[name] = self.starts[name]()

    def start_all(self) -> None:
        for name in self.starts:
            self.start(name)

    async def kill(self, name: str, how: signal.Signals = signal.SIGKILL, *, again_after: float = 0.0) -> None:
        """Dead when this returns, and started again."""
        process = self.running.pop(name, None)
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.kill(process.pid, how)
        self.kills.append(Kill(name, time.time()))
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, FAREWELL)
        if process.poll() is None:
            self.too_slow[name] += 1
            os.kill(process.pid, signal.SIGKILL)
            await asyncio.to_thread(process.wait, FAREWELL)
        await asyncio.sleep(again_after)
        self.start(name)

    async def watch(self) -> None:
        """Start again whatever ended by itself; endless."""
        while True:
            for name, process in list(self.running.items()):
                if process.poll() is not None:
                    self.ended_by_themselves[name] += 1
                    self.start(name)
            await asyncio.sleep(LOOK_EVERY)

    def end(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT)
                    os.kill(process.pid, signal.SIGKILL)
            process.wait(FAREWELL)
        self.running.clear()

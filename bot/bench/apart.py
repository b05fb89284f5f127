"""A function in a process of its own: what it imports, its threads and its memory are nobody else's.

    python -m bot.bench.apart MODULE FUNCTION FOLDER

is what `apart` starts: FOLDER/work.json goes in, FOLDER/result.json comes out. What the function says is its standard
output; whatever else is printed there, by libraries, goes to FOLDER/log.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.bench.machine import CannotMeasure
from bot.project import ROOT

Say = Callable[[str], None]
Work = Callable[[dict[str, Any], Say], dict[str, Any]]
"""What goes in and what comes out is JSON."""

SILENCE = 30.0
"""Seconds after which is told that it is still at work."""
_LOG_SHOWN = 1500
_PR_SET_PDEATHSIG = 1


def teller() -> Say:
    """Says it to whoever waits, with the seconds since it was made."""
    started = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - started:5.0f} s  {words}", file=sys.stderr, flush=True)

    return say


@contextmanager
def ends_with_us() -> Iterator[None]:
    """However we are asked to end, it is by way of every `finally`: processes and folders go too."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    wanted = {signal.SIGTERM: leave, signal.SIGINT: signal.default_int_handler}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        wanted[signal.SIGHUP] = leave
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def apart(function: Work, work: dict[str, Any], folder: Path, say: Say, **environ: str) -> dict[str, Any]:
    """Raises CannotMeasure when it ends without a result. Nothing of it runs on when this is left, however it is."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").unlink(missing_ok=True)
    (folder / "work.json").write_text(json.dumps(work, ensure_ascii=False), encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, function.__module__, function.__name__, str(folder)],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary), **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; we end it
        )
    try:
        _pass_on(process, say)
        code = process.wait()
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    try:
        return json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except OSError as error:
        told = (folder / "log").read_text(encoding="utf-8", errors="replace").strip()[-_LOG_SHOWN:]
        raise CannotMeasure(f"{function.__name__} ended with {code}:\n{told}") from error


def _pass_on(process: subprocess.Popen[bytes], say: Say) -> None:
    said, since = "starting", time.monotonic()
    for line in _lines(process):
        if line is None:
            say(f"{said} … {time.monotonic() - since:.0f} s so far")
        else:
            said, since = line, time.monotonic()
            say(said)


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str | None]:
    """None for each stretch of silence."""
    assert process.stdout
    source, begun = process.stdout.fileno(), b""
    while True:
        if not select.select([source], [], [], SILENCE)[0]:
            yield None
            continue
        read = os.read(source, 65536)
        if not read:
            return
        *whole, begun = (begun + read).split(b"\n")
        yield from (line.decode() for line in whole)


def _work(module: str, function: str, folder: Path) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # where whoever started us was killed, `finally` is not
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(words: str) -> None:
        print(words, file=told, flush=True)

    work = json.loads((folder / "work.json").read_text(encoding="utf-8"))
    result = getattr(importlib.import_module(module), function)(work, say)
    (folder / "result.json").write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    _work(sys.argv[1], sys.argv[2], Path(sys.argv[3]))

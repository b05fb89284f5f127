"""What a bench leaves: a table to read and to copy into docs, and JSON that says where and of what it was made."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.project import ROOT

NOTHING = "-"
_PACKAGES = ("rasa", "tensorflow", "onnxruntime", "tokenizers", "scikit-learn", "numpy")


def json_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything measured")


def writable(file: Path | None) -> None:
    """Raises OSError now, not when all has been measured."""
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        is_new = not file.exists()
        with file.open("a"):
            pass
        if is_new:
            file.unlink()


def write(file: Path | None, measured: dict[str, Any], options: argparse.Namespace) -> None:
    if file:
        given = {name: _plain(value) for name, value in vars(options).items() if not callable(value)}
        whole = {**made_on(), "parameters": given, **measured}
        file.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def made_on() -> dict[str, Any]:
    """When, of which code, with which packages, on which machine."""
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "commit": _git("rev-parse", "HEAD"),
        "changed_since": bool(_git("status", "--porcelain")),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
            "system": platform.platform(),
        },
    }


def machine_line() -> str:
    made = made_on()
    machine = made["machine"]
    commit = (made["commit"] or "no commit")[:10] + (" and changes" if made["changed_since"] else "")
    return f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB; {commit}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; the first column to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]) + " |"

    return "\n".join(map(line, [header, rule, *rows]))


def number(value: float | None, places: int = 0) -> str:
    return NOTHING if value is None or value != value else f"{value:.{places}f}"


def percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.1%}"


def complain(error: object, code: int) -> int:
    """One line for whoever typed the command."""
    print(error, file=sys.stderr)
    return code


def _git(*command: str) -> str | None:
    try:
        done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()

"""What the assistant understands of a message: its intent, how sure, and what was found in it. No conversation is held.

    bot parse "كم ياخذ رفع الايقاف؟"
    bot parse < messages.jsonl > understood.jsonl

Reads JSON Lines, {"text": "..."} each, and writes one line for each:
{"text", "intent", "band", "confidence", "ranking": [{"name", "confidence"}],
 "entities": [{"entity", "value", "start", "end"}]}
band is sure, half or lost; intent is the first of the ranking, null when lost. A line that cannot be read is named on
the error output, the others are answered, and the exit status is 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.nlu.interpreter import Interpreter

HELP = "show what is understood of a message"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="?", help="one message (JSON Lines from the standard input without)")


def run(options: argparse.Namespace) -> int:
    from bot.training.model import is_current, model_path, quiet_environment

    if not is_current():
        print("النموذج غير موجود أو قديم. للتدريب: make train\nNo current model. Run: make train", file=sys.stderr)
        return 1
    quiet_environment()
    from bot.nlu.interpreter import Interpreter

    interpreter = Interpreter(model_path())
    lines = [json.dumps({"text": options.text})] if options.text is not None else sys.stdin
    return parse_lines(lines, interpreter)


def parse_lines(lines: Iterable[str], interpreter: Interpreter) -> int:
    status = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            text = _text(line)
        except ValueError as error:
            print(f"line {number}: {error}", file=sys.stderr)
            status = 2
            continue
        print(_writable(json.dumps(interpreter.parse(text), ensure_ascii=False)), flush=True)
    return status


def _writable(line: str) -> str:
    """A lone surrogate, which UTF-8 does not have, as JSON escapes it."""
    return line.encode("utf-8", "backslashreplace").decode()


def _text(line: str) -> str:
    try:
        message = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg}, column {error.colno})") from error
    if not isinstance(message, dict) or not isinstance(message.get("text"), str):
        raise ValueError('not an object with a "text" that is a string')
    return message["text"]

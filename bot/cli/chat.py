"""Talk to the assistant that `make run` started, in this terminal.

    bot chat
    bot chat --sender mother

A number answers with the quick reply of that number. Notices appear by themselves. To leave: Ctrl-D.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
import sys
import threading
import urllib.error
import urllib.request

HELP = "talk to it in a terminal"
PROMPT = "› " if sys.stdin.isatty() else ""
NOTICE_EVERY = 1.0
"""Seconds between two looks for notices."""
TIMEOUT = 60
"""Seconds; a message that fails is tried again for half a minute."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sender", help="go on with a conversation of that name (a new one without)")
    parser.add_argument("--url", help="where the assistant listens (from BOT_PORT without)")


def run(options: argparse.Namespace) -> int:
    from bot.settings import settings

    url = options.url or f"http://127.0.0.1:{settings().bot_port}"
    return Chat(url, options.sender or f"terminal-{secrets.token_hex(4)}").loop()


class Chat:
    def __init__(self, url: str, sender: str) -> None:
        self.url = url
        self.sender = sender
        self.offered: list[str] = []
        self.told = 0
        """The number of the last line that came unasked."""
        self.over = threading.Event()
        self.printing = threading.Lock()

    def loop(self) -> int:
        try:
            self._unasked()
        except OSError:
            print(f"لا يرد المساعد على {self.url}. لتشغيله: make run", file=sys.stderr)
            print("Nobody answers there. Start it: make run", file=sys.stderr)
            return 1
        print("اكتب رسالتك، أو رقم زر. للخروج Ctrl-D")
        print("Write a message, or a button's number. To leave: Ctrl-D\n", flush=True)
        threading.Thread(target=self._watch, daemon=True).start()
        while True:
            try:
                typed = input(PROMPT).strip()
            except (EOFError, KeyboardInterrupt):
                break
            if not typed:
                continue
            if not sys.stdin.isatty():
                print(f"› {typed}")
            try:
                answers = self._post("webhook", {"message": self._meant(typed)})
            except OSError:
                print("لم تُرسل؛ هل ما زال make run يعمل؟ | not sent; is `make run` still there?", flush=True)
                continue
            self.offered = []
            self._show(answers)
        self.over.set()
        return 0

    def _meant(self, typed: str) -> str:
        """The button behind a bare number, in any digits; else the text as typed."""
        from bot.text.digits import to_western

        number = to_western(typed)
        if number.isdigit() and 1 <= int(number) <= len(self.offered):
            return self.offered[int(number) - 1]
        return typed

    def _show(self, answers: list[dict], mark: str = "") -> None:
        from bot.text.isolate import WITHOUT_MARKS

        with self.printing:
            for answer in answers:
                print()
                for line in answer.get("text", "").translate(WITHOUT_MARKS).splitlines():
                    print(f"  {mark}{line}")
                for button in answer.get("buttons", []):
                    self.offered.append(button["payload"])
                    print(f"    [{len(self.offered)}] {button['title']}")
            print(flush=True)

    def _watch(self) -> None:
        while not self.over.wait(NOTICE_EVERY):
            with contextlib.suppress(OSError):
                told = self._unasked()
                if told:
                    self._show(told, mark="🔔 ")
                    print(PROMPT, end="", flush=True)

    def _unasked(self) -> list[dict]:
        new = self._post("notices", {"after": self.told})
        self.told = max([self.told, *(line["number"] for line in new)])
        return new

    def _post(self, route: str, body: dict) -> list[dict]:
        request = urllib.request.Request(  # noqa: S310  the address is ours, on this machine
            f"{self.url}/webhooks/rest/{route}",
            json.dumps({"sender": self.sender, **body}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            return json.load(response)

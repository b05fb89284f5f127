"""A small server that speaks the API of docs/web-api.yml with scripted answers, for tests of the widget alone."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.project import ROOT

WIDGET = ROOT / "bot" / "widget"
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'"
)
LASTS = timedelta(days=7)


@dataclass
class Conversation:
    id: str
    token: str
    language: str = "ar"
    verified: str = ""
    """Who."""
    forgotten: int = 0
    lines: list[dict] = field(default_factory=list)
    pending: list[dict] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    @property
    def who(self) -> str:
        return f"{self.id} {self.verified} {self.forgotten}"


class FakeDoor:
    """Tests change its attributes and look at what it was asked."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.conversations: dict[str, Conversation] = {}
        self.script: dict[str, list[dict]] = {}
        self.down = False
        """Requests are cut off without an answer, streams too."""
        self.deaf = False
        """Takes messages, but the reply that it has them is lost on the way."""
        self.holding = False
        """Messages wait unanswered."""
        self.proxy = 0
        """A page of this status instead of us, as during an update."""
        self.no_history = False
        self.slow = 0
        """So many of the next histories are made at once, and sent when `let_go` is called."""
        self.held = 0
        self.may_go = threading.Event()
        self.refusals: list[tuple[int, str, dict[str, str]]] = []
        """Status, code and headers for the next messages and documents, one each."""
        self.asked: list[tuple[str, str, Any]] = []
        self.resumed: list[int] = []
        """Last-Event-ID of each stream."""
        self.drops = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"door": self}))
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.down = True
        self.may_go.set()
        with self.changed:
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()

    @property
    def conversation(self) -> Conversation:
        """The newest."""
        return list(self.conversations.values())[-1]

    def sent(self) -> list[dict]:
        """Every body of a message that reached the server, sent again or not."""
        return [body for method, path, body in self.asked if method == "POST" and path.endswith("/messages")]

    def begin(self, language: str) -> Conversation:
        number = len(self.conversations) + 1
        made = Conversation(f"c{number}", f"token-{number}", language)
        self.conversations[made.id] = made
        self.add(made, [WELCOME])
        return made

    def add(self, conversation: Conversation, answers: list[dict], heard: dict | None = None, at: str = "") -> None:
        with self.changed:
            for answer in answers:
                conversation.lines.append(
                    {
                        "number": len(conversation.lines) + 1,
                        "at": at or datetime.now(timezone.utc).isoformat(),
                        "heard": heard,
                        "text": "",
                        "buttons": [],
                        "hidden": False,
                        "personal": False,
                        "owner": conversation.verified or "her",
                        **answer,
                    }
                )
                heard = None
            self.changed.notify_all()

    def push(self, text: str, **more: Any) -> None:
        self.add(self.conversation, [{"text": text, **more}])

    def verify(self, who: str, drop: bool = False) -> None:
        """Nobody if empty; `drop`: the page hears of it only when it connects again."""
        with self.changed:
            self.conversation.verified = who
            self.drops += drop
            self.changed.notify_all()

    def forget(self) -> None:
        with self.changed:
            self.conversation.forgotten += 1
            for line in self.conversation.lines:
                if line["personal"]:
                    line["owner"] = None
            self.changed.notify_all()

    def let_go(self) -> None:
        self.may_go.set()

    def expire(self) -> None:
        with self.changed:
            self.conversation.token = "over"  # noqa: S105
            self.drops += 1
            self.changed.notify_all()

    def cut(self, down: bool) -> None:
        with self.changed:
            self.down = down
            self.drops += 1
            self.changed.notify_all()

    def take(self, conversation: Conversation, given_id: str, text: str, key: str) -> None:
        """Once per id, then the scripted answer."""
        if given_id in conversation.ids:
            return
        conversation.ids.add(given_id)
        conversation.pending.append({"id": given_id, "text": text, "key": key})
        if not self.holding:
            self.answer(conversation)

    def answer(self, conversation: Conversation | None = None) -> None:
        """Everything that waits."""
        conversation = conversation or self.conversation
        while conversation.pending:
            message = conversation.pending.pop(0)
            answers = self.script.get(message["key"], [{"text": f"وصل: {message['text'][:200]}"}])
            self.add(conversation, answers, heard={"id": message["id"], "text": message["text"]})

    def shown(self, conversation: Conversation, line: dict) -> dict:
        """Personal lines are one line for whom they are not."""
        if line["personal"] and line["owner"] != conversation.verified:
            line = {"number": line["number"], "at": line["at"], "heard": None, "buttons": [], "hidden": True,
                    "personal": True, "text": HIDDEN}  # fmt: skip
        return {key: value for key, value in line.items() if key != "owner"}


HIDDEN = "تفاصيل قضية. تظهر بعد التحقق من الهوية."
WELCOME = {
    "text": "أهلًا بك. هنا مساعد إيقاف الخدمات، وهو برنامج آلي.\nنسخة للتجربة: بياناتها مخترعة.",
    "buttons": [{"title": "قضاياي", "payload": "b-cases"}, {"title": "السداد", "payload": "b-pay"}],
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    door: FakeDoor

    def log_message(self, *_: Any) -> None:
        """Not into the tests' output."""

    def handle_any(self) -> None:
        door = self.door
        path = urlsplit(self.path).path
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not path.startswith("/web/"):
            return self.file("demo.html" if path == "/" else path.removeprefix("/widget/"))
        body = json.loads(raw) if raw and self.headers["Content-Type"] == "application/json" else raw
        if door.down:
            return self.hang_up()
        door.asked.append((self.command, self.path, body))
        if door.proxy:
            return self.send(door.proxy, b"<!doctype html><title>back soon</title>", {"Content-Type": "text/html"})
        if path == "/web/v1/conversations":
            made = door.begin(body.get("language", "ar"))
            return self.reply(201, {"conversation": made.id, **self.token(made)})
        _, _, _, _, name, what, *rest = [*path.split("/"), "", ""]
        conversation = door.conversations.get(name)
        if conversation is None or self.headers["Authorization"] != f"Bearer {conversation.token}":
            return self.refuse(401, "token_expired")
        if what == "token":
            conversation.token += "+"
            return self.reply(200, self.token(conversation))
        if what == "history":
            return self.history(conversation)
        if what == "events":
            return self.events(conversation)
        if door.refusals:
            status, code, headers = door.refusals.pop(0)
            return self.refuse(status, code, headers)
        if what == "messages":
            text = body.get("text") or next(
                button["title"]
                for line in [WELCOME, *conversation.lines]
                for button in line["buttons"]
                if button["payload"] == body["button"]
            )
            given_id = body["id"]
            door.take(conversation, given_id, text, body.get("button") or text)
        else:
            given_id = rest[0]
            door.take(conversation, given_id, "مستند", "document")
        if door.deaf:
            return self.hang_up()
        self.reply(202, {"id": given_id})

    do_GET = do_POST = do_PUT = handle_any

    def token(self, conversation: Conversation) -> dict:
        now = datetime.now(timezone.utc)
        return {
            "token": conversation.token,
            "expires_at": (now + LASTS).isoformat(),
            "renew_at": (now + LASTS / 2).isoformat(),
        }

    def history(self, conversation: Conversation) -> None:
        query = parse_qs(urlsplit(self.path).query)
        before = int(query.get("before", ["1000000"])[0])
        limit = int(query.get("limit", ["50"])[0])
        lines = [line for line in conversation.lines if line["number"] < before]
        if self.door.no_history:
            return self.refuse(503, "unavailable")
        made = {
            "events": [self.door.shown(conversation, line) for line in lines[-limit:]],
            "pending": [{"id": message["id"], "text": message["text"]} for message in conversation.pending],
            "last": len(conversation.lines),
            "more": len(lines) > limit,
            "verified": bool(conversation.verified),
            "who": conversation.who,
            "language": conversation.language,
        }  # fmt: skip
        if self.door.slow:
            self.door.slow -= 1
            self.door.held += 1
            self.door.may_go.wait(30)
        self.reply(200, made)

    def events(self, conversation: Conversation) -> None:
        door, number, who = self.door, int(self.headers["Last-Event-ID"] or 0), None
        drops = door.drops
        door.resumed.append(number)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while True:
            parts = []
            with door.changed:
                if door.drops != drops or door.down:
                    return None
                if who != conversation.who:
                    who = conversation.who
                    told = {"verified": bool(conversation.verified), "who": who}
                    parts.append(f"event: identity\ndata: {json.dumps(told)}\n\n")
                for line in conversation.lines[number:]:
                    number = line["number"]
                    told = json.dumps(door.shown(conversation, line), ensure_ascii=False)
                    parts.append(f"id: {number}\nevent: answer\ndata: {told}\n\n")
                if not parts:
                    door.changed.wait(10)
                    parts.append(": \n\n")
            try:
                self.wfile.write("".join(parts).encode())
                self.wfile.flush()
            except OSError:
                return None

    def file(self, name: str) -> None:
        path = WIDGET / name
        if not re.fullmatch(r"[\w.]+", name) or not path.is_file():
            return self.reply(404, {})
        self.send_response(200)
        self.send_header("Content-Type", KINDS[path.suffix])
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(path.stat().st_size))
        self.end_headers()
        self.wfile.write(path.read_bytes())

    def refuse(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        self.reply(status, {"error": {"code": code, "message": f"سبب الرفض: {code}\nRefused because: {code}"}}, headers)

    def reply(self, status: int, body: dict, headers: dict[str, str] | None = None) -> None:
        self.send(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self.close_connection = True


if __name__ == "__main__":
    running = FakeDoor()
    print(running.address)
    while True:
        time.sleep(60)

"""`bot serve` as whoever starts it sees it: a process of its own, on free ports, with files of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sanic import Sanic
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from actions.case_db import unit_of_work
from actions.case_db.seed import PERSONAS
from actions.services.errors import Unavailable
from actions.settings import SettingsError
from bot.channels.door import Door
from bot.channels.rest import given_id
from bot.delivery.bell import Bell
from bot.delivery.engine import make_engine, upgrade
from bot.keys import Keys
from bot.live_answers import LiveAnswers
from bot.project import ROOT
from bot.serve import Actions, Process, door_app
from bot.settings import WHATSAPP, read
from tests.scenarios.runner import free_port

PATIENCE = 60.0
"""Seconds a start may take on a busy machine."""
SOON = 10.0
"""Seconds an end may take."""
PRODUCTION = {
    "BOT_ENV": "production",
    "SMS_API_URL": "https://sms.invalid/send",
    "SMS_API_TOKEN": "t",
    "TICKETS_API_URL": "https://tickets.invalid/new",
    "TICKETS_API_TOKEN": "t",
    "CODE_HASH_KEY": "k" * 32,
    "OPERATOR_NAME": "جهة للتجربة",
    "BOT_SECRETS": "s" * 32,
}


NUMBER = [f"WHATSAPP_{name}" for name in WHATSAPP]


class Server:
    """The process, its settings, what it printed, and its REST route."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.port, self.ops_port, self.action_port = (
            int(given) if (given := environ.get(name, "")).isdecimal() else free_port()
            for name in ("BOT_PORT", "OPS_PORT", "ACTION_PORT")
        )
        self.url = f"http://127.0.0.1:{self.port}"
        self.ops = f"http://127.0.0.1:{self.ops_port}"
        self.settings = {
            "BOT_PORT": str(self.port),
            "OPS_PORT": str(self.ops_port),
            "ACTION_PORT": str(self.action_port),
            "BOT_DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
            "CASE_DATABASE_URL": f"sqlite:///{folder / 'case.db'}",
            "DOCUMENTS_DIR": str(folder / "documents"),
            "PRETEND_SMS_FILE": "" if "BOT_ENV" in environ else str(folder / "sms.jsonl"),
            **environ,
        }
        self.sms_file = folder / "sms.jsonl"
        self.output = folder / "output.txt"
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                bot("serve"), cwd=ROOT, env=self.environ(), stdout=output, stderr=output, start_new_session=True
            )

    def environ(self) -> dict[str, str]:
        """This machine's own settings, `.env` included, are left out: what is set to nothing stands."""
        return {**os.environ, **dict.fromkeys([*PRODUCTION, *NUMBER, "PRETEND_SMS_FAILS"], ""), **self.settings}

    def printed(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_until_ready(self) -> Server:
        until(lambda: self.ended() or self.answer("/readyz", at=self.ops)[0] == 200, PATIENCE, self.printed)
        assert not self.ended(), self.printed()
        return self

    def ended(self) -> bool:
        return self.process.poll() is not None

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def action_server(self) -> int:
        """The process id of the child, once it listens."""
        until(lambda: listens(self.action_port), PATIENCE, self.printed)
        (child,) = self.children()
        return child

    def run(self, *arguments: str) -> str:
        """A `bot` command with this server's settings."""
        done = subprocess.run(bot(*arguments), cwd=ROOT, env=self.environ(), capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def status(self, path: str, body: object = None) -> int:
        return self.answer(path, body)[0]

    def answer(self, path: str, body: object = None, at: str = "") -> tuple[int, Any]:
        """Status and body; 0 where nobody listens. A body that is no bytes goes as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request((at or self.url) + path, data, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310  our own address
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def say(self, sender: str, message: str, **more: str) -> list[dict[str, Any]]:
        status, answers = self.answer("/webhooks/rest/webhook", {"sender": sender, "message": message, **more})
        assert status == 200, answers
        return answers


def bot(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bot", *arguments]


@contextmanager
def started(folder: Path, **environ: str) -> Iterator[Server]:
    server = Server(folder, **environ)
    try:
        yield server
    finally:
        if not server.ended():
            server.process.terminate()
        server.process.wait(SOON)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests that leave it standing; a start takes some ten seconds."""
    with started(tmp_path_factory.mktemp("serve")) as made:
        yield made.wait_until_ready()


@pytest.fixture
def sender() -> str:
    return f"test-{uuid.uuid4().hex}"


def until(holds: Any, patience: float, shown: Any = lambda: "") -> None:
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, shown()
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Not ended, nor ended and not yet buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def buttons(answers: list[dict[str, Any]]) -> dict[str, str]:
    return {button["title"]: button["payload"] for answer in answers for button in answer.get("buttons", [])}


# start


def test_it_says_where_to_talk_and_whom_one_can_be(server: Server) -> None:
    printed = server.printed()
    assert f"{server.url}/webhooks/rest/webhook" in printed
    assert f"{server.url}/\n" in printed, "the page that carries the widget"
    assert "make chat" in printed
    for persona in PERSONAS:
        assert f"{persona.national_id}  {persona.name}" in printed


def test_only_this_machine_reaches_it(server: Server) -> None:
    server.action_server()
    listening = "0A"
    heard = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines() if line.split()[3] == listening]
    for port in (server.port, server.ops_port, server.action_port):
        assert [address for address in heard if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


@pytest.mark.parametrize("path", ["/model/parse", "/conversations/x/tracker", "/status", "/webhook", "/domain"])
def test_nothing_of_rasa_s_own_server_answers(server: Server, path: str) -> None:
    assert server.status(path) == server.status(path, {}) == 404


@pytest.mark.parametrize("setting", ["BOT_PORT", "OPS_PORT", "ACTION_PORT"])
def test_a_taken_port_is_named_with_the_setting_that_changes_it(tmp_path: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with started(tmp_path, **{setting: port}) as server:
            assert server.process.wait(PATIENCE) == 1
    assert port in server.printed()
    assert f"{setting}=" in server.printed()
    assert "Traceback" not in server.printed()


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"BOT_PORT": "abc"}, "BOT_PORT=abc"),
        ({"BOT_PORT": "99999"}, "BOT_PORT=99999"),
        ({"BOT_PORT": "5777", "ACTION_PORT": "5777"}, "ACTION_PORT"),
        ({"BOT_ENV": "staging"}, "BOT_ENV=staging"),
        ({"BOT_SECRETS": "short"}, "BOT_SECRETS"),
        ({"WEB_ORIGINS": "example.sa/page"}, "WEB_ORIGINS: example.sa/page"),
        ({"BOT_PROXIES": "two"}, "BOT_PROXIES=two"),
        ({"RATE_LIMITS": "maybe"}, "RATE_LIMITS=maybe"),
        *(({"ACTION_TIMEOUT": given}, f"ACTION_TIMEOUT={given}") for given in ("nan", "inf", "0", "-1", "soon")),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, environ: dict[str, str], named: str) -> None:
    with started(tmp_path, **environ) as server:
        assert server.process.wait(PATIENCE) == 1
    assert named in server.printed()
    assert "Traceback" not in server.printed()


# REST


def test_answers_have_the_form_of_rasa_s_rest_channel(server: Server, sender: str) -> None:
    answers = server.say(sender, "السلام عليكم")
    assert answers
    for answer in answers:
        assert answer.keys() <= {"recipient_id", "text", "buttons", "custom"}
        assert answer["recipient_id"] == sender
        assert answer["text"].strip()
        for button in answer.get("buttons", []):
            assert button.keys() == {"title", "payload"}
    assert len(buttons(answers)) == 3


def test_a_message_may_be_the_payload_of_a_button(server: Server, sender: str) -> None:
    offered = buttons(server.say(sender, "السلام عليكم"))
    (answer,) = server.say(sender, offered["كيف يُرفع الإيقاف؟"])
    typed = server.say(f"{sender}-2", "كيف يُرفع الإيقاف؟")
    assert answer["text"] == typed[-1]["text"]


def test_a_payload_works_for_its_sender_alone(server: Server, sender: str) -> None:
    offered = buttons(server.say(sender, "السلام عليكم"))
    pressed = server.say(sender, offered["قضاياي"])
    assert pressed[-1]["text"] != server.say(f"{sender}-2", offered["قضاياي"])[-1]["text"]


BAD_BODIES = {
    "no JSON": b"{",
    "nothing": b"",
    "a list": [1],
    "text": "hello",
    "no message": {"sender": "me"},
    "no sender": {"message": "hello"},
    "an empty sender": {"sender": " ", "message": "hello"},
    "a long sender": {"sender": "x" * 101, "message": "hello"},
    "a sender that cannot be kept": {"sender": "me\0", "message": "hello"},
    "a number": {"sender": "me", "message": 5},
    "a message id that is none": {"sender": "me", "message": "hello", "message_id": {"a": 1}},
    "half a letter as a message id": {"sender": "me", "message": "hello", "message_id": "1\ud83d"},
    "a message id that cannot be kept": {"sender": "me", "message": "hello", "message_id": "1\0"},
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_told_what_it_lacks(server: Server, body: object) -> None:
    status, said = server.answer("/webhooks/rest/webhook", body)
    assert status == 400
    told = json.loads(said)["error"]
    assert "sender" in told
    assert "message" in told


@pytest.mark.parametrize("body", [b"{", b"", [1], {"sender": 5}, {"sender": "x" * 101}, {"sender": "me\0"}], ids=str)
def test_a_bad_request_for_notices_is_told_what_it_lacks(server: Server, body: object) -> None:
    status, said = server.answer("/webhooks/rest/notices", body)
    assert status == 400
    assert "sender" in json.loads(said)["error"]


@pytest.mark.parametrize("message", ["\0", "\ud83d", "كم ياخذ رفع الإيقاف؟\0", "ا" * 10_000, "/restart"], ids=ascii)
def test_any_text_is_answered(server: Server, sender: str, message: str) -> None:
    answers = server.say(sender, message[:10_000])
    assert answers[-1]["text"].strip()


def test_a_repeated_delivery_is_known_by_its_id_and_another_never_taken_for_it() -> None:
    long = "a-very-long-prefix-that-some-integrator-puts-before-each-of-its-message-numbers"
    ids = {given_id(f"{long}-{n}") for n in (1, 2)}
    assert len(ids) == 2
    assert given_id(f"{long}-1") in ids
    assert given_id(None) != given_id(None)
    assert all(len(each) <= 60 for each in ids), "the inbox keeps 100"


def test_a_message_sent_twice_is_answered_once(server: Server, sender: str) -> None:
    first = server.say(sender, "كم ياخذ رفع الإيقاف؟", message_id="m-1")
    assert server.say(sender, "كم ياخذ رفع الإيقاف؟", message_id="m-1") == first
    assert len(server.say(sender, "هل أقدر أسافر وأنا موقوف؟", message_id="m-2")) == 1


def test_what_is_pretended_answers_no_other_host(server: Server) -> None:
    """A page elsewhere may give its own name this machine's address (DNS rebinding)."""
    body = json.dumps({"sender": "me", "message": "hello"}).encode()
    for path in ("/webhooks/rest/webhook", "/webhooks/rest/notices"):
        request = urllib.request.Request(server.url + path, body, {"Host": "evil.example"})  # noqa: S310
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)  # noqa: S310
        assert refused.value.code == 403


def test_what_is_pretended_answers_no_web_page(server: Server) -> None:
    body = json.dumps({"sender": "me", "message": "hello"}).encode()
    request = urllib.request.Request(f"{server.url}/webhooks/rest/webhook", body, {"Origin": server.url})  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310
    assert refused.value.code == 403


@pytest.fixture
def databases_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], tuple[int, Any]]:
    """Asks a door whose databases are away; status and body."""
    monkeypatch.setattr(Sanic, "test_mode", True)  # an application of that name may be made again

    async def answer(path: str, body: object) -> tuple[int, Any]:
        engine = make_engine(f"sqlite:///{tmp_path / 'away' / 'bot.db'}")
        settings = read({"BOT_PORT": str(free_port()), "OPS_PORT": "1"})
        door = Door(engine, Keys(("k" * 32,)), Bell(engine), LiveAnswers().refresh, settings)
        app = door_app(settings, door, {})
        server = await app.create_server("127.0.0.1", settings.bot_port, return_asyncio_server=True, access_log=False)
        await server.startup()
        await server.start_serving()
        url = f"http://127.0.0.1:{settings.bot_port}{path}"
        async with ClientSession() as client, client.post(url, json=body) as response:
            answered = response.status, await response.json()
        server.close()
        await server.wait_closed()
        return answered

    return lambda path, body: asyncio.run(answer(path, body))


def test_a_citizen_hears_words_while_a_database_is_away(databases_away: Callable) -> None:
    status, (said,) = databases_away("/webhooks/rest/webhook", {"sender": "me", "message": "السلام عليكم"})
    assert (status, said.keys()) == (200, {"recipient_id", "text"}), "words, and no button that would be dead"


def test_notices_wait_while_a_database_is_away(databases_away: Callable, caplog: pytest.LogCaptureFixture) -> None:
    status, said = databases_away("/webhooks/rest/notices", {"sender": "me"})
    assert status == 503
    assert said.keys() == {"error"}
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("away", ["bot", "cases"])
def test_it_is_not_ready_without_one_of_its_databases(
    away: str, seeded_engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    upgrade(f"sqlite:///{tmp_path / 'bot.db'}")
    engine = make_engine(f"sqlite:///{tmp_path / 'bot.db'}")
    monkeypatch.setattr(unit_of_work, "_engine", lambda: seeded_engine)
    process = Process(read({}), ("door",), engine, {}, None, None)
    process._databases()
    nowhere = make_engine(f"sqlite:///{tmp_path / 'away' / 'x.db'}")
    if away == "bot":
        process.engine = nowhere
    else:
        monkeypatch.setattr(unit_of_work, "_engine", lambda: nowhere)
    with pytest.raises((SQLAlchemyError, Unavailable)):
        process._databases()


# chat


LIFTING = "بواحد من ثلاثة"
"""What the answer to the third button of the greeting says and no other does."""


class Terminal:
    """`bot chat` with something that types into it."""

    def __init__(self, server: Server, folder: Path, *arguments: str) -> None:
        self.output = folder / "chat.txt"
        command, typed = bot("chat", *arguments), subprocess.PIPE
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=server.environ(), stdin=typed, stdout=output, stderr=output
            )

    def shown(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def type(self, words: str, wanted: str = "", patience: float = SOON) -> str:
        """What is shown after these words, once it has `wanted` in it and is complete."""
        before = len(self.shown())
        self.process.stdin.write(f"{words}\n".encode())
        self.process.stdin.flush()
        until(lambda: wanted in self.shown()[before:] and self.shown()[before:].endswith("\n\n"), patience, self.shown)
        return self.shown()[before:]

    def leave(self) -> int:
        self.process.stdin.close()
        return self.process.wait(SOON)


@pytest.fixture
def terminal(server: Server, tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(server, tmp_path)
    until(lambda: "Ctrl-D" in made.shown(), SOON, made.shown)
    yield made
    made.leave()


@pytest.mark.parametrize("number", ["3", "٣", "۳"])
def test_a_number_in_any_digits_answers_with_the_button_of_that_number(terminal: Terminal, number: str) -> None:
    greeting = terminal.type("السلام عليكم", wanted="[3]")
    assert "[3] كيف يُرفع الإيقاف؟" in greeting
    assert LIFTING in terminal.type(number, wanted="[1]")


def test_a_number_that_no_button_has_is_a_message(terminal: Terminal) -> None:
    greeting = terminal.type("السلام عليكم", wanted="[3]")
    assert "[4]" not in greeting
    assert LIFTING not in terminal.type("4")


def test_a_notice_appears_by_itself_within_two_seconds(server: Server, terminal: Terminal) -> None:
    persona = next(persona for persona in PERSONAS if persona.key == "unpaid_invoice")
    case = json.loads(server.run("demo", "people", "--json"))[persona.key]["cases"][0]
    terminal.type("ابغى أشوف قضاياي")
    terminal.type(persona.national_id)
    until(server.sms_file.exists, SOON)
    terminal.type(server.run("demo", "code", persona.national_id), wanted="[1]")
    for event in (("pay", case["invoice"]["number"]), ("advance", case["number"])):
        told = terminal.shown().count("🔔")
        server.run("demo", *event)
        until(lambda told=told: terminal.shown().count("🔔") > told, 2.0, terminal.shown)
        until(lambda: terminal.shown().endswith("\n\n"), SOON)
    shown = terminal.shown()
    time.sleep(1.2)
    assert terminal.shown() == shown, "each is told once"


def test_leaving_the_chat_is_no_error(server: Server, tmp_path: Path) -> None:
    terminal = Terminal(server, tmp_path)
    terminal.type("السلام عليكم", wanted="[1]", patience=PATIENCE)
    assert terminal.leave() == 0
    assert "Traceback" not in terminal.shown()


def test_chat_says_how_to_start_the_assistant_when_it_is_not_there(server: Server, tmp_path: Path) -> None:
    terminal = Terminal(server, tmp_path, "--url", f"http://127.0.0.1:{free_port()}")
    assert terminal.process.wait(SOON) == 1
    assert "make run" in terminal.shown()
    assert "Traceback" not in terminal.shown()


def test_chat_names_a_setting_that_cannot_be(server: Server) -> None:
    environ = {**server.environ(), "BOT_PORT": "abc"}
    done = subprocess.run(bot("chat"), cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30)
    assert (done.returncode, "BOT_PORT=abc" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


# production


def test_production_refuses_the_pretend_side_and_names_each_setting(tmp_path: Path) -> None:
    with started(tmp_path, BOT_ENV="production", BOT_DATABASE_URL="", CASE_DATABASE_URL="") as server:
        assert server.process.wait(PATIENCE) == 1
    for setting in (*PRODUCTION, "BOT_DATABASE_URL", "CASE_DATABASE_URL"):
        assert setting in server.printed()
    assert "Traceback" not in server.printed()
    assert not (tmp_path / "case.db").exists(), "nothing was begun"


def test_production_refuses_a_database_with_invented_people(tmp_path: Path, seeded_file: Path) -> None:
    shutil.copy(seeded_file, tmp_path / "case.db")
    with started(tmp_path, **PRODUCTION) as server:
        assert server.process.wait(PATIENCE) == 1
    assert "CASE_DATABASE_URL holds invented people" in server.printed()
    assert "Traceback" not in server.printed()


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("production"), **PRODUCTION) as made:
        yield made.wait_until_ready()


def test_production_has_no_rest_route(production: Server) -> None:
    for route in ("webhook", "notices"):
        assert production.status(f"/webhooks/rest/{route}", {"sender": "me", "message": "السلام عليكم"}) == 404


def test_production_invents_nobody(production: Server) -> None:
    assert PERSONAS[0].national_id not in production.printed()


# end


def test_an_action_server_that_ended_is_started_again_and_nobody_notices(server: Server, sender: str) -> None:
    server.say(sender, "ابغى أشوف قضاياي")
    killed = server.action_server()
    os.kill(killed, signal.SIGKILL)
    until(lambda: not runs(killed), SOON)
    server.say(sender, PERSONAS[0].national_id)  # waits until a try succeeds
    assert server.action_server() != killed
    until(server.sms_file.exists, SOON)
    verified = server.say(sender, server.run("demo", "code", PERSONAS[0].national_id))
    (case,) = json.loads(server.run("demo", "people", "--json"))[PERSONAS[0].key]["cases"]
    assert case["number"] in "".join(answer["text"] for answer in verified), "it goes on where it was"
    assert server.printed().count("the action server ended by itself (code -9)") == 1
    assert PERSONAS[0].national_id not in server.printed().partition("ended by itself")[2]
    assert "Traceback" not in server.printed()


def test_a_part_that_ends_by_itself_is_an_error_of_the_process() -> None:
    async def breaks() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        asyncio.run(asyncio.wait_for(Process(read({}), (), None, {}, None, None)._until_over(breaks()), SOON))


def test_an_action_server_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.serve.sys.executable", shutil.which("false"))
    with pytest.raises(SettingsError, match="ended at its start"):
        asyncio.run(Actions(read({"ACTION_PORT": str(free_port())})).listening())


def test_a_killed_parent_takes_its_action_server_with_it(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        child = server.action_server()
        server.process.kill()
        server.process.wait(SOON)
        until(lambda: not runs(child), SOON)


def ctrl_c(server: Server) -> int:
    """What it ends with, and its action server before it."""
    child = server.action_server()
    os.killpg(server.process.pid, signal.SIGINT)  # as a terminal does: to all of them
    code = server.process.wait(SOON)
    assert not runs(child)
    assert not any(listens(port) for port in (server.port, server.ops_port, server.action_port))
    assert "Traceback" not in server.printed()
    return code


def test_ctrl_c_ends_every_process_while_it_starts(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        assert ctrl_c(server) == 128 + signal.SIGINT


def test_ctrl_c_ends_every_process(server: Server) -> None:
    """Stands last: afterwards the server of the tests above is gone."""
    assert ctrl_c(server) == 0

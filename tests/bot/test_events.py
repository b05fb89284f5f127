"""A bank reports a payment as docs/integration.md says, and the citizen hears of it by herself."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from actions.case_db.seed import PERSONAS
from actions.services import events as services
from bot import events
from bot.project import ROOT
from tests.bot.test_serve import PATIENCE, SOON, Terminal, started, until


def as_printed() -> str:
    """What the document has an integrator type in the second terminal."""
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "docs" / "integration.md").read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [block for block in blocks if "curl" in block]
    return block


@pytest.mark.skipif(
    os.environ.get("TEST_ALL") != "1" and not (shutil.which("curl") and shutil.which("openssl")),
    reason="no curl or openssl",
)
def test_the_first_event_as_printed_reaches_the_citizen(tmp_path: Path) -> None:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    (tmp_path / ".env").write_text(f"PAYMENT_EVENTS_SECRETS=whsec_old\nPAYMENT_EVENTS_SECRETS={secret}\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    with started(tmp_path, PAYMENT_EVENTS_SECRETS=secret) as server:
        server.wait_until_ready()
        people = json.loads(server.run("demo", "people", "--json"))
        key = next(
            key
            for key, person in people.items()
            if any((case["invoice"] or {}).get("state") == "issued" for case in person["cases"])
        )
        persona = next(persona for persona in PERSONAS if persona.key == key)
        terminal = Terminal(server, tmp_path)
        terminal.type("ابغى أشوف قضاياي", patience=PATIENCE)
        terminal.type(persona.national_id)
        until(server.sms_file.exists, SOON)
        terminal.type(server.run("demo", "code", persona.national_id), wanted="[1]")
        script = as_printed().replace("127.0.0.1:5005", f"127.0.0.1:{server.port}")
        done = subprocess.run(
            ["bash", "-euc", script], cwd=tmp_path, env=server.environ(), capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "received"), done.stderr
        until(lambda: "🔔" in terminal.shown(), SOON, terminal.shown)
        assert re.search(r"applied$", server.run("events", "list", "--all"), re.MULTILINE)
        terminal.leave()


def test_events_wait_while_the_case_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's loop goes on, and what was kept is applied afterwards."""
    monkeypatch.setattr(events, "LOOK_EVERY", 0.01)
    tries = []

    async def work() -> None:
        over = asyncio.Event()

        def away() -> int:
            tries.append(1)
            if len(tries) < 3:
                raise OperationalError("", {}, Exception())
            loop.call_soon_threadsafe(over.set)
            return 0

        loop = asyncio.get_running_loop()
        monkeypatch.setattr(events, "apply_some", away)
        await asyncio.wait_for(events.run(over), 10)

    asyncio.run(work())
    assert len(tries) >= 3


def test_every_reason_and_every_type_is_in_the_document() -> None:
    document = (ROOT / "docs" / "integration.md").read_text(encoding="utf-8")
    assert all(f"`{kind}`" in document for kind in services.APPLIED)
    told = set(re.findall(r"`(\w+)`", document.split("## What cannot be applied")[1]))
    raised = {"unknown_case", "unknown_invoice", "unknown_request", "our_error"}
    for name in ("events", "payments", "requests"):
        source = (ROOT / "actions" / "services" / f"{name}.py").read_text(encoding="utf-8")
        raised |= set(re.findall(r'NotApplied\("(\w+)"\)', source))
        raised |= set(re.findall(r'BadValue\("(\w+)"\)', source)) if name == "payments" else set()
    raised -= {"event_id"}  # the door says it
    assert raised <= told

"""`docs/web-api.yml` against a door that runs: schemathesis makes requests out of the document, good and bad ones, and
holds every answer against it.

It needs packages that cannot live beside Rasa's, so it has an environment of its own (`make contract-tools`).
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from sanic import Sanic

from bot.delivery.engine import make_engine, upgrade
from bot.project import ROOT
from tests.bot.channels.served import CITIZEN, Page, Web, running, served
from tests.bot.channels.test_documents import asks_for_documents

HERE = Path(__file__).parent
TOOL = ROOT / ".tools" / "contract" / "bin" / "st"
DOCUMENT = ROOT / "docs" / "web-api.yml"
EXAMPLES = 50
SEED = 3
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)
LEFT_OUT = ("events", "widget")
"""A stream does not end, and files are no API; tests/bot/channels has both."""

_ONE = "web/v1/conversations/<conversation:str>"
REACHED = {
    ("web/v1/conversations", 201),
    ("web/v1/conversations", 400),
    (f"{_ONE}/token", 200),
    (f"{_ONE}/messages", 202),
    (f"{_ONE}/messages", 400),
    (f"{_ONE}/messages", 401),
    (f"{_ONE}/messages", 403),
    (f"{_ONE}/messages", 413),
    (f"{_ONE}/history", 200),
    (f"{_ONE}/history", 400),
    (f"{_ONE}/documents/<given_id:str>", 202),
    (f"{_ONE}/documents/<given_id:str>", 415),
    ("healthz", 200),
}


@pytest.fixture
def tool() -> Path:
    if not TOOL.exists():
        missing = "schemathesis is not installed (make contract-tools)"
        pytest.fail(missing) if os.environ.get("TEST_ALL") == "1" else pytest.skip(missing)
    return TOOL


def of_conversation(page: Page) -> dict[str, Any]:
    """The document, with a conversation that there is: good requests then reach all that lies behind the token."""
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    parameter = document["components"]["parameters"]["conversation"]
    parameter["schema"] = {"type": "string", "enum": [page.conversation]}
    parameter["example"] = page.conversation
    return document


async def lived_in(web: Web) -> Page:
    """A conversation with lines of every kind."""
    page = await web.begin()
    asks_for_documents(web)
    web.citizen = CITIZEN
    await page.send(text="لم يُجب عنها بعد")
    card = {"kind": "invoice", "number": "702331158013", "amount": "23400.00", "due_on": "2026-12-12"}
    guide = {"name": "pay_invoice", "step": 1, "of": 7}
    button = {"title": "التالي", "payload": "/next_step"}
    web.say(page.conversation, "فاتورة", citizen=CITIZEN, custom={"card": card}, buttons=[button])
    web.say(page.conversation, "خطوة", custom={"guide": guide, "upload": True})
    web.say(page.conversation, "لغيرها", citizen=CITIZEN + 1)
    return page


@running
async def run(tool: Path, folder: Path) -> tuple[int, str, set[tuple[str, int]]]:
    """The exit code, what was printed, and which answers there were."""
    url = f"sqlite:///{folder / 'bot.db'}"
    upgrade(url)
    async with served(make_engine(url), documents_dir=folder / "documents") as web:
        page = await lived_in(web)
        document = folder / "web-api.yml"
        document.write_text(yaml.safe_dump(of_conversation(page), allow_unicode=True), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            tool,
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            document,
            f"--url={web.url}",
            f"--header=Authorization: {page.headers['Authorization']}",
            f"--checks={','.join(CHECKS)}",
            *(f"--exclude-operation-id={name}" for name in LEFT_OUT),
            "--phases=examples,coverage,fuzzing",
            f"--max-examples={EXAMPLES}",
            f"--seed={SEED}",
            "--request-timeout=10",
            "--continue-on-failure",
            "--no-color",
            cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "COLUMNS": "160"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            printed, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        return process.returncode, printed.decode(), web.answered


def test_every_answer_is_as_documented(tool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sanic, "test_mode", True)
    code, printed, answered = run(tool, tmp_path)
    assert code == 0, printed[-12000:]
    assert answered >= REACHED, f"schemathesis did not come to {sorted(REACHED - answered)}"

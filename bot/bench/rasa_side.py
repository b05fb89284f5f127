"""Rasa's own server under the same load: `rasa run`, REST channel, SQL tracker store, one process.

Model, answers (`bot.nlg.FileResponses`) and action server are ours, so what is compared is what carries a message.
"""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.bench.load import Failed, Reply
from bot.bench.machine import HOST, CannotMeasure, Processes, SmsFile, free_port

if TYPE_CHECKING:
    import aiohttp


class RasaTalk:
    out_of_order = 0
    twice = 0

    def __init__(self, server: RasaServer) -> None:
        self.server = server
        self.sender = uuid.uuid4().hex

    async def say(self, text: str) -> Reply:
        body = {"sender": self.sender, "message": text}
        async with self.server.http.post(self.server.url, json=body) as answer:
            lines = await answer.json()
            if answer.status != 200:
                raise Failed(str(answer.status))
        if not lines:
            raise Failed("no answer")
        return Reply(None, any((line.get("custom") or {}).get("guide") for line in lines))

    async def close(self) -> None:
        pass


class RasaServer:
    def __init__(self, http: aiohttp.ClientSession, port: int, sms: SmsFile) -> None:
        self.http = http
        self.url = f"http://{HOST}:{port}/webhooks/rest/webhook"
        self.code = sms.code

    async def open(self) -> RasaTalk:
        return RasaTalk(self)


def start(processes: Processes, folder: Path, tracker_url: str, case_url: str, sms_file: Path) -> int:
    """`rasa run` and an action server for it; the port once it answers."""
    from bot.training.model import model_path

    port, actions = free_port(), free_port()
    environ = {
        "CASE_DATABASE_URL": case_url,
        "PRETEND_SMS_FILE": str(sms_file),
        "BOT_ENV": "demo",
        "RASA_TELEMETRY_ENABLED": "false",
        "LOG_LEVEL": "ERROR",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        # its threads would fight for the cores
        "OMP_NUM_THREADS": "1",
        "TF_INTRA_OP_PARALLELISM_THREADS": "1",
        "TF_INTER_OP_PARALLELISM_THREADS": "1",
    }
    endpoints, credentials = folder / "endpoints.yml", folder / "credentials.yml"
    settings = {
        "action_endpoint": {"url": f"http://{HOST}:{actions}/webhook", "enable_selective_domain": True},
        "nlg": {"type": "bot.nlg.FileResponses"},
        "tracker_store": {"type": "SQL", **_store(tracker_url)},
    }
    endpoints.write_text(json.dumps(settings))  # YAML holds JSON
    credentials.write_text("rest:\n")
    processes.start("actions", ["-m", "actions.server"], **environ, ACTION_PORT=str(actions))
    command = ["-m", "rasa", "run", "--model", str(model_path()), "-i", HOST, "--port", str(port)]
    command += ["--endpoints", str(endpoints), "--credentials", str(credentials)]
    processes.start("rasa", command, **environ)
    processes.wait_for("actions", f"http://{HOST}:{actions}/health")
    processes.wait_for("rasa", f"http://{HOST}:{port}/")
    _warm_up(processes, port)
    return port


def _store(url: str) -> dict[str, Any]:
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return {"dialect": "sqlite", "db": parsed.database}
    where = {"url": parsed.host, "port": parsed.port, "username": parsed.username, "password": parsed.password}
    return {"dialect": "postgresql", "db": parsed.database, **{key: value for key, value in where.items() if value}}


def _warm_up(processes: Processes, port: int) -> None:
    """Rasa answers before its model is there: the first message with words in its answer begins the measurement."""
    import urllib.request

    deadline = time.monotonic() + 90
    said = json.dumps({"sender": "warm-up", "message": "السلام عليكم"}).encode()
    while time.monotonic() < deadline and processes.running["rasa"].poll() is None:
        asked = urllib.request.Request(
            f"http://{HOST}:{port}/webhooks/rest/webhook", said, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
                if json.loads(answer.read()):
                    return
        except OSError:
            pass
        time.sleep(0.5)
    raise CannotMeasure(f"Rasa does not answer:\n{processes.log('rasa').read_text(errors='replace')[-2000:]}")

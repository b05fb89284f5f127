"""How much the door, the workers and what stands behind them carry, beside Rasa's own server with the same model,
answers and action server, one after the other in the same run.

    bot bench door
    bot bench door --seconds 10 --rates 5,40 --workers 1
    bot bench door --database postgresql://postgres@127.0.0.1:5432/postgres --json build/door.json --plot build/door.svg
    bot bench door --channel whatsapp

Databases are temporary: files, or databases made on that PostgreSQL server and dropped afterwards. The load is
generated on this machine and its CPU time is shown like that of the others. Four messages in five are questions, each
typed by somebody else and none sent twice; one in five is a turn of somebody who proves who she is, sees her case, has
its invoice issued and is led through paying it.

By WhatsApp (bot/bench/whatsapp.py) the same comes as signed deliveries to our webhook, and ours alone is measured:
Rasa's server has no such channel.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.bench.load import Failed, Load, Mix, Reply, Result, Server, climb, highest, spread
from bot.bench.machine import HOST, CannotMeasure, Processes, SmsFile, databases, fill_cases, roles

if TYPE_CHECKING:
    import aiohttp

HELP = "messages per second and latency at a rising load, beside Rasa's own server"
SETTLE = 2.0
"""Seconds between two rates."""
OURS, RASAS = "ours", "rasa"
WEB, WHATSAPP = "web", "whatsapp"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each rate lasts (20)")
    parser.add_argument(
        "--rates",
        type=lambda typed: [float(rate) for rate in typed.split(",")],
        default=[5, 10, 20, 40, 60, 80],
        help="messages per second, one after the other, up to the first that is too much (5,10,20,40,60,80)",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that answer (2)")
    parser.add_argument("--database", metavar="URL", help="a PostgreSQL server on which databases may be made")
    parser.add_argument("--channel", choices=[WEB, WHATSAPP], default=WEB, help="how people reach us (web)")
    parser.add_argument("--only", choices=[OURS, RASAS], help="measure one of the two")
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything measured")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="latency over rate, .svg or .png")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep what the processes say")


@dataclass
class Side:
    """What was measured of one of the two."""

    name: str
    workers: int
    results: list[Result] = field(default_factory=list)
    statuses: list[list[float]] = field(default_factory=list)
    """On WhatsApp, for each result: seconds to the acknowledgement of each status that was delivered meanwhile."""

    @property
    def highest(self) -> float:
        return highest(self.results)


def run(options: argparse.Namespace) -> int:
    from bot.training.model import is_current

    if not is_current():
        print("No current model. Run: make train", file=sys.stderr)
        return 1
    names = [options.only] if options.only else [OURS, RASAS]
    if options.channel == WHATSAPP:
        if options.only == RASAS:
            print("Rasa's server has no WhatsApp channel.", file=sys.stderr)
            return 1
        names = [OURS]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every `finally`: the processes end with us
    sides = []
    try:
        for name in names:
            with tempfile.TemporaryDirectory(prefix="bot-bench-") as made:
                sides.append(_measure(name, Path(made), options))
    except CannotMeasure as error:
        print(error, file=sys.stderr)
        return 1
    print(_summary(sides))
    if options.json:
        options.json.write_text(json.dumps(_as_json(sides, options), indent=1) + "\n")
    if options.plot:
        plot(sides, options.plot)
    return 0


def _measure(name: str, folder: Path, options: argparse.Namespace) -> Side:
    from bot.bench import rasa_side, whatsapp

    graph = socket.create_server((HOST, 0)) if options.channel == WHATSAPP else None  # so that nobody else takes it
    side = Side(name, options.workers if name == OURS else 1)
    sms = SmsFile(folder / "sms.jsonl")
    logs = options.logs / name if options.logs else folder
    logs.mkdir(parents=True, exist_ok=True)
    with databases(options.database, folder, "bot", "case") as urls, Processes(logs) as processes:
        people = fill_cases(urls["case"])
        if name == OURS:
            from bot.delivery.engine import upgrade

            upgrade(urls["bot"])
            more = whatsapp.environ(graph.getsockname()[1]) if graph else {}
            port, _ = roles(processes, urls["bot"], urls["case"], sms.file, options.workers, **more)
        else:
            port = rasa_side.start(processes, folder, urls["bot"], urls["case"], sms.file)
        if graph:
            reached = partial(whatsapp.people, port=port, graph_socket=graph, sms=sms)
        else:
            reached = partial(_web, OurServer if name == OURS else rasa_side.RasaServer, port=port, sms=sms)
        print(f"\n{_title(side, options)}\n{HEADER}", flush=True)
        asyncio.run(_climb(side, reached, people, processes, options))
    return side


@asynccontextmanager
async def _web(kind: Callable[..., Server], http: aiohttp.ClientSession, **where: Any) -> AsyncIterator[Server]:
    yield kind(http, **where)


async def _climb(side: Side, reached: Callable, people: list, processes: Processes, options: Any) -> None:
    import aiohttp

    # let go of before the server closes it (Sanic: 5 seconds): no message meets a connection that is just ending
    connections = aiohttp.TCPConnector(limit=0, keepalive_timeout=3)
    patience = aiohttp.ClientTimeout(total=None, sock_connect=30)
    async with aiohttp.ClientSession(connector=connections, timeout=patience) as http, reached(http) as server:
        load = Load(server, Mix(people), processes.cpu)
        await load.run(5, 4)  # connections, caches, the first parse

        async def measure(rate: float) -> Result:
            await asyncio.sleep(SETTLE)
            taken: list[float] = getattr(server, "told", [])
            taken.clear()
            result = await load.run(rate, options.seconds)
            side.statuses.append(list(taken))
            print(row(result, side.statuses[-1]), flush=True)
            return result

        side.results = await climb(measure, options.rates)
        await load.close()


# our web channel


class OurTalk:
    """A page that is open: one stream of answers, messages beside it."""

    def __init__(self, server: OurServer, conversation: str, token: str) -> None:
        self.http = server.http
        self.url = f"{server.url}/{conversation}"
        self.headers = {"Authorization": f"Bearer {token}"}
        self.out_of_order = 0
        self.twice = 0
        self._seen = 0
        self._sent: list[str] = []
        self._awaited: dict[str, asyncio.Future] = {}
        self._listening = asyncio.create_task(self._listen())
        self.welcomed = asyncio.get_running_loop().create_future()

    async def say(self, text: str) -> Reply:
        given = uuid.uuid4().hex
        self._sent.append(given)
        answered = self._awaited[given] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        async with self.http.post(
            f"{self.url}/messages", json={"id": given, "text": text}, headers=self.headers
        ) as answer:
            await answer.read()
            if answer.status != 202:
                self._sent.remove(given)
                raise Failed(str(answer.status))
        acknowledged = time.perf_counter() - began
        return Reply(acknowledged, await answered)

    async def close(self) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    async def _listen(self) -> None:
        while True:  # a stream that ends is opened again, as a browser does
            with suppress(OSError, asyncio.TimeoutError, ConnectionError):
                headers = {**self.headers, "Last-Event-ID": str(self._seen)}
                async with self.http.get(f"{self.url}/events", headers=headers) as stream:
                    part = b""
                    async for data, complete in stream.content.iter_chunks():
                        part += data
                        if complete:  # what one turn says comes in one chunk
                            lines = part.split(b"\n")
                            self._hear([json.loads(line[6:]) for line in lines if line.startswith(b'data: {"number')])
                            part = b""
            await asyncio.sleep(0.5)

    def _hear(self, events: list[dict[str, Any]]) -> None:
        if not self.welcomed.done():
            self.welcomed.set_result(None)
        for event in events:
            self.out_of_order += event["number"] != self._seen + 1
            self._seen = max(self._seen, event["number"])
            if event["heard"]:
                given = event["heard"]["id"]
                waiting = self._awaited.pop(given, None)
                if waiting is None:
                    self.twice += 1
                    continue
                self.out_of_order += given != self._sent.pop(0)
                if not waiting.done():
                    waiting.set_result(any(event.get("guide") for event in events))


class OurServer:
    def __init__(self, http: aiohttp.ClientSession, port: int, sms: SmsFile) -> None:
        self.http = http
        self.url = f"http://{HOST}:{port}/web/v1/conversations"
        self.code = sms.code

    async def open(self) -> OurTalk:
        async with self.http.post(self.url, json={"language": "ar"}) as answer:
            if answer.status != 201:
                raise CannotMeasure(f"no conversation could be begun: {answer.status}")
            made = await answer.json()
        talk = OurTalk(self, made["conversation"], made["token"])
        await asyncio.wait_for(talk.welcomed, 30)
        return talk


# what is told


HEADER = (
    f"{'rate':>6} {'done':>6}  {'acknowledged, ms':^20}  {'answered, ms':^20} {'late s':>6} {'err':>4} {'lost':>4}"
    f" {'disorder':>8}  CPU, ms per message\n"
    f"{'/s':>6} {'/s':>6}  {'median':>6} {'p95':>6} {'p99':>6}  {'median':>6} {'p95':>6} {'p99':>6}"
)


def row(result: Result, statuses: list[float] | None = None) -> str:
    """`statuses`: as in Side."""
    ms = [_ms(result.acknowledged()), _ms(result.latencies())]
    cpu = {name: used * 1000 / max(1, len(result.ok())) for name, used in result.cpu.items() if name != "machine"}
    by = "  ".join(f"{name} {used:.1f}" for name, used in cpu.items())
    busy = f"  (others: {others(result):.1f} cores)" if others(result) > 0.2 else ""
    mark = "" if result.sustained else "  not sustained"
    remarks = Counter(sample.error for sample in result.samples if sample.error)
    remarks["astray"] = sum(sample.strayed for sample in result.samples)
    told = "  ".join(f"{count} × {what}" for what, count in remarks.items() if count)
    told = f"  ({told})" if told else ""
    if statuses:
        each = len(statuses) / max(1, len(result.ok()))
        told += f"\n{'':13}  {_ms(statuses)}  for {len(statuses)} statuses, {each:.1f} each message"
    return (
        f"{result.rate:6.0f} {result.achieved:6.1f}  {ms[0]}  {ms[1]} {result.waiting:6.2f} {result.errors:4d}"
        f" {result.lost:4d} {result.out_of_order + result.twice:8d}  {by}{busy}{mark}{told}"
    )


def _ms(values: list[float]) -> str:
    milliseconds = ("-" if value != value else f"{value * 1000:.0f}" for value in spread(values).values())
    return " ".join(f"{each:>6}" for each in milliseconds)


def others(result: Result) -> float:
    """Cores that the rest of this machine used meanwhile; what is measured is only worth something near 0."""
    used = sum(seconds for name, seconds in result.cpu.items() if name != "machine")
    return max(0.0, result.cpu.get("machine", used) - used) / (result.wall or 1.0)


def limit(result: Result) -> str:
    """What is short at this rate: a process that has its core to itself, all cores, or neither."""
    import os

    used = {name: seconds / result.wall for name, seconds in result.cpu.items()}
    machine = used.pop("machine", 0.0)
    cores = os.cpu_count() or 1
    shares = ", ".join(f"{name} {share:.2f}" for name, share in sorted(used.items(), key=lambda each: -each[1]))
    name, most = max(used.items(), key=lambda each: each[1], default=("", 0.0))
    if machine > 0.9 * cores:
        what = f"all {cores} cores are busy"
    elif most > 0.85:
        what = f"{name} has no more of its core"
    else:
        what = "no CPU is short: it waits (commits, locks)"
    return f"{what} (cores used: {shares}; everything else on this machine {others(result):.2f})"


def _title(side: Side, options: argparse.Namespace) -> str:
    database = "PostgreSQL" if options.database else "SQLite"
    if side.name == OURS:
        by = "Ours, by WhatsApp" if options.channel == WHATSAPP else "Ours"
        return f"{by}: door, {side.workers} workers, sender, action server; {database}"
    return f"Rasa's own server: one process, REST channel, SQL tracker store, the same action server; {database}"


def _summary(sides: list[Side]) -> str:
    lines = [""]
    for side in sides:
        most = max(side.results, key=lambda result: (result.sustained, result.achieved))
        each = f", {side.highest / side.workers:.1f} for each process that answers" if side.workers > 1 else ""
        lines.append(f"{side.name}: {side.highest:.1f} messages/s sustained{each}; {limit(most)}")
    if any(others(result) > 0.2 for side in sides for result in side.results):
        lines.append(
            "Others used this machine meanwhile: compare CPU per message, not rates; measure again when it is quiet."
        )
    by_name = {side.name: side for side in sides}
    if len(by_name) == 2 and by_name[RASAS].highest:
        ours, rasas = by_name[OURS], by_name[RASAS]
        ratio = ours.highest / rasas.highest
        cost = _cpu_each(rasas, RASAS) / _cpu_each(ours, "worker")
        lines.append(
            f"ratio: {ratio:.1f} in all, {ratio / ours.workers:.1f} for each process that answers;"
            f" CPU per message in them: 1 to {cost:.1f}"
        )
    return "\n".join(lines)


def _cpu_each(side: Side, prefix: str) -> float:
    """CPU seconds per message in the processes that answer, over all rates."""
    used = sum(seconds for r in side.results for name, seconds in r.cpu.items() if name.startswith(prefix))
    return used / max(1, sum(len(result.ok()) for result in side.results))


def _as_json(sides: list[Side], options: argparse.Namespace) -> dict[str, Any]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "channel": options.channel,
        "database": "postgresql" if options.database else "sqlite",
        "seconds": options.seconds,
        "sides": [
            {
                "name": side.name,
                "workers": side.workers,
                "highest": side.highest,
                "rates": [
                    {
                        "rate": r.rate,
                        "achieved": r.achieved,
                        "sustained": r.sustained,
                        "waiting_seconds": r.waiting,
                        "acknowledged": spread(r.acknowledged()) if r.acknowledged() else None,
                        "answered": spread(r.latencies()) if r.ok() else None,
                        "statuses": {"count": len(statuses), **spread(statuses)} if statuses else None,
                        "questions": spread(r.latencies(journey=False)) if r.ok() else None,
                        "messages": len(r.samples),
                        "errors": r.errors,
                        "lost": r.lost,
                        "out_of_order": r.out_of_order,
                        "twice": r.twice,
                        "wall": r.wall,
                        "cpu_seconds": r.cpu,
                        "limit": limit(r),
                        "others_cores": others(r),
                    }
                    for r, statuses in zip_longest(side.results, side.statuses)
                ],
            }
            for side in sides
        ],
    }


def plot(sides: list[Side], file: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "bench"
    figure, axes = pyplot.subplots(figsize=(7, 4))
    names = {OURS: "ours", RASAS: "Rasa's own server"}
    for side, colour in zip(sides, ("#0b6e4f", "#b23a48"), strict=False):
        best: dict[float, Result] = {}  # a rate that was too much was tried again
        for r in sorted((r for r in side.results if r.ok()), key=lambda r: (r.rate, not r.sustained, r.waiting)):
            best.setdefault(r.rate, r)
        rates, results = list(best), list(best.values())
        for name, style in (("median", "-"), ("p95", "--")):
            values = [spread(r.latencies())[name] * 1000 for r in results]
            axes.plot(rates, values, style, color=colour, marker=".", label=f"{names[side.name]}, {name}")
    axes.set(xlabel="messages per second offered", ylabel="answered after, ms", yscale="log", xlim=(0, None))
    axes.grid(True, which="both", alpha=0.2)
    axes.legend()
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    pyplot.close(figure)

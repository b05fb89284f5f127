"""The rounds of `bot bench kill`: real processes, journeys that change the case database, kills, checks, a summary."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import func, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from actions.case_db.engine import make_engine
from actions.case_db.engine import upgrade as upgrade_cases
from actions.case_db.models import Case, Invoice, Notice, Payment, Request
from actions.case_db.models import Citizen as Person
from actions.case_db.unit_of_work import UnitOfWork
from actions.gateways.sms import PretendSms
from actions.services import payments
from actions.services.errors import Unavailable
from bot.bench import promises
from bot.bench.citizens import Citizen
from bot.bench.fleet import Fleet, Kill
from bot.bench.machine import databases, free_port
from bot.bench.promises import Broken
from bot.delivery.engine import reading
from bot.delivery.engine import upgrade as upgrade_bot
from bot.delivery.models import Inbox, Outbox
from bot.keys import Keys
from bot.project import ROOT
from bot.text.national_id import check_digit

KILLED = {"door": 3, "worker": 4, "sender": 1, "actions": 3}
"""How often each role is chosen, against the others. A worker needs ten seconds to be back, the others two or three."""
DATABASE = "database"
"""PostgreSQL only: all connections are cut, as by a restart of the server."""
MOST_KILLS = 2
GENTLE = 0.15
"""The share of kills that are a SIGTERM, as with a new version."""
ASKERS, TRAVELLERS = 3, 2
LASTS = 3.0
"""Seconds of a round in which kills fall."""
START = 300.0
PATIENCE = 240.0
"""Seconds for everything to be answered and seen; the three tries of a message alone may take 31."""
CODE = 6.0
"""Seconds for an SMS. One that was on its way when the action server died does not come; a citizen asks for another
after a minute, here she goes."""

GREETING = "السلام عليكم"
QUESTIONS = (
    "كم ياخذ رفع الإيقاف؟",
    "هل أقدر أسافر وأنا موقوف؟",
    "كم يخصمون من الراتب؟",
    "وش معنى إيقاف الخدمات؟",
    "راتبي 9000 كم يخصمون",
    "وش الخدمات اللي ما تتوقف؟",
    "كيف أسدد الفاتورة؟",
    "can I travel while my services are suspended?",
)
INVOICE, ID, CODE_STEP, PAID, FILED = (
    "أصدر لي فاتورة سداد",
    "{ID}",
    "{CODE}",
    "(the bank reports the payment)",
    "[إرسال الطلب]",
)
JOURNEY = (
    INVOICE, ID, CODE_STEP, "ابغى أسدد الفاتورة", "الراجحي", "تم", PAID,
    "قدموا لي طلب رفع الإيقاف", "[قدّموه من هنا]", "تم سداد كامل المطالبة بفاتورة التنفيذ", FILED,
    "وين وصل طلب الرفع حقي",
)  # fmt: skip
"""In brackets: the button with this title. After the code the invoice is issued."""
SWITCHED_OFF = (
    "SMS_API_URL", "SMS_API_TOKEN", "TICKETS_API_URL", "TICKETS_API_TOKEN", "OPERATOR_NAME", "BOT_HOST", "WEB_ORIGINS",
    "BOT_PROXIES", "RATE_LIMIT_STORAGE", "PRETEND_SMS_FAILS", "LOG_FORMAT", "ACTION_TIMEOUT",
)  # fmt: skip


class Broke(Exception):
    """The bench itself cannot go on; the text says why."""


@dataclass(frozen=True)
class Traveller:
    """An invented person with one court case that can be paid, and how far she came."""

    citizen: Citizen
    person: int
    national_id: str
    mobile: str
    case: int
    done: list[str] = field(default_factory=list)


class Stage:
    """Databases and processes of one run."""

    def __init__(self, folder: Path, bot_url: str, case_url: str, workers: int = 2) -> None:
        self.folder = folder
        upgrade_cases(case_url)
        upgrade_bot(bot_url)
        self.bot, self.cases = make_engine(bot_url), make_engine(case_url)
        secret = secrets.token_urlsafe(48)
        self.keys = Keys((secret,))
        self.sms = PretendSms(folder / "sms.jsonl")
        self.log = folder / "processes.log"
        door, action = free_port(), free_port()
        self.url = f"http://127.0.0.1:{door}"
        self.environ = {
            **os.environ,
            **dict.fromkeys(SWITCHED_OFF, ""),
            "BOT_ENV": "demo",
            "BOT_DATABASE_URL": bot_url,
            "CASE_DATABASE_URL": case_url,
            "BOT_SECRETS": secret,
            "BOT_PORT": str(door),
            "ACTION_PORT": str(action),
            "RATE_LIMITS": "off",
            "PRETEND_SMS_FILE": str(folder / "sms.jsonl"),
            "DOCUMENTS_DIR": str(folder / "documents"),
        }
        names = ["door", *(f"worker-{number}" for number in range(1, workers + 1)), "sender", "actions"]
        self.ops = {name: free_port() for name in names}
        self.fleet = Fleet({name: self._starter(name) for name in names})
        self.wanted: dict[str, list[str]] = {}
        """Given id → the names of the lines that must answer it."""
        self.codes_lost = 0
        self._people = 0

    def _starter(self, name: str) -> Callable[[], subprocess.Popen]:
        role = name.partition("-")[0]

        def start() -> subprocess.Popen:
            with self.log.open("ab") as log:
                return subprocess.Popen(
                    [sys.executable, "-m", "bot", "serve", "--role", role, "--no-seed"],
                    cwd=ROOT,
                    env={**self.environ, "OPS_PORT": str(self.ops[name])},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for the bench, which ends them
                )

        return start

    async def ready(self, http: aiohttp.ClientSession) -> None:
        """Every process is up; a worker has its model, and reaches the action server."""
        deadline = time.monotonic() + START
        for name, port in self.ops.items():
            url = f"http://127.0.0.1:{self.environ['ACTION_PORT']}/health"
            if name != "actions":
                url = f"http://127.0.0.1:{port}/readyz"
            while True:
                with suppress(aiohttp.ClientError, asyncio.TimeoutError):
                    async with http.get(url, timeout=aiohttp.ClientTimeout(total=10)) as answer:
                        if answer.status == 200:
                            break
                if time.monotonic() > deadline or self.fleet.ended_by_themselves[name] > 3:
                    raise Broke(f"{name} does not start: {self.printed()}")
                await asyncio.sleep(0.2)

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:] if self.log.exists() else ""

    async def traveller(self, citizen: Citizen) -> Traveller:
        self._people += 1
        return await asyncio.to_thread(self._traveller, citizen, self._people)

    def _traveller(self, citizen: Citizen, number: int) -> Traveller:
        nine = f"19{5_000_000 + number:07}"
        today = dt.datetime.now(dt.timezone.utc).date()
        case = Case(
            number=f"45{90_000_000 + number:08}",
            kind="court",
            opened_on=today - dt.timedelta(days=60),
            court="محكمة التنفيذ بالرياض",
            circuit="دائرة التنفيذ 1",
            creditor="مؤسسة ركن الواحة للتجارة",
            claim=Decimal(1000 + number),
            referred_on=today - dt.timedelta(days=40),
            decision_34_on=today - dt.timedelta(days=35),
            decision_46_on=today - dt.timedelta(days=20),
        )
        person = Person(
            national_id=nine + str(check_digit(nine)), name="تجربة", mobile=f"+96651{number:07}", cases=[case]
        )

        def add() -> Traveller:
            with Session(self.cases, future=True) as session:
                session.add(person)
                session.commit()
                return Traveller(citizen, person.id, person.national_id, person.mobile, case.id)

        return again(add)

    def pay(self, traveller: Traveller) -> None:
        """The bank reports it twice, as banks do."""
        for _ in range(2):
            again(lambda: self._pay(traveller))

    def _pay(self, traveller: Traveller) -> None:
        with UnitOfWork(self.cases, sms=self.sms) as uow:
            invoice = uow.session.scalar(select(Invoice).where(Invoice.case_id == traveller.case))
            payments.record_payment(
                uow,
                event_id=f"bench-{traveller.case}",
                invoice_number=invoice.number,
                amount=invoice.amount,
                reference=f"BENCH-{invoice.number}",
                paid_at=uow.now(),
                actor="bench",
            )

    def cut_database(self) -> None:
        for engine in {self.bot, self.cases}:
            with Session(engine, future=True) as session:
                session.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    def close(self) -> None:
        self.fleet.end()
        self.bot.dispose()
        self.cases.dispose()


def again(work: Callable[[], Any]) -> Any:
    """A database that was cut off, or busy, is asked again: what stands outside must not count."""
    for last in (False,) * 20 + (True,):
        try:
            return work()
        except (SQLAlchemyError, Unavailable):
            if last:
                raise
            time.sleep(0.3)


# what is said


class Expected:
    """The names of the answers to each message, as they are when nobody is killed."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.learning = True


async def ask(stage: Stage, expected: Expected, citizen: Citizen, questions: Sequence[str], in_a_row: bool) -> None:
    for words in questions:
        given = await citizen.send(text=words, twice=citizen.chance.random() < 0.2)
        await _note(stage, expected, given, words)
        if not in_a_row:
            await citizen.answer(given, PATIENCE)


async def travel(stage: Stage, expected: Expected, traveller: Traveller, steps: Sequence[str] = JOURNEY) -> None:
    citizen, lines = traveller.citizen, []
    for step in steps:
        if step == PAID:
            await asyncio.to_thread(stage.pay, traveller)
        else:
            content = await _content(stage, traveller, step, lines)
            if content is None:
                stage.codes_lost += 1
                return
            given = await citizen.send(**content)
            await _note(stage, expected, given, step)
            lines = await citizen.answer(given, PATIENCE)
        traveller.done.append(step)


async def _content(stage: Stage, traveller: Traveller, step: str, lines: list[dict]) -> dict[str, str] | None:
    if step == ID:
        return {"text": traveller.national_id}
    if step == CODE_STEP:
        code = await _code(stage, traveller.mobile)
        return code and {"text": code}
    if step.startswith("["):
        offered = {button["title"]: button["payload"] for line in lines for button in line["buttons"]}
        if step.strip("[]") not in offered:
            raise Broke(f"no button {step}; offered: {list(offered)}")
        return {"button": offered[step.strip("[]")]}
    return {"text": step}


async def _code(stage: Stage, mobile: str) -> str | None:
    deadline = time.monotonic() + CODE
    while time.monotonic() < deadline:
        code = await asyncio.to_thread(stage.sms.last_code, mobile)
        if code:
            return code
        await asyncio.sleep(0.05)
    return None


async def _note(stage: Stage, expected: Expected, given: str, words: str) -> None:
    if not expected.learning:
        stage.wanted[given] = expected.names[words]
        return
    while not (names := await asyncio.to_thread(_names, stage.bot, given)):
        await asyncio.sleep(0.05)
    expected.names[words] = names


def _names(engine: Engine, given: str) -> list[str]:
    lines = select(Outbox.name).join(Inbox, Inbox.id == Outbox.inbox).where(Inbox.given_id == given)
    with Session(reading(engine), future=True) as session:
        return list(session.scalars(lines.order_by(Outbox.number)))


# what must hold of money and cases


def broken_cases(stage: Stage, travellers: Sequence[Traveller]) -> Iterator[Broken]:
    with Session(reading(stage.cases), future=True) as session:
        for traveller in travellers:
            counted = {
                "invoice": session.scalar(select(func.count(Invoice.id)).where(Invoice.case_id == traveller.case)),
                "request": session.scalar(select(func.count(Request.id)).where(Request.case_id == traveller.case)),
                "payment": len(paid := _payments(session, traveller)),
                "notice": session.scalar(select(func.count(Notice.id)).where(Notice.citizen_id == traveller.person)),
            }
            wished = {"invoice": CODE_STEP, "request": FILED, "payment": PAID, "notice": PAID}
            for what, step in wished.items():
                wanted = int(step in traveller.done)
                if counted[what] != wanted:
                    yield Broken("case", f"{counted[what]} × {what} in place of {wanted}, case {traveller.case}")
            if any(payment.amount != payment.invoice.amount for payment in paid):
                yield Broken("case", f"paid is not what was due, case {traveller.case}")
            if (sent := _sms_to(stage, traveller.mobile)) > 1:
                yield Broken("case", f"the code was sent {sent} times, case {traveller.case}")
        told = session.scalars(select(Notice).where(Notice.citizen_id.in_([each.person for each in travellers]))).all()
    for notice in told:
        with Session(reading(stage.bot), future=True) as session:
            lines = session.scalar(
                select(func.count(Outbox.id)).where(Outbox.unique_key == f"notice:{notice.unique_key}")
            )
        if lines != 1 or notice.handed_over_at is None:
            yield Broken("notice", f"notice {notice.id} stands {lines} times in the outbox")


def _payments(session: Session, traveller: Traveller) -> list[Payment]:
    mine = select(Payment).join(Invoice, Invoice.id == Payment.invoice_id).where(Invoice.case_id == traveller.case)
    return session.scalars(mine).all()


def _sms_to(stage: Stage, mobile: str) -> int:
    file = stage.sms.file
    return len(re.findall(re.escape(f'"{mobile}"'), file.read_text(encoding="utf-8"))) if file.exists() else 0


async def told_all(stage: Stage, travellers: Sequence[Traveller], patience: float) -> None:
    """Wait until no notice waits to be handed over."""
    waiting = select(Notice.id).where(
        Notice.handed_over_at.is_(None), Notice.citizen_id.in_([each.person for each in travellers])
    )

    def look() -> bool:
        with Session(reading(stage.cases), future=True) as session:
            return session.scalar(waiting.limit(1)) is None

    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and not await asyncio.to_thread(again, look):
        await asyncio.sleep(0.1)


# rounds


@dataclass
class Tally:
    rounds: int = 0
    messages: int = 0
    answered: int = 0
    journeys: int = 0
    resumed: int = 0
    sent_again: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    recovery: list[float] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


Killer = Callable[[Stage, random.Random], Awaitable[None]]


async def round_(
    stage: Stage, http: aiohttp.ClientSession, expected: Expected, seed: str, tally: Tally, kill: Killer | None = None
) -> list[Broken]:
    """Load, kills, and what is broken once everything is quiet."""
    chance = random.Random(seed)  # noqa: S311  which process dies when, nothing secret
    citizens = [
        await Citizen(http, stage.url, random.Random(chance.random())).begin()  # noqa: S311
        for _ in range(ASKERS + TRAVELLERS)
    ]
    travellers = [await stage.traveller(citizen) for citizen in citizens[ASKERS:]]
    before = len(stage.fleet.kills)
    talks = [
        *(ask(stage, expected, c, _questions(chance), chance.random() < 0.5) for c in citizens[:ASKERS]),
        *(travel(stage, expected, each) for each in travellers),
    ]
    found: list[Broken] = []
    for result in await asyncio.gather((kill or _kill)(stage, chance), *talks, return_exceptions=True):
        if isinstance(result, BaseException):
            found.append(Broken("lost", f"a conversation could not go on: {type(result).__name__} {result}"))
    await promises.settled(stage.bot, citizens, PATIENCE if not found else 1)
    await told_all(stage, travellers, PATIENCE if not found else 1)
    await promises.settled(stage.bot, citizens, PATIENCE if not found else 1)
    found += await asyncio.to_thread(again, lambda: promises.broken(stage.bot, stage.keys, citizens, stage.wanted.get))
    found += await asyncio.to_thread(again, lambda: list(broken_cases(stage, travellers)))
    found += [Broken("ended", f"{name} ended by itself") for name in stage.fleet.ended_by_themselves.elements()]
    found += [Broken("ended", f"{name} would not end") for name in stage.fleet.too_slow.elements()]
    stage.fleet.ended_by_themselves.clear()
    stage.fleet.too_slow.clear()
    for citizen in citizens:
        await citizen.end()
    kills = stage.fleet.kills[before:]
    await asyncio.to_thread(again, lambda: _count(stage, citizens, kills, tally))
    tally.journeys += sum(1 for each in travellers if len(each.done) == len(JOURNEY))
    tally.broken += found
    return found


def _questions(chance: random.Random) -> list[str]:
    return [GREETING, *chance.sample(QUESTIONS, chance.randint(2, 5))]


async def _kill(stage: Stage, chance: random.Random) -> None:
    weights = {**KILLED, **({DATABASE: 1} if stage.bot.dialect.name == "postgresql" else {})}
    began = time.monotonic()
    for moment in sorted(chance.uniform(0, LASTS) for _ in range(chance.randint(1, MOST_KILLS))):
        role = chance.choices(list(weights), list(weights.values()))[0]
        how = signal.SIGTERM if chance.random() < GENTLE else signal.SIGKILL
        pause = chance.uniform(0, 0.5)
        name = chance.choice([name for name in stage.fleet.starts if name.partition("-")[0] == role] or [role])
        await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
        if role == DATABASE:
            await asyncio.to_thread(again, stage.cut_database)
            stage.fleet.kills.append(Kill(DATABASE, time.time()))
        else:
            await stage.fleet.kill(name, how, again_after=pause)


def _count(stage: Stage, citizens: Sequence[Citizen], kills: Sequence[Kill], tally: Tally) -> None:
    with Session(reading(stage.bot), future=True) as session:
        rows = session.scalars(
            select(Inbox).where(Inbox.conversation.in_([citizen.conversation for citizen in citizens]))
        ).all()
        answered = session.scalar(
            select(func.count(Outbox.inbox.distinct())).where(Outbox.inbox.in_([r.id for r in rows]))
        )
    tally.rounds += 1
    tally.messages += len(rows)
    tally.answered += answered
    tally.resumed += sum(citizen.reconnected for citizen in citizens)
    tally.sent_again += sum(citizen.sent_again for citizen in citizens)
    acknowledged = sorted(moment for citizen in citizens for moment in citizen.acknowledged.values())
    for name, at in kills:
        role = name.partition("-")[0]
        tally.kills[role] += 1
        if role == "door":
            back = next((moment for moment in acknowledged if moment > at), None)
        else:
            late = [
                row.finished_at.timestamp() for row in rows if row.finished_at and row.received_at.timestamp() <= at
            ]
            back = max((moment for moment in late if moment > at), default=None)
        if back is not None and role != "sender":
            tally.recovery.append(back - at)


async def rehearse(stage: Stage, http: aiohttp.ClientSession) -> Expected:
    """Everything once, with nobody killed."""
    expected, chance = Expected(), random.Random(0)  # noqa: S311
    asker = await Citizen(http, stage.url, chance).begin()
    await ask(stage, expected, asker, [GREETING, *QUESTIONS], in_a_row=False)
    traveller = await stage.traveller(await Citizen(http, stage.url, chance).begin())
    await travel(stage, expected, traveller)
    await told_all(stage, [traveller], PATIENCE)
    if len(traveller.done) != len(JOURNEY) or list(broken_cases(stage, [traveller])):
        raise Broke("the journey does not work, even with nobody killed")
    for citizen in (asker, traveller.citizen):
        await citizen.end()
    expected.learning = False
    return expected


async def bench(rounds: int, seed: int, database: str | None, keep: bool) -> int:
    folder = Path(tempfile.mkdtemp(prefix="bench-kill-"))
    tally, began = Tally(), time.monotonic()
    print(f"{rounds} rounds, seed {seed}, {'PostgreSQL' if database else 'SQLite'}; logs in {folder}", flush=True)
    try:
        with databases(database, folder, "bot", "case") as made:
            stage = Stage(folder, made["bot"], made["case"])
            stage.fleet.start_all()
            watching = asyncio.create_task(stage.fleet.watch())
            try:
                async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
                    await stage.ready(http)
                    expected = await rehearse(stage, http)
                    for number in range(1, rounds + 1):
                        await _one(stage, http, expected, seed, number, rounds, tally)
            finally:
                watching.cancel()
                await asyncio.to_thread(stage.close)
    except Broke as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        if tally.rounds:
            print(summary(tally, stage.codes_lost, time.monotonic() - began), flush=True)
        if not keep and not tally.broken:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if tally.broken else 0


async def _one(stage: Stage, http: Any, expected: Expected, seed: int, number: int, rounds: int, tally: Tally) -> None:
    began, before, kills = time.monotonic(), tally.messages, len(stage.fleet.kills)
    found = await round_(stage, http, expected, f"{seed} {number}", tally)
    killed = ", ".join(kill.name for kill in stage.fleet.kills[kills:])
    print(
        f"{number:>4}/{rounds}  {tally.messages - before:>3} messages  {time.monotonic() - began:5.1f} s"
        f"  {'ok    ' if not found else 'BROKEN'}  killed: {killed}",
        flush=True,
    )
    for each in found:
        print(f"      {each.kind}: {each.what}", flush=True)


def summary(tally: Tally, codes_lost: int, seconds: float) -> str:
    kinds = Counter(each.kind for each in tally.broken)
    ranked = sorted(tally.recovery)

    def at(share: float) -> str:
        return f"{ranked[min(len(ranked) - 1, int(share * len(ranked)))]:.1f} s" if ranked else "none"

    rows = {
        "rounds": f"{tally.rounds} in {seconds / 60:.0f} minutes",
        "kills": f"{sum(tally.kills.values())}: " + ", ".join(f"{name} {n}" for name, n in sorted(tally.kills.items())),
        "messages acknowledged": tally.messages,
        "answered": tally.answered,
        "answered twice or otherwise": kinds["twice"],
        "lost": kinds["lost"] + kinds["stuck"] + kinds["dead"],
        "out of order": kinds["order"],
        "lines numbered with gaps": kinds["numbers"],
        "streams unlike the outbox": kinds["stream"],
        "dialogue memory unlike the messages": kinds["tracker"],
        "invoices, payments, requests, codes not once": kinds["case"],
        "notices not once": kinds["notice"],
        "processes that ended by themselves": kinds["ended"],
        "journeys to the end": tally.journeys,
        "codes (SMS) lost with the action server": codes_lost,
        "requests sent again": tally.sent_again,
        "streams taken up again": tally.resumed,
        "until all accepted before a kill was answered": f"p50 {at(0.5)}, p95 {at(0.95)}, max {at(1)}",
    }
    return "\n" + "\n".join(f"{name:<48}{value}" for name, value in rows.items())

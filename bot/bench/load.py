"""An open-loop load: messages fall due at a fixed rate, whether or not those before them were answered.

A message goes to a conversation that waits for no answer; when none is free it stands in a queue, and the time it
stands there counts as its latency. So a server that falls behind cannot slow its own load down.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from bot.project import DATA, ROOT

JOURNEY_EVERY = 5
"""One message in five is a journey's turn."""
QUESTIONS_EACH = 5
"""Questions that one citizen asks in one conversation."""
DRAIN = 120.0
"""Seconds that what is still unanswered at the end of a rate is waited for; after that it is lost."""
BANKS = ("الراجحي", "بالأهلي", "الإنماء", "بنك الرياض", "البلاد", "ساب")
POLITE = {
    "ar": ("", "لو سمحت", "الله يعافيك", "يا اخوي", "تكفون", "طيب", "محتاج اعرف", "بالله"),
    "en": ("", "please", "hey", "I need to know", "tell me", "kindly", "urgent", "excuse me"),
}
"""Words put before a sentence, so that there are enough questions for none to be sent twice."""


class Failed(Exception):
    """A message was refused, or its answer is none; the text says how."""


@dataclass(frozen=True)
class Reply:
    acknowledged: float | None
    """Seconds from sending to the acknowledgement; None where the server has no such thing."""
    guide: bool
    """Whether the answer is a step of a guide."""


class Talk(Protocol):
    """One conversation with a server under load."""

    async def say(self, text: str) -> Reply: ...

    async def close(self) -> None: ...

    out_of_order: int
    twice: int


class Server(Protocol):
    """What is measured."""

    async def open(self) -> Talk: ...

    def code(self, mobile: str) -> str | None:
        """The code that was sent to this mobile, if any yet."""


@dataclass(frozen=True)
class Person:
    national_id: str
    mobile: str


@dataclass
class Line:
    """A conversation and what is to be said in it next."""

    talk: Talk
    words: Iterator[tuple[str, bool] | None]
    """(text, whether a step of a guide is expected); None while it cannot be said yet; ends with the conversation."""
    journey: bool


@dataclass
class Sample:
    due: float
    sent: float = 0.0
    acknowledged: float | None = None
    answered: float = 0.0
    journey: bool = False
    error: str = ""
    strayed: bool = False


@dataclass
class Result:
    rate: float
    seconds: float
    samples: list[Sample]
    backlog: list[int]
    """Messages due and unanswered, ten times a second."""
    out_of_order: int = 0
    twice: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds by process, while the rate lasted and until its last answer."""
    wall: float = 0.0

    def ok(self) -> list[Sample]:
        return [sample for sample in self.samples if sample.answered and not sample.error]

    @property
    def achieved(self) -> float:
        """Answered per second, while the rate lasted."""
        if not self.samples:
            return 0.0
        end = self.samples[0].due + self.seconds
        return sum(1 for sample in self.ok() if sample.answered <= end) / self.seconds

    @property
    def errors(self) -> int:
        return sum(1 for sample in self.samples if sample.error and sample.error != "lost")

    @property
    def lost(self) -> int:
        return sum(1 for sample in self.samples if sample.error == "lost")

    @property
    def waiting(self) -> float:
        """Seconds of work that stood there towards the end: the mean backlog of the last quarter, over the rate."""
        last = self.backlog[-max(1, len(self.backlog) // 4) :]
        return sum(last) / len(last) / self.rate if last else 0.0

    @property
    def sustained(self) -> bool:
        """Everything was answered, and no more waited towards the end than arrives in half a second."""
        return not self.errors and not self.lost and self.waiting <= 0.5

    def latencies(self, journey: bool | None = None) -> list[float]:
        return [s.answered - s.due for s in self.ok() if journey is None or s.journey == journey]

    def acknowledged(self) -> list[float]:
        return [s.acknowledged for s in self.ok() if s.acknowledged is not None]


def quantile(values: list[float], q: float) -> float:
    """The smallest value that at least the share q is not above; NaN of nothing."""
    if not values:
        return math.nan
    ranked = sorted(values)
    return ranked[max(0, math.ceil(q * len(ranked)) - 1)]


def spread(values: list[float]) -> dict[str, float]:
    return {name: quantile(values, q) for name, q in (("median", 0.5), ("p95", 0.95), ("p99", 0.99))}


# what is said


class Mix:
    """Questions and journeys, the same for every server: each question once, each person once."""

    def __init__(self, people: list[Person], seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311  the order of questions, nothing secret
        self._questions = self._all_questions()
        self._people = iter(people)
        self._wishes = {
            intent: self._shuffled(_sentences("transaction", intent)[:12])
            for intent in ("check_case_status", "request_invoice", "pay_invoice")
        }
        self._next = self._shuffled(_sentences("conversation", "next_step")[:10])

    def questions(self) -> Iterator[tuple[str, bool]]:
        for text in islice(self._questions, QUESTIONS_EACH):
            yield text, False

    def journey(self, server: Server) -> Iterator[tuple[str, bool] | None]:
        """Who she is → her case → its invoice → paying, step by step."""
        person = next(self._people, None)
        if person is None:
            return
        pick = self._random.choice
        yield pick(self._wishes["check_case_status"]), False
        yield person.national_id, False
        while (code := server.code(person.mobile)) is None:
            yield None
        yield code, False
        yield pick(self._wishes["request_invoice"]), False
        yield pick(self._wishes["pay_invoice"]), False
        yield pick(BANKS), True
        for step in range(9):
            yield ("ارجع خطوة" if step in (3, 6) else pick(self._next)), True

    def _all_questions(self) -> Iterator[str]:
        from bot.catalogue import intents

        sentences = [text for intent in intents("faq") for text in _sentences("faq", intent)]
        for number in range(len(POLITE["ar"])):
            for text in self._shuffled(sentences):
                words = POLITE["ar" if re.search("[\u0621-\u064a]", text) else "en"][number]
                yield f"{words} {text}".strip()

    def _shuffled(self, words: list[str]) -> list[str]:
        return self._random.sample(words, len(words))


def _sentences(group: str, intent: str) -> list[str]:
    """The held-out sentences of questions and what was trained on; of wishes the latter alone, which are understood."""
    import yaml

    trained = yaml.safe_load((DATA / "nlu" / group / f"{intent}.yml").read_text(encoding="utf-8"))["nlu"]
    found = [line[2:].strip() for part in trained for line in part.get("examples", "").splitlines()]
    held_out = ROOT / "tests" / "nlu" / group / f"{intent}.yml"
    if group == "faq" and held_out.exists():
        found += [row["text"] for row in yaml.safe_load(held_out.read_text(encoding="utf-8"))["sentences"]]
    plain = (re.sub(r"\[([^\]]*)\](\([^)]*\)|\{[^}]*\})", r"\1", text) for text in found)
    return list(dict.fromkeys(text for text in plain if text))


# the load itself


class Load:
    """Rates one after the other against one server."""

    def __init__(self, server: Server, mix: Mix, cpu: Callable[[], dict[str, float]] = dict) -> None:
        self.server = server
        self.mix = mix
        self.cpu = cpu
        self._journeys: deque[Line] = deque()
        """Those that a rate's end found in the middle go on at the next rate."""

    async def run(self, rate: float, seconds: float, drain: float = DRAIN) -> Result:
        round_ = _Round(self, rate, seconds)
        await round_.prepare()
        try:
            return await round_.run(drain)
        finally:
            await round_.end()

    async def close(self) -> None:
        for line in self._journeys:
            await line.talk.close()


class _Round:
    """One rate."""

    def __init__(self, load: Load, rate: float, seconds: float) -> None:
        self.load, self.rate, self.seconds = load, rate, seconds
        self.count = max(1, round(rate * seconds))
        self.free: dict[bool, deque[Line]] = {True: load._journeys, False: deque()}
        self.queued: dict[bool, deque[Sample]] = {True: deque(), False: deque()}
        self.samples: list[Sample] = []
        self.talks: list[Talk] = []
        self.tasks: set[asyncio.Task] = set()
        self.unanswered = 0

    async def prepare(self) -> None:
        """Conversations are opened before the clock starts: as pages that people have open."""
        journeys = self.count // JOURNEY_EVERY
        questions = self.count - journeys
        wanted = max(3, math.ceil(self.rate / JOURNEY_EVERY * 2))
        # those left over from the rate before may have come to their last words
        for _ in range(max(wanted - len(self.free[True]), math.ceil(journeys / 12))):
            talk = await self.load.server.open()
            self.free[True].append(Line(talk, self.load.mix.journey(self.load.server), True))
        for _ in range(math.ceil(questions / QUESTIONS_EACH) + math.ceil(self.rate / 4)):
            talk = await self.load.server.open()
            self.talks.append(talk)
            self.free[False].append(Line(talk, self.load.mix.questions(), False))

    async def run(self, drain: float) -> Result:
        result = Result(self.rate, self.seconds, self.samples, [])
        before, began = self.load.cpu(), time.perf_counter()
        watching = asyncio.create_task(self._watch(result.backlog))
        for number in range(self.count):
            due = began + number / self.rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            sample = Sample(due, journey=number % JOURNEY_EVERY == JOURNEY_EVERY - 1)
            self.samples.append(sample)
            self.unanswered += 1
            self.queued[sample.journey].append(sample)
            self._send()
        await asyncio.sleep(max(0.0, began + self.seconds - time.perf_counter()))
        watching.cancel()
        deadline = time.perf_counter() + drain
        while self.unanswered and time.perf_counter() < deadline:
            await asyncio.sleep(0.02)
            self._send()
        result.wall = time.perf_counter() - began
        after = self.load.cpu()
        result.cpu = {name: after[name] - before.get(name, 0.0) for name in after}
        for sample in self.samples:
            if not sample.answered and not sample.error:
                sample.error = "lost"
        talks = [*self.talks, *(line.talk for line in self.free[True])]
        result.out_of_order = sum(talk.out_of_order for talk in talks)
        result.twice = sum(talk.twice for talk in talks)
        return result

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for talk in self.talks:
            await talk.close()

    def _send(self) -> None:
        for journey, queue in self.queued.items():
            tried = 0
            while queue and tried < len(self.free[journey]):
                line = self.free[journey].popleft()
                words = next(line.words, ...)
                if words is ...:  # over
                    if journey:
                        self.talks.append(line.talk)
                    continue
                if words is None:  # its code has not come yet
                    self.free[journey].append(line)
                    tried += 1
                    continue
                task = asyncio.create_task(self._say(line, queue.popleft(), *words))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
            if queue and not self.free[journey] and not self.tasks:
                for sample in queue:  # the sentences or people were too few for so long a run
                    sample.error = "nobody left to say it"
                self.unanswered -= len(queue)
                queue.clear()

    async def _say(self, line: Line, sample: Sample, text: str, guide: bool) -> None:
        sample.sent = time.perf_counter()
        try:
            reply = await line.talk.say(text)
            sample.answered = time.perf_counter()
            sample.acknowledged = reply.acknowledged
            sample.strayed = guide and not reply.guide
        except Failed as error:
            sample.error = str(error)
        except Exception as error:
            sample.error = type(error).__name__
        self.unanswered -= 1
        self.free[line.journey].append(line)
        self._send()

    async def _watch(self, backlog: list[int]) -> None:
        while True:
            await asyncio.sleep(0.1)
            backlog.append(self.unanswered)


async def climb(measure: Callable[[float], Any], rates: list[float], finest: float = 1.1) -> list[Result]:
    """Rate after rate up to the first that is not sustained (tried twice), then between the two until they are near
    each other."""
    results: list[Result] = []
    low, high = 0.0, math.inf

    async def holds(rate: float) -> bool:
        results.append(await measure(rate))
        if not results[-1].sustained:
            results.append(await measure(rate))
        return results[-1].sustained

    for rate in sorted(rates):
        if not await holds(rate):
            high = rate
            break
        low = rate
    while low and high / low > finest:
        rate = float(round(low * 1.25 if high is math.inf else (low + high) / 2))
        if rate in (low, high):
            break
        if await holds(rate):
            low = rate
        else:
            high = rate
    return results


def highest(results: list[Result]) -> float:
    """The highest rate that was sustained, as it was achieved."""
    return max((result.achieved for result in results if result.sustained), default=0.0)

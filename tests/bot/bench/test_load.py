"""The load generator, against a server that exists in this process alone."""

from __future__ import annotations

import asyncio
import math

import pytest

from bot.bench.load import Failed, Load, Mix, Person, Reply, Result, Sample, climb, highest, quantile

PEOPLE = [Person(f"18000{number:05}", f"+9665{number:08}") for number in range(500)]


class Fake:
    """Answers at once, or as it is told; remembers what was said and where."""

    def __init__(self, slots: int = 1000) -> None:
        self.said: list[tuple[int, str]] = []
        self.at_once = 0
        self.most_in_one = 0
        self.opened = 0
        self.refuses: set[int] = set()
        self.free = asyncio.Semaphore(slots)

    async def open(self) -> FakeTalk:
        self.opened += 1
        return FakeTalk(self, self.opened)

    def code(self, mobile: str) -> str | None:
        return "123456"


class FakeTalk:
    out_of_order = 0
    twice = 0

    def __init__(self, server: Fake, number: int) -> None:
        self.server, self.number = server, number
        self.open_messages = 0

    async def say(self, text: str) -> Reply:
        self.open_messages += 1
        self.server.most_in_one = max(self.server.most_in_one, self.open_messages)
        self.server.said.append((self.number, text))
        count = len(self.server.said)
        async with self.server.free:
            await asyncio.sleep(0.002)
        self.open_messages -= 1
        if count in self.server.refuses:
            raise Failed("503")
        return Reply(0.001, guide=True)

    async def close(self) -> None:
        pass


def run(server: Fake, rate: float = 200, seconds: float = 0.5, drain: float = 5) -> Result:
    return asyncio.run(Load(server, Mix(PEOPLE)).run(rate, seconds, drain))


def test_every_message_is_sent_once_and_one_at_a_time_in_a_conversation() -> None:
    server = Fake(slots=3)
    result = run(server)
    assert len(server.said) == len(result.samples) == 100
    assert server.most_in_one == 1
    assert result.lost == result.errors == 0


def test_one_message_in_five_is_a_turn_of_a_journey() -> None:
    assert sum(sample.journey for sample in run(Fake()).samples) == 20


def test_no_question_is_asked_twice() -> None:
    mix = Mix(PEOPLE)
    asked = [text for _ in range(1000) for text, _ in mix.questions()]
    assert len(asked) == len(set(asked)) == 5000


def test_a_journey_gives_the_code_that_was_sent_to_its_person() -> None:
    server = Fake()
    mix = Mix(PEOPLE)
    words = mix.journey(server)
    said = [next(words)[0] for _ in range(3)]
    assert said[1:] == [PEOPLE[0].national_id, "123456"]


def test_a_journey_waits_for_its_code() -> None:
    server = Fake()
    codes = iter([None, None, "654321"])
    server.code = lambda mobile: next(codes)  # type: ignore[method-assign]
    words = Mix(PEOPLE).journey(server)
    assert [next(words) for _ in range(5)][2:] == [None, None, ("654321", False)]


def test_people_that_run_out_are_told_and_not_waited_for() -> None:
    result = asyncio.run(Load(Fake(), Mix(PEOPLE[:1])).run(200, 1, drain=5))
    assert {sample.error for sample in result.samples if sample.journey} == {"", "nobody left to say it"}
    assert not result.lost


def test_refusals_are_errors_and_what_is_never_answered_is_lost() -> None:
    server = Fake()
    server.refuses = {3, 7}
    assert run(server).errors == 2
    stuck = Fake(slots=0)
    result = run(stuck, seconds=0.1, drain=0.2)
    assert result.lost == 20
    assert not result.sustained


def test_the_time_in_which_no_conversation_is_free_counts() -> None:
    slow = run(Fake(slots=1), rate=1000, seconds=0.2)  # 200 messages, one in 2 ms
    assert max(slow.latencies()) > 0.1


def test_what_waits_is_told_in_seconds_of_work() -> None:
    assert Result(20, 1.0, [], [0, 0, 0, 10]).waiting == 0.5


@pytest.mark.parametrize(("q", "wanted"), [(0.5, 2), (0.95, 4), (0.99, 4), (0.25, 1)])
def test_a_quantile_is_one_of_the_values(q: float, wanted: float) -> None:
    assert quantile([4, 1, 3, 2], q) == wanted


def test_a_quantile_of_nothing_is_none() -> None:
    assert math.isnan(quantile([], 0.5))


def carries(limit: float) -> object:
    async def measure(rate: float) -> Result:
        tried.append(rate)
        sample = Sample(due=0.0, answered=0.1)
        return Result(rate, 1.0, [sample] * int(rate), [0 if rate <= limit else int(rate)])

    tried: list[float] = []
    measure.tried = tried  # type: ignore[attr-defined]
    return measure


def test_the_climb_ends_at_the_first_rate_that_is_too_much_and_looks_closer_below_it() -> None:
    measure = carries(47)
    results = asyncio.run(climb(measure, [5, 20, 40, 60, 80]))  # type: ignore[arg-type]
    assert 80 not in measure.tried  # type: ignore[attr-defined]
    assert 44 <= highest(results) <= 47
    assert measure.tried.count(60) == 2  # type: ignore[attr-defined]  a first failure may have been the machine's


def test_the_climb_goes_on_above_rates_that_are_all_carried() -> None:
    assert 90 <= highest(asyncio.run(climb(carries(100), [20, 40]))) <= 100  # type: ignore[arg-type]

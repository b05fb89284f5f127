from __future__ import annotations

import math
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import metrics
from bot.project import ROOT

DEPTH = {"waiting": 3, "dead": 1, "oldest_seconds": 12.5}


def families(depth: dict[str, float]) -> dict:
    return {family.name: family for family in text_string_to_metric_families(metrics.render(depth).decode())}


def value(depth: dict[str, float], name: str, **labels: str) -> float:
    (found,) = [
        sample.value
        for family in families(depth).values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return found


def test_what_the_database_holds_is_told_as_it_is_now():
    assert value(DEPTH, "assistant_waiting_messages") == 3
    assert value(DEPTH, "assistant_dead_letters") == 1
    assert value(DEPTH, "assistant_oldest_waiting_seconds") == 12.5
    assert value({**DEPTH, "dead": 0}, "assistant_dead_letters") == 0


def test_what_an_absent_database_holds_is_unknown_not_none():
    assert math.isnan(value({}, "assistant_dead_letters"))


def test_an_answer_sent_is_counted_by_channel_and_result():
    for channel, result in (("this test", "ok"), ("this test", "ok"), ("this test", "refused")):
        metrics.SENT.labels(channel, result).inc()
    assert value(DEPTH, "assistant_sent_total", channel="this test", result="ok") == 2
    assert value(DEPTH, "assistant_sent_total", channel="this test", result="refused") == 1


@pytest.mark.parametrize(
    ("histogram", "promised"),
    [
        ("assistant_acknowledge_seconds", (0.01, 0.25)),
        ("assistant_turn_seconds", (0.1,)),
        ("assistant_queue_age_seconds", ()),
    ],
)
def test_each_promise_is_the_edge_of_a_bucket(histogram: str, promised: tuple[float, ...]):
    metrics.ACKNOWLEDGE.labels("web").observe(0.004)
    metrics.TURN.labels("answered").observe(0.04)
    samples = families(DEPTH)[histogram].samples
    edges = {float(sample.labels["le"]) for sample in samples if sample.name.endswith("_bucket")}
    assert {*promised, math.inf} <= edges


def test_no_label_can_tell_who_wrote_and_every_name_is_ours_and_explained():
    metrics.ACKNOWLEDGE.labels("web").observe(0.004)
    metrics.TURN.labels("failed").observe(0.04)
    metrics.SENT.labels("web", "ok").inc()
    metrics.RECEIVED.labels("whatsapp", "messages").inc()
    metrics.STOPPED.labels("whatsapp").set(0)
    for family in families(DEPTH).values():
        assert family.name.startswith("assistant_")
        assert family.documentation
        for sample in family.samples:
            assert set(sample.labels) <= {"channel", "kind", "outcome", "result", "le"}


def test_the_operators_manual_lists_what_is_measured():
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(assistant_\w+)` ", manual, re.MULTILINE))
    measured = {sample for sample in families(DEPTH) if not sample.startswith("assistant_process_")}
    counters = {"assistant_sent", "assistant_received", "assistant_events"}
    assert listed == {f"{name}_total" if name in counters else name for name in measured}

"""What is measured, for Prometheus. No label names a person, a conversation or a message."""

from __future__ import annotations

import math
from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE

__all__ = [
    "ACKNOWLEDGE", "CONTENT_TYPE", "DEAD", "DEPTH", "EVENTS", "HELD", "NOT_DELIVERED", "OLDEST", "OPEN_STREAMS",
    "QUEUE_AGE", "RECEIVED", "REGISTRY", "SENT", "STOPPED", "TO_SEND", "TURN", "WAITING", "render",
]  # fmt: skip

disable_created_metrics()  # when each series began; nobody asks
REGISTRY = CollectorRegistry()

ACKNOWLEDGE = Histogram(
    "assistant_acknowledge_seconds",
    "From the request to its acknowledgement, the commit included (promised: median 0.01, p99 0.25)",
    ["channel"],
    buckets=(0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
    registry=REGISTRY,
)
QUEUE_AGE = Histogram(
    "assistant_queue_age_seconds",
    "From the receipt of a message to a worker's taking it for the first time",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=REGISTRY,
)
TURN = Histogram(
    "assistant_turn_seconds",
    "One turn of the dialogue, from taking the message to the commit of its answers (promised: p95 of a question 0.1)",
    ["outcome"],  # answered | failed
    buckets=(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
SENT = Counter("assistant_sent", "Answers handed to a channel", ["channel", "result"], registry=REGISTRY)
RECEIVED = Counter(
    "assistant_received",
    "What a messenger delivered: messages, statuses, notes",
    ["channel", "kind"],
    registry=REGISTRY,
)
EVENTS = Counter(
    "assistant_events",
    "What a bank or the authority reported, applied or flagged",
    ["kind", "result"],
    registry=REGISTRY,
)
STOPPED = Gauge(
    "assistant_sending_stopped", "1 while the messenger takes nothing from us at all", ["channel"], registry=REGISTRY
)
OPEN_STREAMS = Gauge("assistant_open_streams", "Browsers that listen for answers now", registry=REGISTRY)

# read from the database when somebody asks
WAITING = Gauge("assistant_waiting_messages", "Messages that wait for a worker", registry=REGISTRY)
OLDEST = Gauge("assistant_oldest_waiting_seconds", "Age of the message that waits longest", registry=REGISTRY)
DEAD = Gauge("assistant_dead_letters", "Messages given up after their last try (bot dead list)", registry=REGISTRY)

TO_SEND = Gauge("assistant_messages_to_send", "Messages that a messenger has not taken yet", registry=REGISTRY)
HELD = Gauge("assistant_messages_held", "Messages kept until the citizen writes again", registry=REGISTRY)
NOT_DELIVERED = Gauge(
    "assistant_messages_not_delivered", "Messages of the last day that a messenger refused for good", registry=REGISTRY
)

DEPTH = {
    "waiting": WAITING,
    "dead": DEAD,
    "oldest_seconds": OLDEST,
    "to_send": TO_SEND,
    "held": HELD,
    "not_delivered": NOT_DELIVERED,
}

ProcessCollector(namespace="assistant", registry=REGISTRY)


def render(depth: Mapping[str, float]) -> bytes:
    """The text for /metrics; CONTENT_TYPE is its type. `depth`: by the names of DEPTH; what it lacks, because the
    database is away, is unknown (NaN) and not none."""
    for name, gauge in DEPTH.items():
        gauge.set(depth.get(name, math.nan))
    return generate_latest(REGISTRY)

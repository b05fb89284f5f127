"""Predictions small enough to count by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.evaluation.measure import Measured
from bot.evaluation.metrics import Heard, Pair, Read
from bot.evaluation.report import describe


def heard(
    intent: str, *ranking: tuple[str, float], band: str = "sure", variety: str = "najdi", also: str = "", text: str = ""
) -> Heard:
    intents = (intent, *also.split())
    return Heard(text or f"{intent} {ranking}", variety, intents, ranking, band)


EIGHT = [
    heard("greet", ("greet", 0.95)),
    heard("greet", ("thank", 0.65), ("greet", 0.3), variety="msa"),
    heard("thank", ("thank", 0.45), band="half", variety="msa"),
    heard("thank", ("greet", 0.85), also="greet"),
    heard("out_of_scope", ("out_of_scope", 0.75)),
    heard("out_of_scope", ("greet", 0.15), band="lost"),
    heard("out_of_scope", ("thank", 0.92)),
    heard("greet", ("out_of_scope", 0.7)),
]

PAIRS = [
    Pair("both", ("ask_travel", "pay_invoice"), ("pay_invoice", "ask_travel")),
    Pair("one", ("ask_travel", "pay_invoice"), ("ask_travel",)),
]

READ = [
    Read("exact", "najdi", (("bank", "rajhi"), ("amount", "9000")), (("amount", "9000"), ("bank", "rajhi"))),
    Read("another value", "najdi", (("amount", "400"),), (("amount", "4"),)),
    Read("found in vain", "msa", (), (("bank", "snb"),)),
    Read("once of twice", "msa", (("bank", "sab"), ("bank", "sab")), (("bank", "sab"),)),
]


def report(folder: Path, sentences: list[Heard], pairs: list[Pair] = PAIRS, read: list[Read] = READ) -> dict[str, Any]:
    model = folder / "model.tar.gz"
    model.write_bytes(b"a model")
    return describe(Measured(sentences, pairs, read), model, folder)

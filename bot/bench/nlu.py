"""How well and how fast it understands, beside Rasa's stock pipeline, on this machine and in one run.

    bot bench nlu                                   half an hour on two cores, half of it Rasa's training
    bot bench nlu --sentences 300 --epochs 20       to try it out
    bot bench nlu --json build/nlu.json
    bot bench nlu --encoders                        what another sentence encoder would change
    bot bench nlu --dump-sentences build/sentences.json
    bot bench nlu --vectors theirs=build/theirs.npz --vectors big=build/big.npz

The pipeline of config.yml and Rasa's stock one (WhitespaceTokenizer, RegexFeaturizer, LexicalSyntacticFeaturizer, two
CountVectorsFeaturizers, DIETClassifier) are trained on the same sentences of data/nlu, a sample with every intent in
its share, and asked the same held-out ones of tests/nlu. Ours is then trained on everything, and once more with thirty
sentences added. Each training and each listening is a process of its own in a temporary folder: caches are empty at
first, peak memory is its own, and listening has one core. Right is what the held-out file says, or its `also`.

--encoders trains our classifier on everything over each encoder: on n-grams alone, on ours, and on vectors that were
made elsewhere: a .npz with the arrays `train` and `held_out`, rows as --dump-sentences writes
{"train": [[intent, sentence, what an encoder reads]], "held_out": […]}.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.bench.apart import Say, ends_with_us, teller
from bot.bench.encoders import ENCODERS, UnfitVectors, Vectors
from bot.bench.machine import CannotMeasure
from bot.bench.report import NOTHING, complain, json_argument, machine_line, number, percent, table, writable, write
from bot.bench.trained import Bench, Example, Listening, Ranking, Training, long_messages, project_pipeline

if TYPE_CHECKING:
    from bot.bench.encoders import Row
    from bot.evaluation.metrics import Heard

HELP = "understanding: accuracy, training, latency and memory beside Rasa's stock pipeline; encoders"

OURS, STOCK, EVERYTHING, AGAIN = "ours", "Rasa's stock", "ours, all sentences", "ours, 30 sentences later"
ADDED = 30
_POLITE = "لو تكرمت"
_EPOCH = 0.01
"""Seconds that DIET needs for a sentence and an epoch, on two cores of 2026."""


class Unusable(Exception):
    """What is wrong with what was asked for, in one line."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sentences", type=int, default=900, help="of data/nlu, for both pipelines (900)")
    parser.add_argument("--epochs", type=int, default=100, help="of DIETClassifier (100, as in Rasa's default config)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and of DIETClassifier (0)")
    json_argument(parser)
    parser.add_argument("--encoders", action="store_true", help="compare encoders under our classifier instead")
    parser.add_argument(
        "--vectors",
        type=_vectors,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="compare these vectors too (.npz: train, held_out); with it --encoders is meant",
    )
    parser.add_argument("--dump-sentences", type=Path, metavar="FILE", help="write what is to be encoded, nothing else")


def _vectors(typed: str) -> Vectors:
    name, equals, file = typed.partition("=")
    if not (name and equals and file):
        raise argparse.ArgumentTypeError(f"{typed!r} is not NAME=FILE")
    return Vectors(name, Path(file))


def run(options: argparse.Namespace) -> int:
    from bot.evaluation.measure import HELD_OUT, EvaluationError, read

    try:
        examples = _training_sentences()
        held_out = read(HELD_OUT).sentences
        with ends_with_us():
            if options.dump_sentences:
                return _dump(examples, held_out, options.dump_sentences)
            compare = _encoders if options.encoders or options.vectors else _pipelines
            writable(options.json)
            with tempfile.TemporaryDirectory(prefix="bot-bench-") as folder:
                shown, measured = compare(examples, held_out, options, Path(folder), teller())
    except (EvaluationError, Unusable, UnfitVectors, OSError) as error:
        return complain(error, 2)
    except CannotMeasure as error:
        return complain(error, 1)
    print(f"\n{machine_line()}\n\n{shown}")
    write(options.json, measured, options)
    return 0


def _training_sentences() -> list[Example]:
    from bot.project import ROOT
    from bot.training.check_intents import trained
    from bot.training.located import Files

    return [(sentence.intent, sentence.text) for sentence in trained(Files(ROOT).under("data/nlu"))]


def sample(examples: Sequence[Example], count: int, seed: int) -> list[Example]:
    """Every intent with its share of `count`, and at least one sentence; everything when there are not as many."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    for intent, text in examples:
        by_intent[intent].append(text)
    if count < len(by_intent):
        raise Unusable(f"--sentences {count}: there are {len(by_intent)} intents, each needs one")
    if count >= len(examples):
        return list(examples)
    exact = {intent: count * len(texts) / len(examples) for intent, texts in by_intent.items()}
    share = {intent: max(1, int(wanted)) for intent, wanted in exact.items()}
    while (missing := count - sum(share.values())) != 0:
        step = 1 if missing > 0 else -1
        # the one that is furthest from what it should have
        intent = max(
            (intent for intent in share if 0 < share[intent] + step <= len(by_intent[intent])),
            key=lambda intent: (exact[intent] - share[intent]) * step,
        )
        share[intent] += step
    chance = random.Random(seed)  # noqa: S311
    return [(intent, text) for intent, texts in by_intent.items() for text in chance.sample(texts, share[intent])]


def with_new(examples: Sequence[Example], seed: int) -> list[Example]:
    """Thirty more, none of which was there: sentences of the training with a polite word before them."""
    known = {text for _, text in examples}
    fresh = [(intent, f"{_POLITE} {text}") for intent, text in examples if f"{_POLITE} {text}" not in known]
    return [*examples, *random.Random(seed).sample(fresh, min(ADDED, len(fresh)))]  # noqa: S311


def stock_pipeline(epochs: int, seed: int) -> list[dict[str, Any]]:
    """Rasa 3.6's default config without what serves entities and answers."""
    return [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True, "random_seed": seed},
    ]


# pipelines


@dataclass(frozen=True)
class Side:
    """One pipeline, trained once; whoever is only trained has heard nothing."""

    name: str
    training: Training
    listening: Listening | None = None
    heard: Sequence[Heard] = ()


def _pipelines(
    examples: list[Example], held_out: list[dict[str, Any]], options: argparse.Namespace, folder: Path, say: Say
) -> tuple[str, dict[str, Any]]:
    some = sample(examples, options.sentences, options.seed)
    minutes = max(1, round(len(some) * options.epochs * _EPOCH / 60))
    say(
        f"{len(some)} of {len(examples)} sentences, {len(held_out)} held out. Rasa's stock pipeline needs about"
        f" {minutes} minutes for its {options.epochs} epochs on two cores, everything else about 10."
    )
    sides = pipelines(examples, some, held_out, options.epochs, options.seed, folder, say)
    return pipelines_table(sides), {"held_out": len(held_out), "pipelines": [_side_as_json(side) for side in sides]}


def pipelines(
    examples: Sequence[Example],
    some: Sequence[Example],
    held_out: Sequence[dict[str, Any]],
    epochs: int,
    seed: int,
    folder: Path,
    say: Say,
) -> list[Side]:
    texts = [item["text"] for item in held_out]
    long = long_messages(texts)

    def begin(name: str, pipeline: list[dict[str, Any]]) -> Bench:
        return Bench(pipeline, folder / name.replace(" ", "-"), lambda words: say(f"{name}: {words}"), seed)

    def side(name: str, bench: Bench, sentences: Sequence[Example]) -> Side:
        training, listening = bench.train(sentences), bench.listen(texts, long)
        return Side(name, training, listening, _heard(held_out, listening.rankings))

    ours = begin(OURS, project_pipeline())
    stock = begin(STOCK, stock_pipeline(epochs, seed))
    everything = begin(EVERYTHING, project_pipeline())
    sides = [side(STOCK, stock, some), side(OURS, ours, some), side(EVERYTHING, everything, examples)]
    everything.say = lambda words: say(f"{AGAIN}: {words}")
    return [*sides, Side(AGAIN, everything.train(with_new(examples, seed)))]


def _heard(held_out: Sequence[dict[str, Any]], rankings: Sequence[Ranking]) -> list[Heard]:
    from bot.evaluation.metrics import Heard

    return [
        Heard(item["text"], item["variety"], tuple(item["intents"]), ranking, "")
        for item, ranking in zip(held_out, rankings, strict=True)
    ]


PIPELINES_HEADER = (
    "pipeline",
    "sentences",
    "training, s",
    "its CPU, s",
    "its memory, MB",
    "right first",
    "among three",
    "parse, median ms",
    "p95 ms",
    "10,000 characters",
    "start, s",
    "memory, MB",
)
_NOTES = (
    "Training: from the sentences' file to the packed model, Rasa imported before. Parse: one at a time on one core;"
    " 10,000 characters: in medians. Start: importing and loading. Memory: the most"
    " that the process had, the last column without the long messages."
    "\nOurs brings an encoder that was tuned on all of data/nlu beforehand: it has seen more than its sample, and the"
    " tuning is in no figure here."
)


def pipelines_table(sides: Sequence[Side]) -> str:
    from bot.evaluation.metrics import accuracy

    rows = []
    for side in sides:
        training, listening, right = side.training, side.listening, accuracy(side.heard)
        cells = [
            side.name,
            str(training.sentences),
            number(training.seconds, 1),
            number(training.cpu_seconds, 1),
            number(training.peak_mb),
            percent(right.first),
            percent(right.three),
        ]
        if listening:
            latency = listening.latency
            ratio = latency["long_ratio"]
            cells += [
                number(latency["median_ms"], 1),
                number(latency["p95_ms"], 1),
                f"{ratio:.1f} ×" if ratio else NOTHING,
                number(listening.start_seconds, 1),
                number(listening.peak_mb),
            ]
        rows.append(cells + [NOTHING] * (len(PIPELINES_HEADER) - len(cells)))
    busy = [side.training.others_cores for side in sides]
    busy += [side.listening.others_cores for side in sides if side.listening]
    return f"{table(PIPELINES_HEADER, rows)}\n\n{_NOTES}{_of_others(busy)}"


def _of_others(cores: Sequence[float]) -> str:
    most = max(cores, default=0.0)
    return f"\nOthers used up to {most:.1f} cores meanwhile: measure again when it is quiet." if most > 0.2 else ""


def _side_as_json(side: Side) -> dict[str, Any]:
    from bot.evaluation.metrics import accuracy, by_variety

    told: dict[str, Any] = {"name": side.name, "training": asdict(side.training)}
    if side.listening:
        told["accuracy"] = asdict(accuracy(side.heard))
        told["by_variety"] = {variety: asdict(right) for variety, right in by_variety(side.heard).items()}
        told["latency"] = side.listening.latency
        told["start_seconds"] = side.listening.start_seconds
        told["peak_mb"] = side.listening.peak_mb
        told["long_peak_mb"] = side.listening.long_peak_mb
        told["others_cores"] = side.listening.others_cores
    return told


# encoders


def _dump(examples: list[Example], held_out: list[dict[str, Any]], file: Path) -> int:
    from bot.bench.encoders import dump
    from bot.training.model import quiet_environment

    quiet_environment()
    writable(file)
    dump(examples, _as_examples(held_out), file)
    return 0


def _as_examples(held_out: Sequence[dict[str, Any]]) -> list[Example]:
    return [(item["intents"][0], item["text"]) for item in held_out]


def _encoders(
    examples: list[Example], held_out: list[dict[str, Any]], options: argparse.Namespace, folder: Path, say: Say
) -> tuple[str, dict[str, Any]]:
    from bot.bench.encoders import checked

    more = [checked(vectors, len(examples), len(held_out)) for vectors in options.vectors]
    count = len(ENCODERS) + len(more)
    say(f"{count} encoders, {len(examples)} sentences, {len(held_out)} held out: two to five minutes each")
    rows = encoders(examples, held_out, more, folder, say)
    return encoders_table(rows, held_out), {
        "sentences": len(examples),
        "held_out": len(held_out),
        "encoders": [_row_as_json(row, held_out) for row in rows],
    }


def encoders(
    examples: Sequence[Example],
    held_out: Sequence[dict[str, Any]],
    more: Sequence[Vectors],
    folder: Path,
    say: Say,
) -> list[Row]:
    from bot.bench.encoders import dump, measure
    from bot.training.model import quiet_environment

    quiet_environment()
    say("what the encoders are to read, 10 to 20 seconds")
    dump(examples, _as_examples(held_out), folder / "sentences.json")
    return measure(list(ENCODERS), more, folder / "sentences.json", folder, say)


ENCODERS_HEADER = ("encoder", "width", "right first", "among three", "median ms", "p95 ms", "on disk, MB")


def encoders_table(rows: Sequence[Row], held_out: Sequence[dict[str, Any]]) -> str:
    from bot.evaluation.metrics import accuracy

    lines = []
    for row in rows:
        right = accuracy(_heard(held_out, row.rankings))
        size = None if row.bytes_on_disk is None else row.bytes_on_disk / 1e6
        cells = [row.name, str(row.width), percent(right.first), percent(right.three)]
        lines.append([*cells, number(row.median, 2), number(row.p95, 2), number(size, 1)])
    note = "Under the same classifier, trained on everything. Latency: the encoder alone, one sentence, one core."
    return f"{table(ENCODERS_HEADER, lines)}\n\n{note}{_of_others([row.others_cores for row in rows])}"


def _row_as_json(row: Row, held_out: Sequence[dict[str, Any]]) -> dict[str, Any]:
    from bot.evaluation.metrics import accuracy

    return {
        "name": row.name,
        "width": row.width,
        "accuracy": asdict(accuracy(_heard(held_out, row.rankings))),
        "latency": {"median_ms": row.median, "p95_ms": row.p95},
        "bytes_on_disk": row.bytes_on_disk,
        "others_cores": row.others_cores,
    }

"""Our pipeline on ArBanking77, a public set of bank questions in Arabic: trained on its training file, asked its tests.

    bot bench arbanking77 --data DIR
    bot bench arbanking77 --data DIR --json build/arbanking77.json

DIR holds Banking77_Arabized_MSA_PAL_train.csv and files to test with: every .csv with the columns label and text that
has no `train` in its name. Tokenizer, encoder and classifier are those of config.yml; its confidence bands and its
entities, which are about another matter, are left out. Two spellings of a label are one label; a label that training
never had counts as wrong. 20,000 sentences take some ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.bench.apart import Say, ends_with_us, teller
from bot.bench.machine import CannotMeasure
from bot.bench.report import complain, json_argument, machine_line, number, percent, table, writable, write
from bot.bench.trained import Bench, Listening, Training, project_pipeline

if TYPE_CHECKING:
    from bot.evaluation.metrics import Heard

HELP = "accuracy on ArBanking77, a public set of bank questions in Arabic"

TRAINING_FILE = "Banking77_Arabized_MSA_PAL_train.csv"
_LEFT_OUT = ("bot.nlu.bands.", "bot.nlu.entities.")


class Unusable(Exception):
    """What is wrong with the folder or a file of it, in one line."""


@dataclass(frozen=True)
class Rows:
    """One file. What cannot be used is counted by its reason."""

    name: str
    rows: list[tuple[str, str]]
    """Label as written there, and text."""
    skipped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Test:
    name: str
    heard: Sequence[Heard]
    skipped: dict[str, int]
    unknown: dict[str, int]
    """Rows with a label that training never had, by label."""
    also_in_training: int
    """Rows whose text was trained on, too."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the set's .csv files lie")
    json_argument(parser)


def run(options: argparse.Namespace) -> int:
    try:
        training, tests = _read_folder(options.data)
        writable(options.json)
        with ends_with_us(), tempfile.TemporaryDirectory(prefix="bot-bench-") as folder:
            trained, listened, measured = measure(training, tests, Path(folder), teller())
    except (Unusable, OSError) as error:
        return complain(error, 2)
    except CannotMeasure as error:
        return complain(error, 1)
    print(f"\n{machine_line()}\n\n{summary(trained, listened, measured)}")
    write(options.json, _as_json(training, trained, listened, measured), options)
    return 0


# the files


def _read_folder(folder: Path) -> tuple[Rows, list[Rows]]:
    if not folder.is_dir():
        raise Unusable(f"{folder} is not a folder")
    training = read(folder / TRAINING_FILE)
    if training is None:
        raise Unusable(f"{folder / TRAINING_FILE} has no columns label and text")
    if len({_key(label) for label, _ in training.rows}) < 2:
        raise Unusable(f"{folder / TRAINING_FILE} has not two labels{_reasons(training.skipped)}")
    files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".csv"]
    tests = [rows for path in files if "train" not in path.name.lower() and (rows := read(path)) is not None]
    if not tests:
        raise Unusable(f"{folder} has no .csv file with the columns label and text to test with")
    return training, tests


def read(path: Path) -> Rows | None:
    """None where the columns are others. Raises Unusable."""
    found: list[tuple[str, str]] = []
    skipped: Counter[str] = Counter()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = [name.strip().casefold() for name in next(lines, [])]
            if not {"label", "text"} <= set(header):
                return None
            places = header.index("label"), header.index("text")
            for line in lines:
                cells = [cell.strip() for cell in line]
                label, text = (cells[place] if place < len(cells) else "" for place in places)
                if reason := _unusable(cells, len(header), label, text):
                    skipped[reason] += 1
                else:
                    found.append((label, text))
    except FileNotFoundError as error:
        raise Unusable(f"{path} is missing") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unusable(f"{path} cannot be read as CSV in UTF-8 ({error})") from error
    return Rows(path.name, found, dict(skipped))


def _unusable(cells: list[str], columns: int, label: str, text: str) -> str | None:
    if not any(cells):
        return "empty"
    if any(cells[columns:]):
        return "more cells than columns"
    if not _key(label):
        return "no label"
    return None if text else "no text"


def _key(label: str) -> str:
    from bot.text.normalise import normalise

    return normalise(label)


# measuring


def measure(training: Rows, tests: Sequence[Rows], folder: Path, say: Say) -> tuple[Training, Listening, list[Test]]:
    labels = dict.fromkeys(_key(label) for label, _ in training.rows)
    names = {label: f"label_{place}" for place, label in enumerate(labels)}  # Rasa parts an intent's name at `/`
    spellings = len({label for label, _ in training.rows})
    say(f"{training.name}: {len(training.rows)} sentences, {len(names)} labels{_reasons(training.skipped)}")
    if spellings > len(names):
        say(f"{training.name}: {spellings} spellings of {len(names)} labels")
    for test in tests:
        say(f"{test.name}: {len(test.rows)} rows to test with{_reasons(test.skipped)}")
    pipeline = [component for component in project_pipeline() if not component["name"].startswith(_LEFT_OUT)]
    bench = Bench(pipeline, folder / "pipeline", say)
    trained = bench.train([(names[_key(label)], text) for label, text in training.rows])
    listened = bench.listen([text for test in tests for _, text in test.rows])
    known = {_key(text) for _, text in training.rows}
    rankings = iter(listened.rankings)
    return trained, listened, [_test(test, rankings, names, known) for test in tests]


def _test(test: Rows, rankings: Any, names: dict[str, str], known: set[str]) -> Test:
    from bot.evaluation.metrics import Heard

    heard, unknown, repeated = [], Counter[str](), 0
    for label, text in test.rows:
        name = names.get(_key(label))
        if name is None:
            unknown[label] += 1
        repeated += _key(text) in known
        heard.append(Heard(text, test.name, (name or f"unknown: {_key(label)}",), next(rankings), ""))
    return Test(test.name, heard, test.skipped, dict(unknown), repeated)


# what is told


HEADER = ("file", "rows", "accuracy", "among three", "macro F1")


def summary(trained: Training, listened: Listening, tests: Sequence[Test]) -> str:
    lines = []
    for test in tests:
        figures = _figures(test)
        cells = [test.name, str(len(test.heard)), percent(figures["accuracy"]), percent(figures["among_three"])]
        lines.append([*cells, number(figures["macro_f1"], 3)])
    latency = listened.latency
    told = [
        f"Trained on {trained.sentences} sentences in {trained.seconds:.0f} s ({trained.cpu_seconds:.0f} s of CPU,"
        f" {trained.peak_mb:.0f} MB). One parse on one core: median {number(latency['median_ms'], 1)} ms,"
        f" p95 {number(latency['p95_ms'], 1)} ms.",
        *(f"{test.name}: left out{_reasons(test.skipped)}" for test in tests if test.skipped),
        *(f"{test.name}: never trained on, wrong: {_counted(test.unknown)}" for test in tests if test.unknown),
        *(f"{test.name}: {test.also_in_training} rows were trained on, too" for test in tests if test.also_in_training),
    ]
    busy = max(trained.others_cores, listened.others_cores)
    if busy > 0.2:
        told.append(f"Others used up to {busy:.1f} cores meanwhile: measure times again when it is quiet.")
    return "\n".join([table(HEADER, lines), "", *told])


def _figures(test: Test) -> dict[str, float | None]:
    from bot.evaluation.metrics import accuracy, by_intent, macro_f1

    right = accuracy(test.heard)
    return {"accuracy": right.first, "among_three": right.three, "macro_f1": macro_f1(by_intent(test.heard))}


def _reasons(skipped: dict[str, int]) -> str:
    return f" ({sum(skipped.values())} rows skipped: {_counted(skipped)})" if skipped else ""


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} × {what}" for what, count in counts.items())


def _as_json(training: Rows, trained: Training, listened: Listening, tests: Sequence[Test]) -> dict[str, Any]:
    return {
        "training": {"file": training.name, "skipped": training.skipped, **asdict(trained)},
        "latency": listened.latency,
        "others_cores": listened.others_cores,
        "tests": [
            {
                "file": test.name,
                "rows": len(test.heard),
                **_figures(test),
                "skipped": test.skipped,
                "unknown_labels": test.unknown,
                "also_in_training": test.also_in_training,
            }
            for test in tests
        ],
    }

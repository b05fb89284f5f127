"""`bot bench nlu`: what is compared with what, and small runs of both pipelines and of the encoders, all of it real."""

from __future__ import annotations

import importlib.util
import json
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from bot.bench import nlu
from bot.bench.apart import Say, apart
from bot.bench.encoders import UnfitVectors, Vectors, checked, dump
from bot.bench.machine import CannotMeasure
from bot.bench.trained import LONG, LONG_TIMES, Example, long_messages, one_core, peak_mb
from bot.cli import main
from bot.nlu.vectors import FILE
from bot.project import ROOT

WISHES = {
    "pay": ["ابي ادفع الفاتورة", "ابغى اسدد الحين", "بدفع المبلغ اليوم", "خلني اسدد فاتورتي", "كيف اسدد", "بسدد الدين"],
    "travel": ["اقدر اسافر؟", "هل يمنع من السفر", "يوقفوني في المطار", "السفر ممنوع؟", "ودي اسافر", "سفري بكرة"],
    "greet": ["السلام عليكم", "هلا والله", "صباح الخير", "مرحبا", "اهلين", "مساء النور"],
    "thank": ["شكرا لك", "يعطيك العافية", "مشكور", "ما قصرت", "كثر الله خيرك", "تسلم"],
    "salary": ["حجزوا راتبي", "الراتب ما نزل", "كم يخصم من الراتب", "راتبي موقوف", "ينحجز معاشي؟", "خصم الراتب"],
    "car": ["ابي اشتري سيارة", "نقل ملكية السيارة", "اقدر ابيع سيارتي", "تجديد الاستمارة", "تسجيل سيارة", "موتري"],
}
EXAMPLES: list[Example] = [(intent, text) for intent, texts in WISHES.items() for text in texts]
HELD_OUT: list[dict[str, Any]] = [
    {"text": "ابي ادفع الفاتورة", "variety": "najdi", "intents": ("pay",)},
    {"text": "السلام عليكم", "variety": "msa", "intents": ("travel", "greet")},
    {"text": "شكرا لك", "variety": "msa", "intents": ("car",)},
    {"text": "😀", "variety": "messy", "intents": ("greet",)},
]


# the sample


def many(**counts: int) -> list[Example]:
    return [(intent, f"{intent} {number}") for intent, count in counts.items() for number in range(count)]


def counted(examples: list[Example]) -> Counter[str]:
    return Counter(intent for intent, _ in examples)


def test_the_sample_has_every_intent_in_its_share() -> None:
    assert counted(nlu.sample(many(a=600, b=300, c=100), 100, 0)) == {"a": 60, "b": 30, "c": 10}


@pytest.mark.parametrize("count", range(4, 40))
def test_the_sample_is_as_large_as_asked_and_misses_no_intent(count: int) -> None:
    examples = many(a=30, b=7, c=2, d=1)
    chosen = nlu.sample(examples, count, 0)
    assert len(chosen) == len(set(chosen)) == count
    assert set(chosen) <= set(examples)
    assert set(counted(chosen)) == set("abcd")


def test_a_seed_gives_the_same_sample_again_and_another_seed_another() -> None:
    examples = many(a=50, b=50)
    assert nlu.sample(examples, 10, 1) == nlu.sample(examples, 10, 1) != nlu.sample(examples, 10, 2)


def test_a_sample_of_more_than_there_is_is_everything() -> None:
    assert nlu.sample(EXAMPLES, 10_000, 0) == EXAMPLES


def test_a_sample_that_cannot_have_every_intent_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "nlu", "--sentences", "5"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("--sentences 5: there are ")


def test_the_sentences_that_are_added_are_new() -> None:
    more = nlu.with_new(EXAMPLES, 0)
    added = {text for _, text in more[len(EXAMPLES) :]}
    assert more[: len(EXAMPLES)] == EXAMPLES
    assert len(added) == nlu.ADDED
    assert not added & {text for _, text in EXAMPLES}


def test_the_stock_pipeline_is_that_of_rasa_s_default_config() -> None:
    rasa = importlib.util.find_spec("rasa")
    assert rasa and rasa.origin
    default = Path(rasa.origin).parent / "engine" / "recipes" / "config_files" / "default_config.yml"
    wanted = yaml.safe_load(default.read_text(encoding="utf-8"))["pipeline"]
    stock = nlu.stock_pipeline(epochs=100, seed=7)
    assert stock[-1].pop("random_seed") == 7
    assert stock == wanted[: len(stock)]
    assert {component["name"] for component in wanted[len(stock) :]} == {
        "EntitySynonymMapper",
        "ResponseSelector",
        "FallbackClassifier",
    }, "what is left out says nothing about the first intent"


def test_long_messages_are_long_and_no_two_the_same() -> None:
    for texts in (["قصير"], [text for _, text in EXAMPLES] * 100):
        made = long_messages(texts)
        assert [len(text) for text in made] == [LONG] * LONG_TIMES
        assert len(set(made)) == LONG_TIMES


# both pipelines


@dataclass
class Ran:
    sides: dict[str, nlu.Side]
    said: list[str]
    table: list[list[str]]
    cache: tuple[int | None, int | None]
    """When the trainers' own cache of vectors was written, before this run and after it."""


def written(file: Path) -> int | None:
    return file.stat().st_mtime_ns if file.exists() else None


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    said: list[str] = []
    before = written(FILE)
    some = nlu.sample(EXAMPLES, 24, 0)
    sides = nlu.pipelines(EXAMPLES, some, HELD_OUT, 10, 0, tmp_path_factory.mktemp("bench") / "made", said.append)
    shown = [line for line in nlu.pipelines_table(sides).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in shown]
    return Ran({side.name: side for side in sides}, said, cells, (before, written(FILE)))


def test_both_are_trained_on_the_sample_and_ours_on_everything_as_well(ran: Ran) -> None:
    assert {name: side.training.sentences for name, side in ran.sides.items()} == {
        nlu.STOCK: 24,
        nlu.OURS: 24,
        nlu.EVERYTHING: len(EXAMPLES),
        nlu.AGAIN: len(EXAMPLES) + nlu.ADDED,
    }


def test_each_training_of_ours_begins_without_vectors_and_only_the_last_has_those_of_the_one_before(ran: Ran) -> None:
    assert {name: side.training.encoded for name, side in ran.sides.items()} == {
        nlu.STOCK: 0,
        nlu.OURS: 24,
        nlu.EVERYTHING: len(EXAMPLES),
        nlu.AGAIN: nlu.ADDED,
    }


def test_the_trainers_cache_is_left_alone(ran: Ran) -> None:
    before, after = ran.cache
    assert before == after


def test_what_is_equally_right_counts_and_what_has_no_words_does_not(ran: Ran) -> None:
    heard = ran.sides[nlu.EVERYTHING].heard
    assert [one.right for one in heard] == [True, True, False, False]
    assert all(len(one.ranking) <= 3 for one in heard)


def test_both_hear_every_sentence_and_the_long_messages(ran: Ran) -> None:
    for name in (nlu.STOCK, nlu.OURS, nlu.EVERYTHING):
        listening = ran.sides[name].listening
        assert listening
        assert len(listening.milliseconds) == len(listening.rankings) == len(HELD_OUT)
        assert len(listening.long_milliseconds) == LONG_TIMES
        assert listening.start_seconds > 0
        assert listening.long_peak_mb >= listening.peak_mb > 0
    assert ran.sides[nlu.AGAIN].listening is None


def test_the_table_says_all_that_was_measured(ran: Ran) -> None:
    header, _, *rows = ran.table
    assert tuple(header) == nlu.PIPELINES_HEADER
    assert [row[0] for row in rows] == [nlu.STOCK, nlu.OURS, nlu.EVERYTHING, nlu.AGAIN]
    assert all(len(row) == len(header) for row in rows)
    assert all("-" not in row for row in rows[:3])
    assert rows[3][5:] == ["-"] * 7, "it is only trained"
    assert rows[2][5] == "50.0%"


def test_progress_is_told_while_it_trains_and_while_it_listens(ran: Ran) -> None:
    for words in (
        f"{nlu.STOCK}: training: 10 epochs done",
        f"{nlu.EVERYTHING}: encoding: 0 of {len(EXAMPLES)} sentences",
        f"{nlu.OURS}: listening: 0 of {len(HELD_OUT)} sentences",
    ):
        assert words in ran.said
    assert any(line.startswith(f"{nlu.AGAIN}: trained in ") for line in ran.said)


def test_the_report_has_every_pipeline_with_its_figures(ran: Ran) -> None:
    told = [nlu._side_as_json(side) for side in ran.sides.values()]
    json.dumps(told)
    for side in told[:3]:
        assert {"name", "training", "accuracy", "by_variety", "latency", "start_seconds", "peak_mb"} <= set(side)
        assert side["latency"]["long_ratio"] > 0
    assert set(told[3]) == {"name", "training"}


# a process of its own; it imports this module, which therefore imports little


def cores(work: dict[str, Any], say: Say) -> dict[str, Any]:
    threading.Thread(target=time.sleep, args=[5], daemon=True).start()
    one_core()
    threading.Thread(target=time.sleep, args=[5], daemon=True).start()
    return {"cores": [len(os.sched_getaffinity(int(thread))) for thread in os.listdir("/proc/self/task")]}


def memory(work: dict[str, Any], say: Say) -> dict[str, Any]:
    return {"peak_mb": peak_mb()}


def broken(work: dict[str, Any], say: Say) -> dict[str, Any]:
    print("a library's word")
    say("mine")
    raise RuntimeError("what went wrong")


def test_every_thread_has_the_same_one_core(tmp_path: Path) -> None:
    found = apart(cores, {}, tmp_path, print)["cores"]
    assert len(found) >= 3
    assert set(found) == {1}


def test_peak_memory_is_not_that_of_whoever_started_the_process(tmp_path: Path) -> None:
    large = b"x" * 400_000_000
    assert apart(memory, {}, tmp_path, print)["peak_mb"] < 200
    assert len(large) == 400_000_000


def test_what_goes_wrong_apart_is_told_and_a_library_s_word_is_no_progress(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(CannotMeasure, match="what went wrong"):
        apart(broken, {}, tmp_path, said.append)
    assert said == ["mine"]


# encoders


def made(file: Path, **arrays: np.ndarray) -> Vectors:
    np.savez(file, **arrays)
    return Vectors("theirs", file)


def as_examples() -> list[Example]:
    return [(item["intents"][0], item["text"]) for item in HELD_OUT]


def test_the_dumped_sentences_are_in_order_with_what_an_encoder_reads(tmp_path: Path) -> None:
    from bot.nlu.encoder import readable

    dump(EXAMPLES, as_examples(), tmp_path / "sentences.json")
    found = json.loads((tmp_path / "sentences.json").read_text(encoding="utf-8"))
    assert found["train"] == [[intent, text, readable(text)] for intent, text in EXAMPLES]
    assert found["held_out"] == [[intent, text, readable(text)] for intent, text in as_examples()]


def test_each_encoder_and_each_file_of_vectors_has_its_row(tmp_path: Path) -> None:
    """Vectors that give the intent away, against n-grams: each row has its own."""
    names = list(WISHES)
    truth = np.eye(len(names)) * 100
    train = truth[[names.index(intent) for intent, _ in EXAMPLES]]
    astray = truth[[names.index(intent) for intent in ("salary", "salary", "car", "car")]]
    theirs = made(tmp_path / "theirs.npz", train=train, held_out=astray)
    rows = nlu.encoders(EXAMPLES, HELD_OUT, [theirs], tmp_path, print)
    by_name = {row.name: row for row in rows}
    assert list(by_name) == ["none", "ours", "theirs"]
    assert by_name["none"].width == 0
    assert by_name["none"].rankings[0][0][0] == "pay"
    assert [ranking[0][0] if ranking else None for ranking in by_name["theirs"].rankings] == [
        "salary",
        "salary",
        "car",
        None,
    ]
    assert by_name["ours"].width == len(encode_one())
    assert by_name["ours"].bytes_on_disk
    assert len(by_name["ours"].milliseconds or ()) == len(HELD_OUT)
    shown = [line for line in nlu.encoders_table(rows, HELD_OUT).splitlines() if line.startswith("|")]
    header, _, none, ours, last = ([cell.strip() for cell in line.strip("|").split("|")] for line in shown)
    assert tuple(header) == nlu.ENCODERS_HEADER
    assert none[:3] == ["none", "0", "50.0%"]
    assert "-" not in ours
    assert last[:3] == ["theirs", "6", "25.0%"]
    assert last[4:] == ["-", "-", "-"], "what was made elsewhere was not timed here"


def encode_one() -> np.ndarray:
    from bot.nlu.encoder import encode

    return encode("السلام عليكم")


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"train": np.zeros((3, 2))}, "no array held_out"),
        ({"train": np.zeros((4, 2)), "held_out": np.zeros((2, 2))}, "there are 3 sentences"),
        ({"train": np.zeros(3), "held_out": np.zeros((2, 2))}, "there are 3 sentences"),
        ({"train": np.zeros((3, 2)), "held_out": np.zeros((2, 5))}, "train is 2 wide, held_out 5"),
        ({"train": np.full((3, 2), np.nan), "held_out": np.zeros((2, 2))}, "numbers that are none"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(arrays: dict[str, np.ndarray], said: str, tmp_path: Path) -> None:
    with pytest.raises(UnfitVectors, match=said):
        checked(made(tmp_path / "theirs.npz", **arrays), train=3, held_out=2)


def test_vectors_that_cannot_be_read_are_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "theirs.npz").write_text("no such thing")
    for file in ("theirs.npz", "missing.npz"):
        assert main(["bench", "nlu", "--vectors", f"theirs={tmp_path / file}"]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert f"{file} cannot be read" in line


def test_the_project_s_own_sentences_are_what_is_trained_on() -> None:
    found = counted(nlu._training_sentences())
    files = {path.stem for path in (ROOT / "data" / "nlu").rglob("*.yml")}
    assert set(found) == files

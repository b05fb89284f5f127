from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.evaluation.measure import HELD_OUT, EvaluationError, HeldOut, measure, open_model, read
from bot.nlu.entities import NUMBERS
from bot.nlu.gazetteer import KINDS
from bot.project import DATA
from bot.training.archive import put_in_place
from bot.training.check import check_all
from tests.bot.small_project import change, write

GREET = "intent: greet\nsentences:\n  - {text: هلا, variety: najdi}\n"


class Told:
    """Understands each text as it was told to: an intent, a band and entities; anything else is lost."""

    def __init__(self, **known: tuple[str, str]) -> None:
        self.known = known
        self.asked: list[str] = []

    def parse(self, text: str) -> dict[str, Any]:
        self.asked.append(text)
        intent, band = self.known.get(text, (None, "lost"))
        ranking = [{"name": intent, "confidence": 0.9}] if intent else []
        entities = [{"entity": "ordinal", "value": 2, "start": 0, "end": 1}]
        return {"intent": intent, "band": band, "ranking": ranking, "entities": entities}


def quietly(done: int, of: int) -> None:
    pass


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder


def test_a_sentence_knows_what_else_is_equally_right(tmp_path):
    held = read(written(tmp_path, greet=GREET.replace("najdi}", "najdi, also: [thank, goodbye]}")))
    assert held.sentences[0]["intents"] == ("greet", "thank", "goodbye")
    [heard] = measure(Told(هلا=("goodbye", "sure")), held, quietly).sentences
    assert heard.right


@pytest.mark.parametrize(
    ("bands", "heard"),
    [
        (("sure", "sure"), ("ask_travel", "pay_invoice")),  # the question first, as it is answered
        (("sure", "half"), ("ask_lift_duration",)),
    ],
)
def test_a_pair_is_parted_and_taken_as_the_bot_does(bands, heard):
    text = "ابي ادفع الفاتورة الحين؟ وهل اقدر اسافر برا؟"
    known = {
        "ابي ادفع الفاتورة الحين؟": ("pay_invoice", bands[0]),
        "هل اقدر اسافر برا؟": ("ask_travel", bands[1]),
        text: ("ask_lift_duration", "sure"),
    }
    pair = {"text": text, "intents": ["pay_invoice", "ask_travel"]}
    [found] = measure(Told(**known), HeldOut([], [pair], []), quietly).pairs
    assert found.heard == heard


def test_values_are_compared_as_text_whatever_yaml_makes_of_them(tmp_path):
    entities = '[{entity: date, value: 2026-11-01, calendar: gregorian}, {entity: ordinal, value: "2"}]'
    files = {"entities": f"sentences:\n  - {{text: الثانية, variety: msa, entities: {entities}}}\n"}
    [found] = measure(Told(), read(written(tmp_path, **files)), quietly).entities
    assert found.missed == [("date", "2026-11-01")]
    assert found.extra == []


def test_progress_ends_with_all_of_them():
    told: list[tuple[int, int]] = []
    items = [{"text": "هلا", "variety": "msa", "intents": ("greet",)}] * 250
    measure(Told(), HeldOut(items, [], []), lambda done, of: told.append((done, of)))
    assert told == [(100, 250), (200, 250), (250, 250)]


def test_a_folder_without_sentences_is_named(tmp_path):
    with pytest.raises(EvaluationError, match="nowhere"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("broken", "words"), [("intent: [", "لا يُقرأ"), (GREET.replace(", variety: najdi", ""), "ينقص variety")]
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path, broken, words):
    with pytest.raises(EvaluationError, match=rf"greet\.yml:\d.*{words}"):
        read(written(tmp_path, greet=broken))


def test_what_is_no_model_is_named_in_one_line(tmp_path):
    (tmp_path / "a.tar.gz").write_text("no archive, and without its sum")
    (tmp_path / "made-b").write_text("no archive")
    with tarfile.open(tmp_path / "made-c", "w:gz"):
        pass  # an archive of nothing
    for name in ("b", "c"):
        put_in_place(tmp_path / f"made-{name}", tmp_path / f"{name}.tar.gz")
    for name in ("a.tar.gz", "b.tar.gz", "c.tar.gz"):
        with pytest.raises(EvaluationError, match=name) as refused:
            open_model(tmp_path / name)
        assert len(str(refused.value).splitlines()) == 1


# what bot check says of these files

FEES, ENTITIES, PAIRS = "tests/nlu/faq/ask_fees.yml", "tests/nlu/entities.yml", "tests/nlu/pairs.yml"
NAMED = 'sentences:\n  - {text: "بالراجحي", variety: najdi, entities: [{entity: bank, value: rajhi}]}\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (ENTITIES, NAMED),
        (ENTITIES, NAMED.replace("[{entity: bank, value: rajhi}]", "[]")),
        (ENTITIES, NAMED.replace("bank, value: rajhi", "date, value: 2026-11-01, calendar: hijri")),
        (PAIRS, 'pairs:\n  - {text: "كم الرسوم وابي ادفع", intents: [ask_fees, pay_now]}\n'),
    ],
)
def test_what_is_well_written_is_let_pass(project, name, content):
    change(project, name, "", content)
    change(project, FEES, "msa}", "msa, also: [greet]}")
    assert check_all(project) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "words"),
    [
        (FEES, "msa}", "msa, also: [gret]}", 3, "gret"),
        (FEES, "msa}", "msa, also: greet}", 3, "also"),
        (FEES, '"كم الرسوم يا ناس"', "9000", 3, "9000"),
        (ENTITIES, "", NAMED.replace(", entities: [{entity: bank, value: rajhi}]", ""), 2, "ينقص entities"),
        (ENTITIES, "", NAMED.replace("value: rajhi", "vale: rajhi"), 2, "value"),
        (ENTITIES, "", NAMED.replace("bank, value: rajhi", "mobile, value: +966500000012"), 2, "966500000012"),
        (ENTITIES, "", NAMED.replace("بالراجحي", "جملة greet 3"), 2, "جمل الاختبار"),
        (PAIRS, "", 'pairs:\n  - {text: "كم الرسوم وابي ادفع"}\n', 2, "ينقص intents"),
    ],
)
def test_what_is_ill_written_is_named_with_its_line(project, name, old, new, line, words):
    change(project, name, old, new)
    assert any(f"{name}:{line}" in problem and words in problem for problem in map(str, check_all(project)))


# the set that measures entities


def test_the_entity_sentences_name_every_kind_and_only_keys_that_there_are():
    sentences = yaml.safe_load((HELD_OUT / "entities.yml").read_text(encoding="utf-8"))["sentences"]
    named = [entity for sentence in sentences for entity in sentence["entities"]]
    assert {entity["entity"] for entity in named} == {*NUMBERS, *KINDS, "amount", "date", "ordinal"}
    for kind, file in KINDS.items():
        rows = yaml.safe_load((DATA / "reference" / f"{file}.yml").read_text(encoding="utf-8"))
        keys = {row["key"] for row in rows}
        assert {entity["value"] for entity in named if entity["entity"] == kind} <= keys

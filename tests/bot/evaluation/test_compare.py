import json

import pytest

from bot.evaluation.compare import Change, compare
from bot.evaluation.measure import EvaluationError
from bot.evaluation.metrics import Pair, Read
from bot.evaluation.report import FIGURES, PAGE, PREVIOUS, REPORT, keep, load, writable
from tests.bot.evaluation.examples import EIGHT, heard, report


def test_names_the_sentences_that_became_wrong_and_right(tmp_path):
    before = report(
        tmp_path,
        [heard("greet", ("greet", 0.9), text="هلا"), heard("thank", ("greet", 0.9), text="شكرا")],
        [Pair("both", ("a", "b"), ("a", "b"))],
        [Read("bank", "msa", (("bank", "sab"),), ())],
    )
    now = report(
        tmp_path,
        [heard("greet", ("thank", 0.9), text="هلا"), heard("thank", ("thank", 0.9), text="شكرا")],
        [Pair("both", ("a", "b"), ("a",))],
        [Read("bank", "msa", (("bank", "sab"),), (("bank", "sab"),))],
    )
    changes = compare(before, now)
    assert changes.became_wrong == [
        Change("هلا", ["greet"], ["greet"], ["thank"]),
        Change("both", ["a", "b"], ["a", "b"], ["a"]),
    ]
    assert changes.became_right == [
        Change("شكرا", ["thank"], ["greet"], ["thank"]),
        Change("bank", ["bank sab"], [], ["bank sab"]),
    ]


def test_a_sentence_that_changed_nothing_is_not_named(tmp_path):
    before = report(tmp_path, [heard("greet", ("thank", 0.9), text="هلا")])
    now = report(tmp_path, [heard("greet", ("goodbye", 0.9), text="هلا")])
    changes = compare(before, now)
    assert (changes.became_wrong, changes.became_right) == ([], [])


def test_sentences_of_one_report_alone_are_counted_not_compared(tmp_path):
    changes = compare(report(tmp_path, EIGHT[:4]), report(tmp_path, EIGHT[2:]))
    assert (changes.new, changes.gone) == (4, 2)
    assert (changes.became_wrong, changes.became_right) == ([], [])


def test_a_figure_that_the_other_report_lacks_has_no_before(tmp_path):
    before, now = report(tmp_path, EIGHT), report(tmp_path, EIGHT[:1])
    del before["figures"]["pairs"]
    changes = compare(before, now)
    assert changes.figures["first"] == 0.5
    assert changes.figures["pairs"] is None
    assert set(changes.figures) == set(FIGURES)


def test_the_report_that_was_there_is_kept_as_the_previous_one(tmp_path):
    for made in ("1", "2", "3"):
        keep(tmp_path, {"made": made}, f"page {made}")
    assert json.loads((tmp_path / REPORT).read_text())["made"] == "3"
    assert json.loads((tmp_path / PREVIOUS).read_text())["made"] == "2"
    assert (tmp_path / PAGE).read_text() == "page 3"
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([REPORT, PREVIOUS, PAGE])


def test_a_report_reads_back_as_it_was(tmp_path):
    made = report(tmp_path, EIGHT)
    keep(tmp_path, made, "")
    assert load(tmp_path / REPORT) == made


@pytest.mark.parametrize("content", [None, "{", "[]", '{"figures": {}}'])
def test_what_is_no_report_is_named_in_one_line(tmp_path, content):
    path = tmp_path / "other.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EvaluationError) as refused:
        load(path)
    assert str(path) in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluationError, match="file"):
        writable(tmp_path / "file")

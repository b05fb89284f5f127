"""`bot evaluate` through the real model; `make test` has trained it before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli import main

FILES = {
    "conversation/greet.yml": 'intent: greet\nsentences:\n  - {text: "السلام عليكم", variety: msa}\n',
    "conversation/thank.yml": 'intent: thank\nsentences:\n  - {text: "صباح الخير", variety: msa}\n',
    "pairs.yml": 'pairs:\n  - {text: "كم ياخذ الرفع؟ وهل ينحجز راتبي؟", '
    "intents: [ask_lift_duration, ask_salary_garnishment]}\n",
    "entities.yml": 'sentences:\n  - {text: "ابي ادفع بالراجحي", variety: najdi, '
    "entities: [{entity: bank, value: rajhi}]}\n",
}


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "held" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "held"


def test_measures_the_current_model_and_tells_what_changed_since_the_last_run(held_out, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["evaluate", "--held-out", str(held_out), "--out", str(out)]
    assert main(arguments) == 0
    said = capsys.readouterr()
    first = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert {name: first["figures"][name] for name in ("first", "pairs", "entities")} == {
        "first": 0.5,
        "pairs": 1.0,
        "entities": 1.0,
    }
    assert first["held_out"]["sentences"] == 2
    assert first["changes"] is None
    assert " 50.0%  الصحيح أولًا | right first" in said.out
    assert str(out / "report.html") in said.out
    assert "4 of 4 sentences" in said.err

    (held_out / "conversation/thank.yml").unlink()
    greet = held_out / "conversation/greet.yml"
    greet.write_text(FILES["conversation/greet.yml"].replace("السلام عليكم", "صباح الخير"), encoding="utf-8")
    assert main([*arguments, "--json"]) == 0
    now = json.loads(capsys.readouterr().out)
    assert [change["text"] for change in now["changes"]["became_right"]] == ["صباح الخير"]
    assert now["changes"]["figures"]["first"] == 0.5
    assert json.loads((out / "report.json").read_text(encoding="utf-8")) == now
    assert json.loads((out / "previous.json").read_text(encoding="utf-8")) == first
    assert "صباح الخير" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--model", "--against", "--held-out", "--out"])
def test_a_path_that_is_no_such_thing_is_one_line_and_exit_2(held_out, tmp_path, capsys, option):
    paths = {name: str(tmp_path / name) for name in ("--model", "--against", "--held-out", "--out")}
    (tmp_path / "--out").write_text("a file")
    (tmp_path / "a.tar.gz").write_text("no archive")
    given = {"--held-out": str(held_out), "--model": str(tmp_path / "a.tar.gz"), option: paths[option]}
    assert main(["evaluate", *(word for pair in given.items() for word in pair)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert paths[option] in said.err


def test_without_a_current_model_it_says_how_to_train(monkeypatch, capsys):
    from bot.training import model

    monkeypatch.setattr(model, "is_current", lambda: False)
    assert main(["evaluate"]) == 1
    assert "make train" in capsys.readouterr().err

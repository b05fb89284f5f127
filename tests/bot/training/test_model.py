"""Which model belongs to the present data. Training itself is tried by the scenarios."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.training import model


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path, content in {
        "data/nlu/faq/ask_travel.yml": "nlu: []",
        "data/rules/forms.yml": "rules: []",
        "data/reference/banks.yml": "[]",
        "data/responses/faq/ask_travel.yml": "responses:\n  utter_ask_travel:\n    ar:\n      - text: نعم\n",
        "data/intents.yml": "faq: {}",
        "domain.yml": "slots: {}",
        "config.yml": "recipe: default.v1",
        "bot/nlu/words.py": "",
        "bot/text/clean.py": "",
        "bot/importer.py": "",
        "requirements.lock": "rasa==3.6.21",
        "README.md": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    monkeypatch.setattr(model, "ROOT", tmp_path)
    monkeypatch.setattr(model, "DATA", tmp_path / "data")
    monkeypatch.setattr(model, "MODELS", tmp_path / "models")
    return tmp_path


@pytest.mark.parametrize(
    "changed",
    [
        "data/nlu/faq/ask_travel.yml",
        "data/rules/forms.yml",
        "data/stories/new.yml",
        "data/reference/banks.yml",
        "data/intents.yml",
        "domain.yml",
        "config.yml",
        "bot/nlu/words.py",
        "bot/text/clean.py",
        "bot/importer.py",
        "requirements.lock",
    ],
)
def test_a_change_of_what_is_trained_on_asks_for_training(project: Path, changed: str) -> None:
    model.MODELS.mkdir()
    model.model_path().touch()
    assert model.is_current()
    (project / changed).parent.mkdir(exist_ok=True)
    (project / changed).write_text("changed", encoding="utf-8")
    assert not model.is_current()


def test_a_changed_word_of_an_answer_trains_nothing_a_new_answer_does(project: Path) -> None:
    before = model.data_hash()
    answers = project / "data/responses/faq/ask_travel.yml"
    answers.write_text("responses:\n  utter_ask_travel:\n    ar:\n      - text: لا\n", encoding="utf-8")
    (project / "README.md").write_text("changed")
    assert model.data_hash() == before
    answers.write_text("responses:\n  utter_ask_travel:\n  utter_other:\n", encoding="utf-8")
    assert model.data_hash() != before


def test_keeps_the_newest_two_models(project: Path) -> None:
    model.MODELS.mkdir()
    for age, name in enumerate(("a1", "b2", "c3", "d4")):
        (model.MODELS / f"{name}.tar.gz").touch()
        os.utime(model.MODELS / f"{name}.tar.gz", (1000 - age, 1000 - age))
    model._forget_old(model.MODELS / "a1.tar.gz")
    assert sorted(path.name for path in model.MODELS.iterdir()) == ["a1.tar.gz", "b2.tar.gz"]


def test_asking_whether_the_model_is_current_imports_no_rasa() -> None:
    program = "import sys; from bot.training import model; model.is_current(); sys.exit('rasa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=model.ROOT, check=False).returncode == 0

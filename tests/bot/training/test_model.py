"""Which model belongs to the present data. Training itself is tried by the scenarios."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.training import archive, model


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


def trained(path: Path) -> None:
    path.write_bytes(b"a model")
    made = path.with_name("new-0.tar.gz")
    path.rename(made)
    archive.put_in_place(made, path)


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
        "models/encoder/SHA256SUMS",
        "requirements.lock",
    ],
)
def test_a_change_of_what_is_trained_on_asks_for_training(project: Path, changed: str) -> None:
    model.MODELS.mkdir()
    trained(model.model_path())
    assert model.is_current()
    (project / changed).parent.mkdir(parents=True, exist_ok=True)
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
        trained(model.MODELS / f"{name}.tar.gz")
        os.utime(model.MODELS / f"{name}.tar.gz", (1000 - age, 1000 - age))
    model._forget_old(model.MODELS / "a1.tar.gz")
    assert sorted(path.name for path in model.MODELS.iterdir()) == [
        f"{name}.tar.gz{end}" for name in ("a1", "b2") for end in ("", ".sha256")
    ]


@pytest.mark.parametrize("missing", ["archive", "sum"])
def test_one_of_archive_and_sum_is_no_model(project: Path, missing: str) -> None:
    model.MODELS.mkdir()
    path = model.model_path()
    trained(path)
    (path if missing == "archive" else archive.sum_file(path)).unlink()
    assert not model.is_current()


@pytest.mark.parametrize("there_before", [False, True])
def test_whoever_looks_sees_the_model_with_its_sum_or_none(
    project: Path, monkeypatch: pytest.MonkeyPatch, there_before: bool
) -> None:
    model.MODELS.mkdir()
    path = model.model_path()
    if there_before:
        trained(path)
    made = path.with_name("new-1.tar.gz")
    made.write_bytes(b"a newer model")

    def looked_at(act: Callable) -> Callable:
        def acted(*given: object, **named: object) -> object:
            done = act(*given, **named)
            if path.exists():
                archive.refuse_altered(path)
            return done

        return acted

    for act in ("write_bytes", "unlink", "rename", "replace"):
        monkeypatch.setattr(Path, act, looked_at(getattr(Path, act)))
    archive.put_in_place(made, path)
    assert path.read_bytes() == b"a newer model"
    assert sorted(file.name for file in model.MODELS.iterdir()) == [path.name, f"{path.name}.sha256"]


def test_training_leaves_the_archive_and_its_sum(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import rasa.model_training

    def train(output: str, fixed_model_name: str, **_: object) -> rasa.model_training.TrainingResult:
        path = Path(output) / f"{fixed_model_name}.tar.gz"
        path.parent.mkdir()
        path.write_bytes(b"a model")
        return rasa.model_training.TrainingResult(model=str(path))

    monkeypatch.setattr(rasa.model_training, "train", train)
    path = model.train(lambda words: None)
    assert path == model.model_path()
    assert model.is_current()
    archive.refuse_altered(path)


def test_asking_whether_the_model_is_current_imports_no_rasa() -> None:
    program = "import sys; from bot.training import model; model.is_current(); sys.exit('rasa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=model.ROOT, check=False).returncode == 0

"""What a message becomes on its way through the components."""

import json
from pathlib import Path

import pytest
import yaml
from rasa.engine.storage.resource import Resource

from bot.nlu import bands, classifier, encoder, entities, fingerprint, tokenizer
from bot.nlu.classifier import IntentClassifier, UntrainedClassifier
from bot.nlu.linear import NAMES, NUMBERS
from bot.project import ROOT
from tests.bot.nlu.pipeline import SENTENCES, Pipeline

COMPONENTS = [
    tokenizer.ArabicTokenizer,
    encoder.SentenceEncoder,
    entities.SpacyEntityExtractor,
    classifier.IntentClassifier,
    bands.ConfidenceBands,
]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("ابغى ادفع فاتورتي الحين", "pay_invoice"),
        ("اقدر اسافر برا والخدمات موقوفة", "ask_travel"),
        ("هلا والله صباح الخير", "greet"),
    ],
)
def test_unseen_sentences_find_their_intent_first(pipeline: Pipeline, text: str, intent: str) -> None:
    assert pipeline.parse(text)["intent_ranking"][0]["name"] == intent


@pytest.mark.parametrize("text", ["😀😀", "؟؟!", "...", "\u200f", ""])
def test_a_message_without_words_is_lost_with_no_confidence(pipeline: Pipeline, text: str) -> None:
    parsed = pipeline.parse(text)
    assert parsed["band"] == "lost"
    assert parsed["intent"] == {"name": "nlu_fallback", "confidence": 0.0}
    assert parsed["intent_ranking"] == []


@pytest.mark.parametrize("text", ["ابي اموت وارتاح", "ابغى ادفع الفاتورة وافكر في الانتحار"])
def test_plain_distress_is_sure_whatever_else_is_said(pipeline: Pipeline, text: str) -> None:
    parsed = pipeline.parse(text)
    assert (parsed["intent"]["name"], parsed["band"]) == ("distress", "sure")


@pytest.mark.parametrize("text", ["بموت من الضحك", "بموت من الحر"])
def test_a_figure_of_speech_is_no_distress(pipeline: Pipeline, text: str) -> None:
    assert "distress" not in {rank["name"] for rank in pipeline.parse(text)["intent_ranking"]}


def test_the_model_read_back_says_the_same(pipeline: Pipeline) -> None:
    lemmas, vector = ["ابي", "ادفع"], encoder.encode(["ابي ادفع"])[0]
    first, second = pipeline.load()._model, pipeline.load()._model
    assert first and second
    assert first.ranking(lemmas, vector) == second.ranking(lemmas, vector)
    assert {intent for intent, _ in first.ranking(lemmas, vector)} == set(SENTENCES)
    assert sum(chance for _, chance in first.ranking(lemmas, vector)) == pytest.approx(1)


def test_nothing_is_kept_as_pickle(pipeline: Pipeline) -> None:
    with pipeline.storage.read_from(pipeline.resource) as folder:
        assert sorted(file.name for file in Path(folder).iterdir()) == sorted([NAMES, NUMBERS])
        assert set(json.loads((folder / NAMES).read_text(encoding="utf-8"))) == {"intents", "features"}


@pytest.mark.parametrize("missing", [NAMES, NUMBERS])
def test_refuses_to_load_without_its_files(pipeline: Pipeline, tmp_path: Path, missing: str) -> None:
    part = Resource("part")
    with pipeline.storage.read_from(pipeline.resource) as whole, pipeline.storage.write_to(part) as folder:
        for file in whole.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / missing).unlink()
    with pytest.raises(UntrainedClassifier):
        IntentClassifier.load({}, pipeline.storage, part, pipeline.context)
    with pytest.raises(UntrainedClassifier):
        IntentClassifier.load({}, pipeline.storage, Resource("never made"), pipeline.context)


def test_bands_by_confidence() -> None:
    component = bands.ConfidenceBands({"sure": 0.7, "half": 0.2, "ranking_length": 2})
    ranking = [
        {"name": name, "confidence": chance} for name, chance in (("greet", 0.5), ("thank", 0.3), ("goodbye", 0.2))
    ]

    def banded(confidence: float) -> dict:
        from rasa.shared.nlu.training_data.message import Message

        message = Message(
            {"text": "كلام", "intent_ranking": [{"name": "greet", "confidence": confidence}, *ranking[1:]]}
        )
        return component.process([message])[0].as_dict(only_output_properties=True)

    assert [(banded(chance)["band"], banded(chance)["intent"]["name"]) for chance in (0.7, 0.69, 0.2, 0.19)] == [
        ("sure", "greet"),
        ("half", "nlu_fallback"),
        ("half", "nlu_fallback"),
        ("lost", "nlu_fallback"),
    ]
    assert [rank["name"] for rank in banded(0.5)["intent_ranking"]] == ["greet", "thank"]


def test_config_names_these_components() -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    assert [step["name"] for step in config["pipeline"]] == [
        f"{component.__module__}.{component.__name__}" for component in COMPONENTS
    ]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.__name__)
def test_a_changed_helper_or_data_file_trains_again(component: type) -> None:
    """Rasa's cache looks at the class alone; the addon is what makes it see the rest."""
    assert component.fingerprint_addon({}) == fingerprint.helpers_fingerprint()  # type: ignore[attr-defined]


def test_the_hash_sees_names_and_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    first, second = tmp_path / "a.yml", tmp_path / "b.yml"
    first.write_text("x")
    second.write_text("x")
    assert fingerprint.files_hash([first]) != fingerprint.files_hash([second])
    assert fingerprint.files_hash([first, second]) == fingerprint.files_hash([second, first])
    before = fingerprint.files_hash([first])
    first.write_text("y")
    assert fingerprint.files_hash([first]) != before

"""What a message becomes on its way through the components."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bot.nlu import bands, classifier, encoder, entities, fingerprint, tokenizer
from bot.project import ROOT
from tests.bot.nlu.checks import components
from tests.bot.nlu.checks.texts import BAD, WITHOUT_WORDS, is_writable
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


@pytest.mark.parametrize("text", WITHOUT_WORDS.values(), ids=WITHOUT_WORDS)
def test_a_message_without_words_is_lost_with_no_confidence(pipeline: Pipeline, text: str) -> None:
    parsed = pipeline.parse(text)
    assert parsed["band"] == "lost"
    assert parsed["intent"] == {"name": "nlu_fallback", "confidence": 0.0}
    assert parsed["intent_ranking"] == []
    assert parsed["entities"] == []


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_whatever_is_typed_is_read(pipeline: Pipeline, text: str) -> None:
    parsed = pipeline.parse(text)
    assert parsed["band"] in ("sure", "half", "lost")
    assert parsed["text"] == text
    assert json.loads(json.dumps(parsed)) == parsed


def test_trains_whatever_stands_among_the_sentences(tmp_path: Path) -> None:
    odd = [text for text in BAD.values() if is_writable(text)]
    pipeline = Pipeline(tmp_path, {**SENTENCES, "out_of_scope": odd})
    assert pipeline.parse("ابي ادفع الفاتورة")["intent_ranking"][0]["name"] == "pay_invoice"


@pytest.mark.parametrize("text", ["ابي اموت وارتاح", "ابغى ادفع الفاتورة وافكر في الانتحار"])
def test_plain_distress_is_sure_whatever_else_is_said(pipeline: Pipeline, text: str) -> None:
    parsed = pipeline.parse(text)
    assert (parsed["intent"]["name"], parsed["band"]) == ("distress", "sure")


@pytest.mark.parametrize("text", ["بموت من الضحك", "بموت من الحر"])
def test_a_figure_of_speech_is_no_distress(pipeline: Pipeline, text: str) -> None:
    assert "distress" not in {rank["name"] for rank in pipeline.parse(text)["intent_ranking"]}


def test_config_names_these_components() -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    assert [step["name"] for step in config["pipeline"]] == [
        f"{component.__module__}.{component.__name__}" for component in COMPONENTS
    ]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.__name__)
@pytest.mark.parametrize("check", components.CHECKS, ids=lambda check: check.__name__)
def test_keeps_what_every_component_promises(check: Callable, component: type, tmp_path: Path) -> None:
    check(component, tmp_path)


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

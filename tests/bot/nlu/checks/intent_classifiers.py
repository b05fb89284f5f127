from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY

from bot.nlu.classifier import UntrainedClassifier
from tests.bot.nlu.checks.texts import TYPED, WITHOUT_WORDS
from tests.bot.nlu.pipeline import SENTENCES, Parts

UNEVEN = {**SENTENCES, "pay_invoice": [f"كم رسوم السداد للفاتورة رقم {number}" for number in range(60)]}
"""An intent of five sentences beside one of sixty."""


def check_every_intent_is_ranked_by_its_chance(component: Any, parts: Parts) -> None:
    made = parts.train(component)
    for message in made.process(parts.read(*TYPED)):
        ranking = message.get(INTENT_RANKING_KEY)
        chances = [rank["confidence"] for rank in ranking]
        assert sorted(rank["name"] for rank in ranking) == sorted(SENTENCES)
        assert sum(chances) == pytest.approx(1)
        assert chances == sorted(chances, reverse=True)
        assert all(type(chance) is float and 0 <= chance <= 1 for chance in chances)
        assert message.get(INTENT) == ranking[0]


def check_nothing_is_heard_without_words(component: Any, parts: Parts) -> None:
    for message in parts.train(component).process(parts.read(*WITHOUT_WORDS.values())):
        assert message.get(INTENT_RANKING_KEY) == []
        assert message.get(INTENT) == {"name": None, "confidence": 0.0}


def check_refuses_to_predict_untrained(component: Any, parts: Parts) -> None:
    with pytest.raises(UntrainedClassifier):
        parts.create(component).process(parts.read("كم الرسوم"))


def check_loaded_it_gives_the_same_chances(component: Any, parts: Parts) -> None:
    made = parts.train(component)
    assert _rankings(parts.load(component), parts) == _rankings(made, parts)


def check_trained_twice_it_gives_the_same_chances(component: Any, parts: Parts) -> None:
    first = _rankings(parts.train(component, place="first"), parts)
    assert _rankings(parts.train(component, place="second"), parts) == first


def check_an_intent_of_five_sentences_is_heard(component: Any, parts: Parts) -> None:
    for sentences in (SENTENCES, UNEVEN, {intent: SENTENCES[intent] for intent in ("ask_travel", "greet")}):
        made = parts.train(component, sentences)
        for intent, texts in sentences.items():
            heard = [message.get(INTENT)["name"] for message in made.process(parts.read(*texts))]
            assert heard == [intent] * len(texts)


def check_a_file_that_was_altered_is_refused(component: Any, parts: Parts) -> None:
    for name, content in _trained_files(component, parts).items():
        for place in (0, len(content) // 2, len(content) - 1):
            altered = bytearray(content)
            altered[place] ^= 1
            with parts.storage.write_to(Resource("made")) as folder:
                (folder / name).write_bytes(altered)
            with pytest.raises(UntrainedClassifier):
                parts.load(component)
        with parts.storage.write_to(Resource("made")) as folder:
            (folder / name).write_bytes(content)
    parts.load(component)  # all as it was


def check_a_file_that_is_missing_is_refused(component: Any, parts: Parts) -> None:
    for name, content in _trained_files(component, parts).items():
        with parts.storage.write_to(Resource("made")) as folder:
            (folder / name).unlink()
            with pytest.raises(UntrainedClassifier):
                parts.load(component)
            (folder / name).write_bytes(content)
    with pytest.raises(UntrainedClassifier):
        parts.load(component, "never trained")


def check_nothing_is_kept_as_pickle(component: Any, parts: Parts) -> None:
    """Who reads a pickle runs what it says. Text and arrays of numbers are all that is needed."""
    for name, content in _trained_files(component, parts).items():
        if Path(name).suffix in (".npz", ".npy"):
            with (
                parts.storage.read_from(Resource("made")) as folder,
                np.load(folder / name, allow_pickle=False) as kept,
            ):
                assert all(kept[array].dtype.kind in "biuf" for array in kept.files), name
        else:
            assert Path(name).suffix in (".json", ".txt", ""), name
            content.decode()


CHECKS = (
    check_every_intent_is_ranked_by_its_chance,
    check_nothing_is_heard_without_words,
    check_refuses_to_predict_untrained,
    check_loaded_it_gives_the_same_chances,
    check_trained_twice_it_gives_the_same_chances,
    check_an_intent_of_five_sentences_is_heard,
    check_a_file_that_was_altered_is_refused,
    check_a_file_that_is_missing_is_refused,
    check_nothing_is_kept_as_pickle,
)


def _rankings(classifier: Any, parts: Parts) -> list[list[dict[str, Any]]]:
    return [message.get(INTENT_RANKING_KEY) for message in classifier.process(parts.read(*TYPED))]


def _trained_files(component: Any, parts: Parts) -> dict[str, bytes]:
    parts.train(component)
    with parts.storage.read_from(Resource("made")) as folder:
        found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found
    return found

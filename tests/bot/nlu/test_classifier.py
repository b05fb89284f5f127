from collections.abc import Callable

import pytest
from rasa.engine.storage.resource import Resource

from bot.nlu import classifier
from bot.nlu.classifier import IntentClassifier
from bot.nlu.encoder import readable
from bot.nlu.linear import NAMES, NUMBERS
from bot.nlu.sums import SUMS
from tests.bot.nlu.checks import intent_classifiers
from tests.bot.nlu.checks.texts import TYPED
from tests.bot.nlu.pipeline import Parts


@pytest.mark.parametrize("component", [IntentClassifier], ids=lambda component: component.__name__)
@pytest.mark.parametrize("check", intent_classifiers.CHECKS, ids=lambda check: check.__name__)
def test_keeps_what_every_intent_classifier_promises(check: Callable, component: type, parts: Parts) -> None:
    check(component, parts)


def test_keeps_two_files_and_their_sums(parts: Parts) -> None:
    parts.train(IntentClassifier)
    with parts.storage.read_from(Resource("made")) as folder:
        assert {file.name for file in folder.iterdir()} == {NAMES, NUMBERS, SUMS}


def test_knows_a_sentence_by_what_the_encoder_reads(parts: Parts) -> None:
    """Whether the encoder was kept from it is asked of that."""
    for text, message in zip(TYPED, parts.read(*TYPED), strict=True):
        assert " ".join(classifier._lemmas(message)) == readable(text)

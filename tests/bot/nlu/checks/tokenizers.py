from __future__ import annotations

from itertools import pairwise
from typing import Any

from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from tests.bot.nlu.checks.texts import BAD, DIFFERENT, SPELLINGS, TYPED, WITHOUT_WORDS, is_writable
from tests.bot.nlu.pipeline import Parts


def check_texts_and_offsets_are_what_was_typed(component: Any, parts: Parts) -> None:
    for text in (*TYPED, *BAD.values()):
        for token in _tokens(component, parts, text):
            assert text[token.start : token.end] == token.text != ""


def check_tokens_stand_in_order_and_apart(component: Any, parts: Parts) -> None:
    for text in (*TYPED, *BAD.values()):
        tokens = _tokens(component, parts, text)
        assert all(before.end <= after.start for before, after in pairwise(tokens)), text


def check_every_letter_and_digit_is_in_a_token(component: Any, parts: Parts) -> None:
    for text in TYPED:
        within = {place for token in _tokens(component, parts, text) for place in range(token.start, token.end)}
        assert {place for place, character in enumerate(text) if character.isalnum()} <= within, text


def check_spellings_that_meet_have_the_same_lemmas(component: Any, parts: Parts) -> None:
    for kind, pairs in SPELLINGS.items():
        for first, second in pairs:
            assert _lemmas(component, parts, first) == _lemmas(component, parts, second) != [], kind


def check_different_words_have_different_lemmas(component: Any, parts: Parts) -> None:
    for first, second in DIFFERENT:
        assert _lemmas(component, parts, first) != _lemmas(component, parts, second)


def check_nothing_but_words_has_a_lemma(component: Any, parts: Parts) -> None:
    for name, text in WITHOUT_WORDS.items():
        assert _lemmas(component, parts, text) == [], name


def check_lemmas_can_be_written(component: Any, parts: Parts) -> None:
    """Whoever hashes or encodes them need not think of lone surrogates."""
    for text in (*TYPED, *BAD.values()):
        for lemma in _lemmas(component, parts, text):
            assert lemma.encode().decode() == lemma.strip()


def check_training_and_prediction_give_the_same(component: Any, parts: Parts) -> None:
    texts = [text for text in (*TYPED, *BAD.values()) if is_writable(text)]
    data = parts.create(component).process_training_data(TrainingData([Message.build(text) for text in texts]))
    assert {example.get(TEXT) for example in data.training_examples} == set(texts)
    for example in data.training_examples:
        assert (example.get(TOKENS_NAMES[TEXT]) or []) == _tokens(component, parts, example.get(TEXT))


CHECKS = (
    check_texts_and_offsets_are_what_was_typed,
    check_tokens_stand_in_order_and_apart,
    check_every_letter_and_digit_is_in_a_token,
    check_spellings_that_meet_have_the_same_lemmas,
    check_different_words_have_different_lemmas,
    check_nothing_but_words_has_a_lemma,
    check_lemmas_can_be_written,
    check_training_and_prediction_give_the_same,
)


def _tokens(component: Any, parts: Parts, text: str) -> list[Token]:
    [message] = parts.load(component).process([Message({TEXT: text})])
    return message.get(TOKENS_NAMES[TEXT])


def _lemmas(component: Any, parts: Parts, text: str) -> list[str]:
    return [token.lemma for token in _tokens(component, parts, text) if token.lemma]

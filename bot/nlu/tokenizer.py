"""Words of Arabic, and of what is mixed into it."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.fingerprint import helpers_fingerprint
from bot.nlu.words import Word, words


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class ArabicTokenizer(Tokenizer):
    """Text and offsets stay as typed; the form in which spellings meet is the lemma, which a mark lacks."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return helpers_fingerprint()

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        return [_token(word) for word in words(message.get(attribute))]


def _token(word: Word) -> Token:
    token = Token(word.text, word.start)
    token.lemma = word.lemma  # given to Token, an empty one would become the text
    return token

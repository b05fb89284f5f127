from collections.abc import Callable

import pytest

from bot.nlu.tokenizer import ArabicTokenizer
from tests.bot.nlu.checks import tokenizers
from tests.bot.nlu.pipeline import Parts


@pytest.mark.parametrize("component", [ArabicTokenizer], ids=lambda component: component.__name__)
@pytest.mark.parametrize("check", tokenizers.CHECKS, ids=lambda check: check.__name__)
def test_keeps_what_every_tokenizer_promises(check: Callable, component: type, parts: Parts) -> None:
    check(component, parts)

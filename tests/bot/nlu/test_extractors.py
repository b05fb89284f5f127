from collections.abc import Callable

import pytest

from bot.nlu.entities import SpacyEntityExtractor
from tests.bot.nlu.checks import entity_extractors
from tests.bot.nlu.pipeline import Parts


@pytest.mark.parametrize("component", [SpacyEntityExtractor], ids=lambda component: component.__name__)
@pytest.mark.parametrize("check", entity_extractors.CHECKS, ids=lambda check: check.__name__)
def test_keeps_what_every_entity_extractor_promises(check: Callable, component: type, parts: Parts) -> None:
    check(component, parts)

"""Rasa's RulePolicy, asked about fewer rules: by itself it tries every one at every turn, for each action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import State
from rasa.shared.nlu.constants import ACTION_NAME, INTENT


def possible_keys(self: RulePolicy, lookup: dict[str, str], states: list[State]) -> set[str]:
    """In the place of `_get_possible_keys`, with the same result: a rule that ends in another intent or action than the
    conversation does is out at once."""
    possible = set(lookup)
    if states and states[-1].get(PREVIOUS_ACTION):
        rules = _by_end(tuple(lookup))
        possible = {key for end in _ends_met(states[-1]) for key in rules.get(end, ())}
    for turns_ago, state in enumerate(reversed(states)):
        possible = {key for key in possible if self._is_rule_applicable(key, turns_ago, state)}
    return possible


def install() -> None:
    RulePolicy._get_possible_keys = possible_keys  # type: ignore[method-assign]


@lru_cache(maxsize=8)
def _by_end(keys: tuple[str, ...]) -> dict[tuple, list[str]]:
    rules = defaultdict(list)
    for key in keys:
        rules[_end(RulePolicy._rule_key_to_state(key)[-1])].append(key)
    return rules


def _end(state: State) -> tuple[str | None, str | None]:
    """The intent and the action of a state; of a rule's, None where any will do or none may be."""
    named = (state.get(USER, {}).get(INTENT), state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME))
    intent, action = (None if not name or name == SHOULD_NOT_BE_SET else name for name in named)
    return intent, action


def _ends_met(state: State) -> Iterator[tuple[str | None, str | None]]:
    intent, action = _end(state)
    return product({intent, None}, {action, None})

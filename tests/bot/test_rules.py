"""The shortcut through the rules finds what Rasa finds."""

from __future__ import annotations

import json
import random

NAMES = ("a", "b", "should_not_be_set", None)


def state(chance: random.Random, names: tuple) -> dict:
    made = {}
    if intent := chance.choice(names):
        made["user"] = {"intent": intent}
    if action := chance.choice(names):
        made["prev_action"] = {"action_name": action}
    if slot := chance.choice(names):
        made["slots"] = {"asked": slot}
    return made


def test_the_same_rules_as_rasa_s_own_search() -> None:
    from rasa.core.policies.rule_policy import RulePolicy  # here: with it come kinds of events that no bot stores

    from bot.rules import possible_keys

    chance = random.Random(7)  # noqa: S311  no secret
    policy = RulePolicy.__new__(RulePolicy)
    found = 0
    for _ in range(300):
        rules = [[state(chance, NAMES) for _ in range(chance.randint(1, 3))] for _ in range(40)]
        lookup = {json.dumps(rule): "act" for rule in rules}
        states = [state(chance, (*NAMES[:2], None)) for _ in range(chance.randint(0, 4))]
        wanted = RulePolicy._get_possible_keys(policy, lookup, states)
        assert possible_keys(policy, lookup, states) == wanted
        found += len(wanted)
    assert found

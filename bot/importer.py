"""Rasa's importer, ours: intents and the rules of one-turn answers come from the catalogue, answers from their files.

`domain.yml` holds names only. A changed answer trains nothing: the domain that is trained on knows the answers by
name, the words are read by `bot/nlg.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter

from bot.answers import Answers
from bot.catalogue import INTERNAL, intents
from bot.project import DATA, ROOT


class ProjectImporter(RasaFileImporter):
    def __init__(self, *paths: Any, **named: Any) -> None:
        super().__init__(*paths, **named)
        # Rasa takes every file with `responses:` for training data; ours are read by bot/answers.py
        self._nlu_files = [file for file in self._nlu_files if (DATA / "nlu") in Path(file).resolve().parents]

    def get_domain(self) -> Domain:
        return project_domain()

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        written = super().get_stories(exclusion_percentage)
        return written.merge(one_turn_rules(self.get_domain()))


def project_domain() -> Domain:
    names: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    names["intents"] = [{name: {"use_entities": []}} for name in [*intents(), *INTERNAL, "nlu_fallback"]]
    names["responses"] = {name: [{"text": name}] for name in Answers().answers}
    return Domain.from_dict(names)


def one_turn_rules(domain: Domain) -> StoryGraph:
    """For each intent of the catalogue that has an answer of its name and no rule of its own: intent → answer."""
    from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader

    ruled = rule_intents()
    rules = [
        {"rule": f"{name} (from the catalogue)", "steps": [{"intent": name}, {"action": f"utter_{name}"}]}
        for name in intents()
        if name not in ruled and f"utter_{name}" in domain.responses
    ]
    return StoryGraph(YAMLStoryReader(domain).read_from_parsed_yaml({"rules": rules}))


def rule_intents() -> set[str]:
    """Intents that a written rule begins with."""
    found: set[str] = set()
    for path in (DATA / "rules").glob("*.yml"):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8")).get("rules", []):
            for step in rule["steps"]:
                for choice in step.get("or", [step]):
                    if "intent" in choice:
                        found.add(choice["intent"])
    return found

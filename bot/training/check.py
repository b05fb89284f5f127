"""`bot check`: everything wrong with data, answers and names, in one go. It imports nothing of Rasa.

Each kind of problem is a function of its own: `check_shape` (is everything there, and nothing else), `check_answers`
(what is said and how it is shown), `check_intents` (the catalogue and its sentences), `near` (sentences that are one
twice over), `check_wiring` (what the parts call each other).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.answers import AnswerError, Answers
from bot.catalogue import GROUPS, INTERNAL, catalogue
from bot.project import ROOT
from bot.training import check_answers, check_intents, check_shape, check_wiring, near
from bot.training.check_answers import Known
from bot.training.located import File, Files, Problem, mapping

FRAMES = {"utter_guide_step", "utter_guide_problem"}
"""Answers without which no guide can be read."""


def problems(answers: Answers) -> list[str]:
    """What is wrong with these answers. The running bot asks before it takes changed ones."""
    files = Files(ROOT)
    guides = {answer.custom["guide"]["name"] for answer in answers.answers.values() if "guide" in answer.custom}
    known = Known(answers, {*catalogue(), *INTERNAL}, guides, _slips(files), files)
    return [str(problem) for problem in check_answers.problems(known)]


def check_all(root: Path = ROOT) -> list[Problem]:
    """Everything wrong in the project at `root`, in the order of files and lines."""
    return sorted(set(Check(root).problems()))


def counts(root: Path = ROOT) -> dict[str, int]:
    """How much there is of what was checked."""
    check = Check(root)
    return {
        "intents": len(check.intents),
        "sentences": len(check_intents.trained(check.nlu)),
        "held_out": len(check_intents.held_out(check.held)),
        "answers": sum(len(mapping(file.data, "responses")) for file in check.responses),
        "guides": len(check.guides),
    }


class Check:
    """The files of one project and what is wrong with them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = files = Files(root)
        self.catalogue = files[root / "data" / "intents.yml"]
        self.facts = files[root / "data" / "facts.yml"]
        self.domain = files[root / "domain.yml"]
        self.reference = files.under("data/reference")
        self.responses = files.under("data/responses")
        self.guides = files.under("data/guides")
        self.nlu = files.under("data/nlu")
        self.held = files.under("tests/nlu")
        self.rules = [*files.under("data/rules"), *files.under("data/stories")]

    @property
    def intents(self) -> list[str]:
        return [name for group in GROUPS for name in mapping(self.catalogue.data, group)]

    def problems(self) -> Iterator[Problem]:
        yield from check_shape.unreadable(self.files.values())
        yield from check_shape.repeated_keys(self.files.values())
        if any(file.broken for file in (self.catalogue, self.facts, self.domain, *self.reference)):
            return  # everything else is looked up in these
        yield from self._intents()
        misshapen = list(self._misshapen())
        yield from misshapen
        answers = self._readable(misshapen)
        if answers:
            guides = {mapping(file.data).get("name") for file in self.guides}
            known = Known(answers, {*self.intents, *INTERNAL}, guides, _slips(self.files), self.files)
            yield from check_answers.problems(known)
            yield from self._wiring(answers)

    def _intents(self) -> Iterator[Problem]:
        sentences, held = check_intents.trained(self.nlu), check_intents.held_out(self.held)
        yield from check_shape.catalogue(self.catalogue)
        yield from check_intents.titles(self.catalogue)
        yield from check_intents.borders(self.catalogue)
        yield from check_intents.shape(self.nlu)
        yield from check_intents.held_out_shape(self.held)
        yield from check_intents.misplaced(sentences, self.catalogue, "data/nlu")
        yield from check_intents.misplaced((s for s in held if " + " not in s.intent), self.catalogue, "tests/nlu")
        yield from check_intents.too_few(sentences, self.catalogue)
        yield from near.problems(sentences, held)
        yield from check_intents.personal_data([*sentences, *held])

    def _misshapen(self) -> Iterator[Problem]:
        facts = {fact["id"]: fact for fact in _every_fact(self.facts)}
        yield from check_shape.sources_of_facts(self.facts)
        yield from check_shape.answers(self.responses)
        yield from check_shape.doubled_answers(self.responses)
        yield from check_shape.guides(self.guides)
        yield from check_wiring.guide_facts(self.guides, facts)

    def _readable(self, misshapen: Iterable[Problem]) -> Answers | None:
        """The answers, without the files that something is wrong with already."""
        wrong = {problem.path for problem in misshapen}
        if self.facts.shown in wrong:
            return None
        without = {file.path for file in (*self.responses, *self.guides) if file.broken or file.shown in wrong}
        readable = [file for file in self.responses if file.path not in without]
        if FRAMES - {name for file in readable for name in mapping(file.data, "responses")}:
            without |= {file.path for file in self.guides}
        try:
            return Answers(self.root / "data", without)
        except AnswerError as error:
            raise AssertionError("what check_shape lets pass can be read") from error

    def _wiring(self, answers: Answers) -> Iterator[Problem]:
        code, domain, names = check_wiring.Code(self.root), self.domain, answers.answers
        steps = [step for *_, step in check_wiring.rule_steps(self.rules)]
        ruled = {step["intent"] for step in steps if "intent" in step}
        asked = {
            name
            for form, entry in domain.data["forms"].items()
            for slot in entry["required_slots"]
            for name in check_wiring.questions(form, slot)
        }
        named = {step["action"] for step in steps if "action" in step} | asked
        understood = {*self.intents, *INTERNAL, "nlu_fallback"}
        yield from check_intents.unanswered(self.catalogue, names, ruled)
        yield from check_wiring.unwritten_answers(code, names)
        yield from check_wiring.unused_answers(code, answers, self.files, self.intents, named)
        yield from check_wiring.unfilled_placeholders(code, answers, self.files)
        yield from check_wiring.unknown_entities(domain, answers, self.files)
        yield from check_wiring.actions_and_domain(code, domain)
        yield from check_wiring.forms(domain, names)
        yield from check_wiring.slots_like_questions(domain, self.intents)
        yield from check_wiring.rules(self.rules, domain, understood, names)
        yield from check_wiring.guide_endings(self.guides, names)


def _slips(files: Files) -> list[str]:
    return [slip["wrong"] for slip in files[files.root / "data" / "facts.yml"].data["slips"]]


def _every_fact(facts: File) -> list[dict]:
    return [*(fact for listed in facts.data["facts"].values() for fact in listed), *facts.data["beyond_articles"]]

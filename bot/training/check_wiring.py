"""What the parts call each other: names of answers in the code, actions, forms, rules, guides."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.answers import Answer, Answers, Variant
from bot.training.check_answers import UNVERIFIED, placeholders
from bot.training.located import File, Files, Problem, mapping

_NAME = re.compile(r"(?!utter_action$)utter_[a-z0-9_]*[a-z0-9]")
"""Of an answer; `utter_action` is Rasa's key for it."""
_BEGINNING = re.compile("utter_[a-z]")
_FRAME_VALUES = {"guide", "step", "of", "who_runs_it"}
"""Filled in by bot/answers.py in the frames of the guides."""


class Code:
    """The Python that says answers: `actions/`, `bot/delivery/` and the modules of `bot/` itself. Read, never
    imported."""

    def __init__(self, root: Path) -> None:
        self.root = root
        folders = ("bot", "bot/delivery")
        paths = [*(root / "actions").rglob("*.py"), *(path for name in folders for path in (root / name).glob("*.py"))]
        self.trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(paths)}

    def shown(self, path: Path) -> str:
        return str(path.relative_to(self.root))

    @cached_property
    def said(self) -> list[Said]:
        """Each name of an answer, whole or with parts that only running tells."""
        return [said for path, tree in self.trees.items() for node in ast.walk(tree) if (said := _said(path, node))]

    @cached_property
    def values(self) -> list[re.Pattern[str]]:
        """Names of the values that answers are given: keywords of calls and keys of dictionaries."""
        names: set[str] = set()
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.keyword) and node.arg:
                    names.add(re.escape(node.arg))
                elif isinstance(node, ast.Dict):
                    names |= {re.escape(str(key.value)) for key in node.keys if isinstance(key, ast.Constant)}
                elif isinstance(node, ast.DictComp) and isinstance(node.key, ast.JoinedStr):
                    names.add(_pattern(node.key))
        return [re.compile(name) for name in sorted(names)]

    @cached_property
    def actions(self) -> dict[Path, str | None]:
        """The file of each action, and the name that stands in it."""
        own = (path for path in self.trees if path.stem.startswith(("action_", "validate_")))
        return {path: _action_name(self.trees[path]) for path in own}


@dataclass(frozen=True)
class Said:
    path: Path
    line: int
    pattern: str
    whole: bool
    """No part is left open, or its beginning is known: an answer of that name must exist."""

    def means(self, name: str) -> bool:
        return bool(re.fullmatch(self.pattern, name))


def _said(path: Path, node: ast.AST) -> Said | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
        return Said(path, node.lineno, re.escape(node.value), True)
    if isinstance(node, ast.JoinedStr) and node.values:
        first, last = node.values[0], node.values[-1]
        starts = isinstance(first, ast.Constant) and bool(_BEGINNING.match(str(first.value)))
        ends = isinstance(last, ast.Constant) and str(last.value).startswith("_")
        if starts or (ends and isinstance(first, ast.FormattedValue)):
            return Said(path, node.lineno, _pattern(node), starts)
    return None


def _pattern(text: ast.JoinedStr) -> str:
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*" for part in text.values)


def _action_name(tree: ast.Module) -> str | None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            target = node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""
            if target in ("action_name", "form"):
                return f"validate_{node.value.value}" if target == "form" else str(node.value.value)
    return None


# answers


def unwritten_answers(code: Code, answers: Collection[str]) -> Iterator[Problem]:
    for said in code.said:
        if said.whole and not any(said.means(name) for name in answers):
            name = re.sub(r"(\.\*)+", "…", said.pattern)
            yield Problem(code.shown(said.path), said.line, f"لا توجد إجابة اسمها {name}", "اكتبها في data/responses")


def unused_answers(
    code: Code, answers: Answers, files: Files, intents: Collection[str], named: Collection[str]
) -> Iterator[Problem]:
    """`named`: those that rules and forms name."""
    for name, answer in answers.answers.items():
        used = name in named or name.removeprefix("utter_") in intents or "guide" in answer.custom
        if not used and not any(said.means(name) for said in code.said):
            wrong = f"الإجابة {name} لا يقولها شيء"
            yield files[answer.path].problem(wrong, "احذفها، أو صحح اسمها", "responses", name)


def unfilled_placeholders(code: Code, answers: Answers, files: Files) -> Iterator[Problem]:
    for answer in answers.answers.values():
        shown = {name for variant in _variants(answer) for name, _ in placeholders(variant)}
        for name in sorted(shown - _FRAME_VALUES):
            if not any(value.fullmatch(name) for value in code.values):
                wrong = f"{answer.name}: لا أحد يملأ {{{name}}}"
                yield files[answer.path].problem(wrong, "صحح الاسم كما في actions/", "responses", answer.name)


def unknown_entities(domain: File, answers: Answers, files: Files) -> Iterator[Problem]:
    """What a button carries reaches the actions only under a name that the domain knows."""
    known = domain.data["entities"]
    for answer in answers.answers.values():
        buttons = [button for variant in _variants(answer) for button in variant.buttons]
        for name in sorted({name for button in buttons for name in button.get("entities", {})} - set(known)):
            wrong = f"{answer.name}: زر يحمل {name} وليس من entities في domain.yml"
            yield files[answer.path].problem(wrong, "صحح الاسم", "responses", answer.name)


def _variants(answer: Answer) -> list[Variant]:
    return [variant for variants in answer.variants.values() for variant in variants]


# actions and forms


def actions_and_domain(code: Code, domain: File) -> Iterator[Problem]:
    """Each action is one file of its name, named once in the domain."""
    listed = domain.data["actions"]
    for place, name in enumerate(listed):
        if name not in [path.stem for path in code.actions]:
            yield domain.problem(f"لا يوجد ملف {name}.py في actions", "اكتبه أو احذف الاسم", "actions", place)
        if name in listed[:place]:
            yield domain.problem(f"{name} مكتوب مرتين", "احذف أحدهما", "actions", place)
    for path, name in code.actions.items():
        if name != path.stem:
            yield Problem(code.shown(path), 1, f"اسم الإجراء فيه {name} واسم الملف {path.stem}", "اجعلهما واحدًا")
        elif name not in listed:
            yield Problem(code.shown(path), 1, f"الإجراء {name} ليس في domain.yml", "أضفه تحت actions")


def forms(domain: File, answers: Collection[str]) -> Iterator[Problem]:
    for form, entry in domain.data["forms"].items():
        for slot in entry["required_slots"]:
            keys = ("forms", form, "required_slots")
            if slot not in domain.data["slots"]:
                yield domain.problem(f"{form} يسأل عن {slot} وليس من slots", "أضفه تحت slots", *keys)
            if not any(name in answers or name in domain.data["actions"] for name in questions(form, slot)):
                yield domain.problem(f"لا سؤال عن {slot} في {form}", f"اكتب utter_ask_{slot} في data/responses", *keys)


def questions(form: str, slot: str) -> list[str]:
    """What Rasa looks for, in its order, and the twin for asking again."""
    names = [f"{kind}_ask_{asked}" for asked in (f"{form}_{slot}", slot) for kind in ("action", "utter")]
    return [*names, *(f"{name}_error" for name in names)]


def slots_like_questions(domain: File, intents: Collection[str]) -> Iterator[Problem]:
    """A form that asks for slot `travel` would say `utter_ask_travel`, the answer of an FAQ."""
    for slot in domain.data["slots"]:
        if f"ask_{slot}" in intents:
            wrong = f"الخانة {slot} باسم السؤال ask_{slot}"
            yield domain.problem(wrong, f"سمّها باسم نموذجها: <form>__{slot}", "slots", slot)


# rules


def rule_steps(folder: Iterable[File]) -> Iterator[tuple[File, int, dict]]:
    """Each step of rules and stories, alternatives one by one, with its line."""
    for file in folder:
        for kind in ("rules", "stories"):
            for nth, rule in enumerate(mapping(file.data).get(kind) or []):
                for place, step in enumerate(rule.get("steps", [])):
                    for choice in step.get("or", [step]):
                        yield file, file.line(kind, nth, "steps", place), choice


def rules(
    folder: Iterable[File], domain: File, intents: Collection[str], answers: Collection[str]
) -> Iterator[Problem]:
    data = domain.data
    for file, line, step in rule_steps(folder):
        intent, action, loop = step.get("intent"), step.get("action"), step.get("active_loop")
        if intent and intent not in intents:
            yield Problem(file.shown, line, f"النية {intent} ليست في القائمة", "صحح الاسم من data/intents.yml")
        if action and action not in (*data["actions"], *data["forms"], *answers, "action_listen"):
            yield Problem(file.shown, line, f"لا يوجد {action}", "اكتبه أو صحح الاسم")
        if loop and loop not in data["forms"]:
            yield Problem(file.shown, line, f"لا يوجد نموذج اسمه {loop}", "صححه من forms في domain.yml")


# guides


def guide_facts(folder: Iterable[File], facts: dict[str, dict]) -> Iterator[Problem]:
    """A step's first fact is the one that its menu stands on: if it is not verified, the step says so."""
    for file in folder:
        for nth, step in enumerate(mapping(file.data).get("steps") or []):
            for fact in mapping(step).get("facts") or []:
                if fact not in facts:
                    wrong = f"الخطوة {nth + 1}: لا توجد حقيقة رقمها {fact}"
                    yield file.problem(wrong, "صححه من data/facts.yml", "steps", nth, "facts")
            first = facts.get((mapping(step).get("facts") or [""])[0], {})
            if first.get("status") in UNVERIFIED and not step.get("unverified"):
                wrong = f"الخطوة {nth + 1} تقوم على {first['id']} وهي غير مؤكدة"
                yield file.problem(wrong, "أضف unverified: ماذا يفعل إن اختلفت القائمة", "steps", nth)


def guide_endings(folder: Iterable[File], answers: Collection[str]) -> Iterator[Problem]:
    for file in folder:
        name = f"utter_guide_{mapping(file.data).get('name')}_done"
        if name not in answers:
            yield file.problem(f"لا توجد إجابة {name} لنهاية الدليل", "اكتبها في data/responses", "name")

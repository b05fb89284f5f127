"""Every word the bot says: `data/responses/**`, the guides and the facts, read and turned into one answer.

An answer's file says what is said; this module adds what must never be forgotten: the source line with its date,
the note on the new Enforcement Law where a fact stands on the old one, the button المزيد, and the isolation of
numbers inside Arabic text. It imports nothing of Rasa, so that `bot check`, notices and error texts use it too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from bot.project import DATA
from bot.text.amounts import format_money
from bot.text.dates import format_date, format_time
from bot.text.isolate import WITHOUT_MARKS, isolate

LANGUAGES = ("ar", "en")
MORE = {"ar": "المزيد", "en": "More"}
SOURCE = {"ar": "المصدر: {name}، {date}", "en": "Source: {name}, {date}"}
OLD_LAW = {
    "ar": "أُعلن نظام جديد من 28 أكتوبر 2026؛ ووضعك في ناجز أو 1950.",
    "en": "New law announced from 28 October 2026: see Najiz or 1950.",
}
"""facts.yml, meta.caution: rules marked old_law_M53 are said only with this note."""

CHANGES_A_CASE = frozenset({"request_invoice", "pay_invoice", "request_lift", "request_installment"})
"""Intents of buttons that mean the case above them, also when another is in hand by the time they are pressed."""

HIDDEN_TOPICS = (
    ("utter_case_line_", "cases"),
    ("utter_cases_", "cases"),
    ("utter_case_", "case"),
    ("utter_invoice_", "invoice"),
    ("utter_paying_", "invoice"),
    ("utter_payment_", "payment"),
    ("utter_bank_", "payment"),
    ("utter_confirm_", "request"),
    ("utter_lift_", "request"),
    ("utter_grace_", "request"),
    ("utter_request_", "request"),
    ("utter_document_", "request"),
    ("utter_documents_", "request"),
    ("utter_guide_", "guide"),
    ("utter_notice_", "notice"),
    ("utter_garnishment_", "salary"),
    ("utter_salary_", "salary"),
    ("utter_code_", "verification"),
    ("utter_resend_", "verification"),
    ("utter_hand_over_", "handoff"),
    ("utter_late_", "message"),
)
"""What a personal answer was about, by the beginning of its name; the words are in labels.yml, kind `hidden`."""

NUMBERS = re.compile(r"[\x20-\x7e]*\d[\x20-\x7e]*")
PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")


def hidden_topic(name: str) -> str:
    """What is said of a personal answer in the history while nobody is verified."""
    return next((topic for start, topic in HIDDEN_TOPICS if name.startswith(start)), "other")


class AnswerError(Exception):
    """Something wrong in the answers' files: the message says which file and what to do."""


@dataclass(frozen=True)
class Person:
    """What an answer may know of who asks: verified or not, and the kinds of her cases not yet lifted."""

    verified: bool = False
    kinds: frozenset[str] = frozenset()

    @property
    def kind(self) -> str | None:
        """court, government, both or none; None for somebody not verified."""
        if not self.verified:
            return None
        return "both" if len(self.kinds) > 1 else next(iter(self.kinds), "none")


@dataclass(frozen=True)
class Variant:
    """One way of saying an answer; its facts, source and custom are the answer's unless it names its own."""

    text: str
    buttons: tuple[dict, ...] = ()
    more: str = ""
    when: Mapping[str, str] = field(default_factory=dict)
    channel: str | None = None
    facts: tuple[str, ...] = ()
    source: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    name: str
    path: Path
    variants: Mapping[str, tuple[Variant, ...]]  # by language
    told: tuple[str, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)
    asks_again: bool = False
    """Says what is wrong and what to write instead: the form's own question after it would be one too many."""


class Answers:
    """All answers of a folder. `render` is the one way from a name to words."""

    def __init__(self, data: Path = DATA, without: Collection[Path] = (), operator: str = "") -> None:
        """`without`: files that `bot check` found unreadable, so that it can look at the rest all the same.
        `operator`: who runs the assistant; without one it says of itself that it is a demonstration."""
        facts_file = _load(data / "facts.yml")
        self.facts: dict[str, dict] = {
            fact["id"]: fact for fact in chain(*facts_file["facts"].values(), facts_file["beyond_articles"])
        }
        self.sources = {(entry["title"], str(entry["date"])): entry for entry in facts_file["sources"]}
        self.labels = _labels(data)
        if operator:
            run_by = self.labels["operated"]["by"]
            self.labels["missing"]["who_runs_it"] = {
                language: run_by[language].format(operator=operator) for language in LANGUAGES
            }
        self.answers: dict[str, Answer] = {}
        for path in sorted(set((data / "responses").rglob("*.yml")) - set(without)):
            for name, entry in (_load(path).get("responses") or {}).items():
                self._add(_answer(name, entry, path))
        for path in sorted(set((data / "guides").glob("*.yml")) - set(without)):
            for answer in self._guide(_load(path), path):
                self._add(answer)

    def _add(self, answer: Answer) -> None:
        if answer.name in self.answers:
            first = self.answers[answer.name].path
            raise AnswerError(f"{answer.path}: the answer {answer.name} stands already in {first}; one of them must go")
        self.answers[answer.name] = answer

    def _guide(self, guide: dict, path: Path) -> list[Answer]:
        """A step becomes utter_guide_<name>_<n>, its help utter_guide_<name>_<n>_problem. The heading and the
        buttons come from the answers utter_guide_step and utter_guide_problem."""
        made = []
        name, steps = guide["name"], guide["steps"]
        for number, step in enumerate(steps, 1):
            custom = {"guide": {"name": name, "step": number, "of": len(steps)}}
            source = next((fact for fact in step["facts"] if self._shown(fact)), None)
            for kind, key, suffix in (("text", "utter_guide_step", ""), ("problem", "utter_guide_problem", "_problem")):
                variants = {}
                for language in LANGUAGES:
                    note = step.get("unverified", {}).get(language, "") if kind == "text" else ""
                    inside = [step[language][kind].strip(), note]
                    variants[language] = tuple(
                        Variant(
                            "\n".join(line for line in (_heading(outer, guide, number, language), *inside) if line),
                            _steps_buttons(outer, name, number),
                            channel=outer.channel,
                            facts=tuple(step["facts"]),
                            source=source,
                        )
                        for outer in self.answers[key].variants[language]
                    )
                made.append(Answer(f"utter_guide_{name}_{number}{suffix}", path, variants, custom=custom))
        return made

    def _shown(self, fact: str) -> bool:
        entry = self.sources[(self.facts[fact]["source_title"], str(self.facts[fact]["date"]))]
        return entry.get("shown", True)

    def source_line(self, fact_id: str, language: str) -> str:
        fact = self.facts[fact_id]
        entry = self.sources[(fact["source_title"], str(fact["date"]))]
        return SOURCE[language].format(name=entry[language], date=entry[f"date_{language}"])

    def stands_on_old_law(self, variant: Variant) -> bool:
        return any(self.facts[fact]["status"] == "old_law_M53" for fact in variant.facts)

    def choose(self, name: str, language: str, channel: str, person: Callable[[], Person]) -> Variant:
        """The first variant whose conditions all hold, those with conditions before those without."""
        variants = [v for v in self.answers[name].variants[language] if v.channel in (None, channel)]
        who: Person | None = None
        for variant in sorted(variants, key=lambda v: (not v.when, v.channel is None)):
            if not variant.when:
                return variant
            who = who or person()
            known = {"kind": who.kind, "verified": who.verified}
            if all(known[key] == wanted for key, wanted in variant.when.items()):
                return variant
        raise AnswerError(f"{name} has no variant for everybody in {language}")

    def asks_who(self, name: str) -> bool:
        """Whether the choice of its words depends on who asks, which is looked up."""
        return any(variant.when for shown in self.answers[name].variants.values() for variant in shown)

    def render(
        self,
        name: str,
        language: str = "ar",
        channel: str = "",
        person: Callable[[], Person] = Person,
        values: Mapping[str, Any] | None = None,
        more: bool = False,
    ) -> dict[str, Any]:
        """Name → {"text", "buttons": [{"title", "payload"}], "custom", "personal"}.

        `values` fill the placeholders ({amount:money}, {due_on:date}, {bank:bank} …); an answer that was given
        some is marked personal and its words are not kept in the stored conversation.
        """
        answer = self.answers[name]
        variant = self.choose(name, language, channel, person)
        values = values or {}
        lines = [self.fill(variant.more if more else variant.text, language, values)]
        if self.stands_on_old_law(variant):
            lines.append(OLD_LAW[language])
        if variant.source:
            lines.append(self.source_line(variant.source, language))
        buttons = [
            {
                "title": self.fill(button["title"], language, values).translate(WITHOUT_MARKS),
                "payload": payload(button["intent"], _entities(button, values)),
            }
            for button in variant.buttons
        ]
        if variant.more and not more:
            buttons.insert(0, {"title": MORE[language], "payload": payload("show_more", {"answer": name})})
        rendered: dict[str, Any] = {"text": "\n".join(lines), "buttons": buttons}
        if custom := variant.custom or answer.custom:
            rendered["custom"] = dict(custom)
        if values or "kind" in variant.when:  # which words she was given says what kind of case she has
            rendered["personal"] = True
        return rendered

    def hidden(self, name: str, language: str, *, erased: bool = False) -> dict[str, Any]:
        """The one line that stands in the history in the place of a personal answer. `erased`: its words are gone,
        after "forget my data"; else they come back with the next verification. Of an answer for everybody (no name)
        it is only said that it is gone."""
        if not name:
            return self.render("utter_history_removed", language)
        line = "utter_history_erased" if erased else "utter_history_hidden"
        return self.render(line, language, values={"what": hidden_topic(name)})

    def fill(self, text: str, language: str, values: Mapping[str, Any]) -> str:
        def one(match: re.Match[str]) -> str:
            name, kind = match.groups()
            value = values.get(name)
            if value is None:
                return self.labels["missing"].get(name, {}).get(language, "—")
            return self._word(value, kind, language)

        return PLACEHOLDER.sub(one, text).strip()

    def _word(self, value: Any, kind: str | None, language: str) -> str:
        if isinstance(value, list):
            joint = "، " if language == "ar" else ", "
            return joint.join(self._word(item, kind, language) for item in value)
        if kind == "money":
            return format_money(Decimal(str(value)), language)
        if kind == "date":
            return format_date(value, language)
        if kind == "time":
            return format_time(value, language)
        if kind is not None:
            return self.labels[kind].get(str(value), {}).get(language, str(value))
        return isolate(str(value)) if NUMBERS.fullmatch(str(value)) else str(value)


def _entities(button: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, str]:
    """What the button carries. One that changes a case carries the mark of the case that its answer is about."""
    filled = {key: str(value).format(**values) for key, value in button.get("entities", {}).items()}
    if button["intent"] in CHANGES_A_CASE and "of_case" in values:
        filled["of_case"] = str(values["of_case"])
    return filled


def payload(intent: str, entities: Mapping[str, Any] | None = None) -> str:
    """What a button stands for, in Rasa's form; it reaches nobody outside, see `bot/delivery/offers.py`."""
    return f"/{intent}" + (json.dumps(dict(entities), ensure_ascii=False) if entities else "")


def _load(path: Path) -> dict:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or {}
    except yaml.YAMLError as error:
        raise AnswerError(f"{path}: {error}") from error


def _labels(data: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Words for keys: `labels.yml` by kind, and banks and services by their key."""
    labels = _load(data / "reference" / "labels.yml")
    for kind, file in (("bank", "banks"), ("service", "services")):
        entries = _load(data / "reference" / f"{file}.yml")
        entries = entries if isinstance(entries, list) else entries[file]
        labels[kind] = {entry["key"]: entry for entry in entries}
    guides = (_load(path) for path in sorted((data / "guides").glob("*.yml")))
    labels["guide"] = {guide["name"]: guide["title"] for guide in guides}
    return labels


def _heading(outer: Variant, guide: dict, number: int, language: str) -> str:
    said = {"step": str(number), "of": str(len(guide["steps"])), "guide": guide["title"][language]}
    return PLACEHOLDER.sub(lambda match: said.get(match.group(1), match.group()), outer.text)


def _steps_buttons(outer: Variant, guide: str, number: int) -> tuple[dict, ...]:
    here = {"guide": guide, "step": str(number)}
    return tuple(
        {**button, "entities": {**here, **button.get("entities", {})}}
        if button["intent"] in ("next_step", "step_problem", "go_back")
        else button
        for button in outer.buttons
        if not (button["intent"] == "go_back" and number == 1)
    )


ANSWER_KEYS = ("facts", "told", "source", "custom", "asks_again")


def _answer(name: str, entry: dict, path: Path) -> Answer:
    unknown = set(entry) - {*ANSWER_KEYS, *LANGUAGES}
    if unknown:
        raise AnswerError(f"{path}: {name} has unknown keys: {', '.join(sorted(unknown))}")
    variants = {}
    for language in LANGUAGES:
        if language not in entry:
            raise AnswerError(f"{path}: {name} says nothing in {language}")
        listed = entry[language] if isinstance(entry[language], list) else [entry[language]]
        variants[language] = tuple(
            _variant(item if isinstance(item, dict) else {"text": item}, entry, name, path) for item in listed
        )
    return Answer(
        name, path, variants, tuple(entry.get("told", ())), entry.get("custom", {}), entry.get("asks_again", False)
    )


VARIANT_KEYS = ("text", "more", "buttons", "when", "channel", "facts", "source", "custom")


def _variant(item: dict, entry: dict, name: str, path: Path) -> Variant:
    unknown = set(item) - set(VARIANT_KEYS)
    if unknown or not item.get("text"):
        raise AnswerError(f"{path}: {name}: a variant has {', '.join(VARIANT_KEYS)}; found {', '.join(sorted(item))}")
    return Variant(
        item["text"].strip(),
        tuple(item.get("buttons", ())),
        item.get("more", "").strip(),
        item.get("when", {}),
        item.get("channel"),
        tuple(item.get("facts", entry.get("facts", ()))),
        item.get("source", entry.get("source")),
        item.get("custom", {}),
    )

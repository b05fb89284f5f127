"""Is everything there that belongs there, and nothing else? Asked before anything is read for what it says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from bot.answers import ANSWER_KEYS, LANGUAGES, VARIANT_KEYS
from bot.catalogue import GROUPS
from bot.training.located import File, Key, Problem, mapping

STEPS = {"pay": 7, "invoice": 6, "lift": 11}
"""How many steps each guide has, as published; any other guide may have as many as it likes."""


def unreadable(files: Iterable[File]) -> Iterator[Problem]:
    yield from (file.broken for file in files if file.broken)


def repeated_keys(files: Iterable[File]) -> Iterator[Problem]:
    for file in files:
        for key, line, first in file.repeated():
            wrong = f"«{key}» مكتوب مرتين، والأول في السطر {first}"
            yield Problem(file.shown, line, wrong, "احذف أحدهما أو غيّر اسمه")


def answers(folder: Iterable[File]) -> Iterator[Problem]:
    for file in folder:
        yield from fields(file, file.data, ("responses",), ("version",))
        for name, entry in mapping(file.data, "responses").items():
            yield from _answer(file, name, entry)


def _answer(file: File, name: str, entry: Any) -> Iterator[Problem]:
    yield from fields(file, entry, LANGUAGES, ANSWER_KEYS, "responses", name)
    for language in LANGUAGES:
        listed = mapping(entry).get(language) or []
        for nth, variant in enumerate(listed if isinstance(listed, list) else [listed]):
            if not isinstance(variant, str):
                yield from _variant(file, variant, "responses", name, language, nth)


def _variant(file: File, variant: Any, *keys: Key) -> Iterator[Problem]:
    yield from fields(file, variant, ("text",), VARIANT_KEYS, *keys)
    for place, button in enumerate(mapping(variant).get("buttons") or ()):
        yield from fields(file, button, ("title", "intent"), ("entities",), *keys, "buttons", place)


def doubled_answers(folder: Iterable[File]) -> Iterator[Problem]:
    first: dict[str, File] = {}
    for file in folder:
        for name in mapping(file.data, "responses"):
            before = first.setdefault(name, file)
            if before is not file:
                wrong = f"الإجابة {name} مكتوبة أيضًا في {before.at('responses', name)}"
                yield file.problem(wrong, "احذف إحداهما", "responses", name)


def guides(folder: Iterable[File]) -> Iterator[Problem]:
    for file in folder:
        yield from fields(file, file.data, ("name", "title", "steps"), ())
        yield from fields(file, mapping(file.data, "title"), LANGUAGES, (), "title")
        steps = mapping(file.data).get("steps") or []
        wanted = STEPS.get(mapping(file.data).get("name"), len(steps))
        if len(steps) != wanted:
            yield file.problem(f"خطوات الدليل {len(steps)} وهي {wanted}", "أكمل الخطوات أو احذف الزائد", "steps")
        for nth, step in enumerate(steps):
            yield from _step(file, step, "steps", nth)


def _step(file: File, step: Any, *keys: Key) -> Iterator[Problem]:
    yield from fields(file, step, ("facts", *LANGUAGES), ("unverified",), *keys)
    for key, needed in {"unverified": LANGUAGES, **dict.fromkeys(LANGUAGES, ("text", "problem"))}.items():
        if key in mapping(step):
            yield from fields(file, step[key], needed, (), *keys, key)


def catalogue(file: File) -> Iterator[Problem]:
    yield from fields(file, file.data, GROUPS, ())
    for group in GROUPS:
        for name, entry in mapping(file.data, group).items():
            yield from fields(file, entry, ("title", "belongs", "not_here"), (), group, name)
            yield from fields(file, mapping(entry, "title"), LANGUAGES, (), group, name, "title")


def sources_of_facts(file: File) -> Iterator[Problem]:
    """Each fact has an entry under `sources`, by which it is named to a citizen."""
    listed = {(entry["title"], str(entry["date"])) for entry in file.data["sources"]}
    lists = [(("facts", label), facts) for label, facts in file.data["facts"].items()]
    for keys, facts in [*lists, (("beyond_articles",), file.data["beyond_articles"])]:
        for nth, fact in enumerate(facts):
            if (fact["source_title"], str(fact["date"])) not in listed:
                wrong = f"مصدر الحقيقة {fact['id']} ليس في sources بهذا العنوان والتاريخ"
                yield file.problem(wrong, "أضفه في sources كما يُذكر للناس", *keys, nth)


def fields(
    file: File, value: Any, required: Collection[str], optional: Collection[str], *keys: Key
) -> Iterator[Problem]:
    """What is missing and what is unknown among the fields that stand at these keys."""
    label = ".".join(str(key + 1 if isinstance(key, int) else key) for key in keys) or "الملف"
    allowed = [*required, *optional]
    if not isinstance(value, dict):
        yield file.problem(f"{label}: هنا حقول لا نص", f"الحقول: {', '.join(allowed)}", *keys)
        return
    for name in required:
        if not value.get(name):
            yield file.problem(f"{label}: ينقص {name}", "أضفه", *keys)
    for name in value:
        if name not in allowed:
            yield file.problem(f"{label}: حقل غير معروف «{name}»", f"الحقول: {', '.join(allowed)}", *keys, name)

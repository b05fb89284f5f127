"""The catalogue, the sentences that train each intent, and those held out to measure it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

from bot.answers import LANGUAGES
from bot.catalogue import GROUPS
from bot.text.arabizi import skeleton
from bot.text.digits import to_western
from bot.text.national_id import is_valid_national_id
from bot.text.normalise import normalise
from bot.training.check_shape import fields
from bot.training.located import File, Key, Problem, mapping

FEWEST = 30
TITLE = 20
INVENTED_IDS = ("1058529940",)
INVENTED_MOBILE = "5000"
"""What follows the 0 or the 966 of a mobile that is nobody's."""

_ANNOTATION = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
_GROUPED = re.compile(r"(?<=\d)[\s-](?=\d)")
_MOBILE = re.compile(r"(?<!\d)(?:00966|\+?966|0)(5\d{8})(?!\d)")
_ID = re.compile(r"(?<!\d)[12]\d{9}(?!\d)")
_GOES_TO = re.compile(r"→\s*([a-z_]+)")
_skeleton = cache(skeleton)


@dataclass(frozen=True)
class Sentence:
    intent: str
    text: str
    file: File
    line: int
    also: tuple[str, ...] = ()
    """Held-out sentences: the intents that are equally right."""

    def problem(self, wrong: str, fix: str) -> Problem:
        return Problem(self.file.shown, self.line, wrong, fix)

    @property
    def place(self) -> str:
        return f"{self.file.shown}:{self.line}"

    @cached_property
    def words(self) -> str:
        """Normalised."""
        return normalise(self.text)

    @cached_property
    def skeletons(self) -> tuple[str, ...]:
        """Of its words, whatever their order."""
        return tuple(sorted(map(_skeleton, self.words.split())))


def trained(folder: Iterable[File]) -> list[Sentence]:
    found = []
    for file in folder:
        for nth, item in enumerate(mapping(file.data).get("nlu") or []):
            if "intent" in mapping(item):
                for place, line in enumerate(str(item.get("examples") or "").splitlines()):
                    text = _ANNOTATION.sub(r"\1", line.strip().removeprefix("-").strip())
                    if text:
                        where = file.line_of_text(place, "nlu", nth, "examples")
                        found.append(Sentence(item["intent"], text, file, where))
    return found


def held_out(folder: Iterable[File]) -> list[Sentence]:
    found = []
    for file in folder:
        for key in ("sentences", "pairs"):
            for nth, item in enumerate(map(mapping, mapping(file.data).get(key) or [])):
                intent = mapping(file.data).get("intent") or " + ".join(item.get("intents", []))
                also = tuple(item["also"]) if isinstance(item.get("also"), list) else ()
                found.append(Sentence(intent, str(item.get("text", "")), file, file.line(key, nth), also))
    return found


def is_of_entities(file: File) -> bool:
    """Its sentences are held out to measure what is found in them, of whatever intent they are."""
    return file.path.name == "entities.yml"


# the catalogue


def titles(file: File) -> Iterator[Problem]:
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for group, name, entry in _entries(file):
        for language in LANGUAGES:
            title = str(mapping(entry, "title").get(language, ""))
            keys = (group, name, "title", language)
            if len(title) > TITLE:
                yield file.problem(f"عنوان {name} «{title}» طوله {len(title)} وأقصاه {TITLE}", "اختصره", *keys)
            before = first.setdefault((language, title), (group, name))
            if before != (group, name):
                yield file.problem(f"العنوان «{title}» نفسه في {file.at(*before)}", "غيّر أحدهما", *keys)


def borders(file: File) -> Iterator[Problem]:
    """Where what is not meant goes to: an intent that there is."""
    known = {name for _, name, _ in _entries(file)}
    for group, name, entry in _entries(file):
        for target in _GOES_TO.findall(str(mapping(entry).get("not_here", ""))):
            if target not in known:
                wrong = f"not_here في {name} تحيل إلى {target} وليست في القائمة"
                yield file.problem(wrong, "صحح الاسم", group, name, "not_here")


def _entries(file: File) -> Iterator[tuple[str, str, dict]]:
    for group in GROUPS:
        for name, entry in mapping(file.data, group).items():
            yield group, name, entry


def unanswered(file: File, answers: Collection[str], ruled: Collection[str]) -> Iterator[Problem]:
    for group, name, _ in _entries(file):
        if f"utter_{name}" not in answers and name not in ruled:
            fix = f"اكتب utter_{name} في data/responses/{group}/{name}.yml، أو قاعدة في data/rules"
            yield file.problem(f"لا إجابة ولا قاعدة للنية {name}", fix, group, name)


# the sentences


def shape(folder: Iterable[File]) -> Iterator[Problem]:
    for file in folder:
        yield from fields(file, file.data, ("nlu",), ("version",))
        for nth, item in enumerate(mapping(file.data).get("nlu") or []):
            yield from fields(file, item, ("examples",), ("intent", "synonym", "regex", "lookup"), "nlu", nth)


def held_out_shape(folder: Iterable[File]) -> Iterator[Problem]:
    for file in folder:
        top, needed, optional = _held_out_fields(file)
        yield from fields(file, file.data, top, ())
        for nth, item in enumerate(mapping(file.data).get(top[-1]) or []):
            keys = (top[-1], nth)
            yield from fields(file, item, needed, optional, *keys)
            if not isinstance(mapping(item).get("text", ""), str):
                yield file.problem(f"الجملة {item['text']} رقم لا نص", "اكتبها بين علامتي تنصيص", *keys)
            if not isinstance(mapping(item).get("also", []), list):
                yield file.problem("also قائمة نيات", "اكتبها هكذا: also: [ask_fees]", *keys)
            if is_of_entities(file):
                yield from _held_out_entities(file, mapping(item), *keys)


def _held_out_fields(file: File) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Those of the file, the list of its items last; those that an item must have and may have."""
    if "pairs" in mapping(file.data):
        return ("pairs",), ("text", "intents"), ()
    if is_of_entities(file):
        return ("sentences",), ("text", "variety"), ("entities",)
    return ("intent", "sentences"), ("text", "variety"), ("also",)


def _held_out_entities(file: File, item: dict, *keys: Key) -> Iterator[Problem]:
    if not isinstance(item.get("entities"), list):
        yield file.problem("ينقص entities", "اكتب ما في الجملة، أو entities: [] إن خلت", *keys)
        return
    for nth, entity in enumerate(item["entities"]):
        yield from fields(file, entity, ("entity", "value"), ("calendar",), *keys, "entities", nth)
        if not isinstance(mapping(entity).get("value", ""), (str, date)):
            fix = "اكتبها بين علامتي تنصيص، فبغيرهما يضيع الصفر والزائد من أولها"
            yield file.problem(f"القيمة {entity['value']} رقم لا نص", fix, *keys, "entities", nth)


def misplaced(sentences: Iterable[Sentence], catalogue: File, folder: str) -> Iterator[Problem]:
    """One intent a file, and the file bears its name; those named beside it exist too."""
    groups = {name: group for group, name, _ in _entries(catalogue)}
    of_intents = [sentence for sentence in sentences if not is_of_entities(sentence.file)]
    for intent, file in {(sentence.intent, sentence.file) for sentence in of_intents}:
        wanted = f"{folder}/{groups.get(intent)}/{intent}.yml"
        if intent not in groups:
            yield Problem(file.shown, 1, f"النية {intent} ليست في القائمة", "أضفها إلى data/intents.yml أو صحح الاسم")
        elif file.shown != wanted:
            yield Problem(file.shown, 1, f"جمل {intent} في غير ملفها", f"انقلها إلى {wanted}")
    for sentence in of_intents:
        for intent in sentence.also:
            if intent not in groups:
                yield sentence.problem(f"النية {intent} في also ليست في القائمة", "صحح الاسم")


def too_few(sentences: Iterable[Sentence], catalogue: File) -> Iterator[Problem]:
    different: dict[str, set[str]] = defaultdict(set)
    files = {}
    for sentence in sentences:
        different[sentence.intent].add(sentence.words)
        files[sentence.intent] = sentence.file
    for group, name, _ in _entries(catalogue):
        count = len(different[name])
        shown = files[name].shown if name in files else f"data/nlu/{group}/{name}.yml"
        if count < FEWEST:
            yield Problem(shown, 1, f"الجمل المختلفة للنية {name} {count} وأقلها {FEWEST}", "أضف جملًا كما يكتبها الناس")


def personal_data(sentences: Iterable[Sentence]) -> Iterator[Problem]:
    for sentence in sentences:
        digits = _GROUPED.sub("", to_western(sentence.text))
        if any(is_valid_national_id(found) and found not in INVENTED_IDS for found in _ID.findall(digits)):
            yield sentence.problem("رقم هوية قد يكون لإنسان", f"اكتب الرقم المخترع {INVENTED_IDS[0]}")
        if any(not mobile.startswith(INVENTED_MOBILE) for mobile in _MOBILE.findall(digits)):
            yield sentence.problem("رقم جوال قد يكون لإنسان", f"اكتب رقمًا يبدأ بـ 0{INVENTED_MOBILE}")

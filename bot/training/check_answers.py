"""What an answer says, variant by variant, looked at as the citizen will see it. The running bot asks this too."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from bot.answers import LANGUAGES, MORE, OLD_LAW, PLACEHOLDER, SOURCE, Answer, AnswerError, Answers, Person, Variant
from bot.channels.connected import MESSENGERS
from bot.delivery.models import PULLED
from bot.text.normalise import normalise
from bot.training.located import Files, Key, Problem

WIDTH = 60
LINES = 6
LINES_LONG = {"utter_case_": 9, "utter_payment_stage_": 9}
"""A case and a payment are told whole. By the beginning of the name."""
LINES_GUIDE = 8
"""Heading, what to do, and the note that a menu may be named otherwise."""

BUTTONS = 3
BUTTONS_LISTED = {
    "utter_ask_pay_invoice__bank": 10,
    "utter_ask_pay_form_pay_invoice__bank_error": 10,
    "utter_guide_step": 4,
    "utter_guide_problem": 4,
}
"""Answers that a channel shows as a list, which holds ten rows."""
TITLE = 20

CHANNELS = (*PULLED, *(messenger.name for messenger in MESSENGERS))

FORBIDDEN = ("wrong", "likely_wrong", "outdated")
UNVERIFIED = ("unverified", "partly_unverified")
HEDGES = {
    "ar": "ليس مؤكد|غير مؤكد|لم (نجد|نتحقق|نطلع|يُعلن|يصدر)|لا نعرف|لا نذكر|متداول|نُقل|نُشر|المنشور|نُسب|يُذكر|ذُكر|ذكر"
    "|[أا]ُ?علن|بحسب|قالت?|قيل|يُقال|ربما|قد ",
    "en": "not (sure|certain|found|verified)|is sure to|no (official|reliable|published)|found no|did not find|report"
    "|sa(id|y)|told|published|announced|may |might|according|quoted",
}
"""Words that keep what is not verified from being told as a fact."""
LOOK_FOR_YOURSELF = {"CH-2"}
"""Facts that only say where to look: whoever goes there sees it."""
WITHOUT_FACTS: dict[str, str] = {}
"""FAQ answers that rest on no fact, each with its reason."""

EXAMPLES = {"money": "23400.00", "date": "2026-11-22T05:00:00+00:00", "time": "2026-11-22T05:00:00+00:00"}
EXAMPLE_WORDS = ("creditor", "court", "circuit", "body", "basis", "reason")
PERSONS = {
    "court": Person(True, frozenset({"court"})),
    "government": Person(True, frozenset({"government"})),
    "both": Person(True, frozenset({"court", "government"})),
    "none": Person(True),
}
MARKS = re.compile("[\u2066-\u2069]")


@dataclass(frozen=True)
class Known:
    """What the answers may name, and where their files lie."""

    answers: Answers
    intents: Collection[str]
    guides: Collection[str]
    slips: Collection[str]
    files: Files


@dataclass(frozen=True)
class Spot:
    """One variant of one answer in one language."""

    known: Known
    answer: Answer
    language: str
    nth: int
    variant: Variant

    @property
    def step(self) -> int | None:
        """Of a guide."""
        return self.answer.custom.get("guide", {}).get("step")

    @property
    def statuses(self) -> dict[str, str]:
        facts = self.known.answers.facts
        return {fact: facts[fact]["status"] for fact in self.variant.facts}

    @property
    def fields(self) -> list[str]:
        return ["text", "more"] if self.variant.more else ["text"]

    @cached_property
    def lines(self) -> dict[str, list[str]]:
        """By field: its lines with example values, without the marks that nobody sees."""
        values = example_values(self.known.answers, self.variant)
        fill = self.known.answers.fill
        texts = {field: fill(getattr(self.variant, field), self.language, values) for field in self.fields}
        return {field: MARKS.sub("", text).splitlines() for field, text in texts.items()}

    @property
    def addressed(self) -> tuple[str, str, str, Callable[[], Person]]:
        """What `choose` and `render` take, for somebody it is meant for."""
        when = self.variant.when
        person = PERSONS.get(when.get("kind", ""), Person(bool(when.get("verified"))))
        return self.answer.name, self.language, self.variant.channel or "", lambda: person

    def keys(self, *below: Key) -> tuple[Key, ...]:
        if self.step:
            field = "problem" if self.answer.name.endswith("_problem") else "text"
            return ("steps", self.step - 1, self.language, field)
        return ("responses", self.answer.name, self.language, self.nth, *below)

    def problem(self, wrong: str, fix: str, *below: Key) -> Problem:
        file = self.known.files[self.answer.path]
        return file.problem(f"{self.answer.name} ({self.language}): {wrong}", fix, *self.keys(*below))

    def problem_in(self, field: str, nth: int, wrong: str, fix: str) -> Problem:
        """In the nth line of its text or of what stands behind the button."""
        file = self.known.files[self.answer.path]
        keys = self.keys(field)
        if self.step:
            nth = max(0, nth - 1)  # the heading is the frame's
            own = str(file.data["steps"][self.step - 1][self.language][keys[-1]]).strip().splitlines()
            if nth >= len(own):
                nth, keys = nth - len(own), ("steps", self.step - 1, "unverified", self.language)
        wrong = f"{self.answer.name} ({self.language}): {wrong}"
        return Problem(file.shown, file.line_of_text(nth, *keys), wrong, fix)


def problems(known: Known) -> Iterator[Problem]:
    for answer in known.answers.answers.values():
        every = list(spots(known, answer))
        # an answer that names what is not there can be neither rendered nor judged
        blocking = _all(every, (unknown_facts, unknown_placeholders)) or _all(every, (unrenderable,))
        yield from blocking
        yield from unknown_told(known, answer)
        if not blocking:
            yield from for_nobody_in_particular(known, answer)
            yield from unlike_twins(known, answer)
            yield from bare_unverified(known, answer)
            yield from _all(every, CHECKS)


def _all(every: list[Spot], checks: Iterable[Callable[[Spot], Iterator[Problem]]]) -> list[Problem]:
    return [problem for check in checks for spot in every for problem in check(spot)]


def spots(known: Known, answer: Answer) -> Iterator[Spot]:
    for language in LANGUAGES:
        for nth, variant in enumerate(answer.variants[language]):
            yield Spot(known, answer, language, nth, variant)


def example_values(answers: Answers, variant: Variant) -> dict[str, str]:
    """A plausible value for each placeholder."""
    found = {name: kind for name, kind in placeholders(variant)}
    return {
        name: next(iter(answers.labels[kind])) if kind in answers.labels else EXAMPLES.get(kind) or _example_word(name)
        for name, kind in found.items()
    }


def _example_word(name: str) -> str:
    return "شركة التمويل بالرياض" if name in EXAMPLE_WORDS else "4500123456"


def placeholders(variant: Variant) -> set[tuple[str, str]]:
    """(name, kind) of each, an empty kind where the value is shown as it is."""
    titles = " ".join(str(button["title"]) for button in variant.buttons)
    entities = " ".join(str(value) for button in variant.buttons for value in button.get("entities", {}).values())
    return set(PLACEHOLDER.findall(f"{variant.text} {variant.more} {titles} {entities}"))


# two languages


def unlike_twins(known: Known, answer: Answer) -> Iterator[Problem]:
    """Both languages say the same to the same people."""
    arabic, english = (answer.variants[language] for language in LANGUAGES)
    file = known.files[answer.path]
    if len(arabic) != len(english):
        wrong = f"{answer.name}: صيغ العربية {len(arabic)} وصيغ الإنجليزية {len(english)}"
        yield file.problem(wrong, "اكتب الصيغ نفسها بالترتيب نفسه", "responses", answer.name, "en")
        return
    for spot, other in zip(spots(known, answer), english, strict=False):
        for what in unlike(spot.variant, other):
            fix = "اجعلهما متطابقين"
            wrong = f"{answer.name}: الصيغة {spot.nth + 1} تختلف بين العربية والإنجليزية في {what}"
            yield file.problem(wrong, fix, "responses", answer.name, "en", spot.nth)


def unlike(one: Variant, other: Variant) -> Iterator[str]:
    compared = {
        "when": (one.when, other.when),
        "channel": (one.channel, other.channel),
        "facts": (one.facts, other.facts),
        "source": (one.source, other.source),
        "custom": (one.custom, other.custom),
        "more": (bool(one.more), bool(other.more)),
        "buttons": ([button["intent"] for button in one.buttons], [button["intent"] for button in other.buttons]),
        "القيم {…}": (placeholders(one), placeholders(other)),
    }
    yield from (what for what, (left, right) in compared.items() if left != right)


def for_nobody_in_particular(known: Known, answer: Answer) -> Iterator[Problem]:
    """Somebody who is not verified, on a channel without words of its own, hears something too."""
    for language, variants in answer.variants.items():
        if all(variant.when or variant.channel for variant in variants):
            wrong = f"{answer.name} ({language}): لا صيغة لمن لا تنطبق عليه when"
            fix = "اكتب صيغة بلا when ولا channel"
            yield known.files[answer.path].problem(wrong, fix, "responses", answer.name, language)


def unknown_channel(spot: Spot) -> Iterator[Problem]:
    if spot.variant.channel not in (None, *CHANNELS):
        yield spot.problem(f"لا توجد قناة اسمها {spot.variant.channel}", f"الأسماء: {'، '.join(CHANNELS)}", "channel")


# what it rests on


def unknown_told(known: Known, answer: Answer) -> Iterator[Problem]:
    for fact in answer.told:
        if fact not in known.answers.facts:
            wrong = f"{answer.name}: لا توجد حقيقة رقمها {fact}"
            yield known.files[answer.path].problem(wrong, "صححه من data/facts.yml", "responses", answer.name, "told")


def unknown_facts(spot: Spot) -> Iterator[Problem]:
    for fact in {*spot.variant.facts, *([spot.variant.source] if spot.variant.source else [])}:
        if fact not in spot.known.answers.facts:
            yield spot.problem(f"لا توجد حقيقة رقمها {fact}", "صححه من data/facts.yml", "facts")


def forbidden_facts(spot: Spot) -> Iterator[Problem]:
    for fact, status in spot.statuses.items():
        if status in FORBIDDEN:
            yield spot.problem(f"الحقيقة {fact} حالتها {status}", "انقلها إلى told أو احذفها مع كلامها")


def bare_unverified(known: Known, answer: Answer) -> Iterator[Problem]:
    """What is not verified is told as such in one of the variants that rest on it."""
    for language in LANGUAGES:
        every = [spot for spot in spots(known, answer) if spot.language == language and not spot.step]
        unsure = {fact for spot in every for fact, status in spot.statuses.items() if status in UNVERIFIED}
        for fact in sorted(unsure - LOOK_FOR_YOURSELF):
            resting = [spot for spot in every if fact in spot.variant.facts]
            words = " ".join(f"{spot.variant.text} {spot.variant.more}" for spot in resting)
            if not re.search(HEDGES[language], words, re.IGNORECASE):
                fix = "قل: «المتداول» أو «لم نجد نصًا رسميًا»، أو احذف الرقم من facts"
                yield resting[0].problem(f"{fact} غير مؤكدة وتُقال كأنها مؤكدة", fix)


def without_source(spot: Spot) -> Iterator[Problem]:
    variant, answer = spot.variant, spot.answer
    if spot.step:
        return
    rests_on_some = answer.path.parent.name == "faq" and not variant.when and answer.name not in WITHOUT_FACTS
    if rests_on_some and not variant.facts:
        yield spot.problem("بلا facts", "اذكر الحقائق التي تقوم عليها من data/facts.yml")
    if variant.facts and not variant.source:
        yield spot.problem("بلا source", "اختر مصدرًا من facts")
    if variant.source and variant.source not in variant.facts:
        yield spot.problem(f"المصدر {variant.source} ليس من facts", "اختر واحدًا من facts")


def weak_source(spot: Spot) -> Iterator[Problem]:
    answers, source = spot.known.answers, spot.variant.source
    if not source:
        return
    fact = answers.facts[source]
    if not answers.sources[(fact["source_title"], str(fact["date"]))].get("shown", True):
        yield spot.problem(f"مصدر {source} لا يُذكر للناس (shown: false)", "اختر مصدرًا أوثق")
    better = [name for name in spot.variant.facts if answers.facts[name]["confidence"] != "article"]
    if fact["confidence"] == "article" and better:
        yield spot.problem(f"المصدر {source} مقالة", f"الأوثق: {', '.join(better)}")


def slips(spot: Spot) -> Iterator[Problem]:
    if spot.answer.told:
        return  # says that it is told, and what is surer
    for field in spot.fields:
        said = normalise(getattr(spot.variant, field))
        for slip in spot.known.slips:
            if normalise(slip) in said:
                yield spot.problem(f"فيها خطأ شائع: «{slip}»", "الصواب في آخر data/facts.yml (slips)", field)


# how it is shown


def unknown_placeholders(spot: Spot) -> Iterator[Problem]:
    labels = spot.known.answers.labels
    kinds = ["", *EXAMPLES, *(kind for kind in labels if kind != "missing")]
    for name, kind in placeholders(spot.variant):
        if kind not in kinds:
            yield spot.problem(f"لا يُعرف كيف يُكتب {{{name}:{kind}}}", f"الأنواع: {', '.join(kinds[1:])}")


def unrenderable(spot: Spot) -> Iterator[Problem]:
    values = example_values(spot.known.answers, spot.variant)
    try:
        for more in {False, bool(spot.variant.more)}:
            spot.known.answers.render(*spot.addressed, values, more)
    except (AnswerError, KeyError, IndexError, ValueError, TypeError) as error:
        yield spot.problem(f"لا يمكن عرضها ({type(error).__name__}: {error})", "راجع الأقواس {…} و when")


def unreachable(spot: Spot) -> Iterator[Problem]:
    if spot.known.answers.choose(*spot.addressed) is not spot.variant:
        yield spot.problem("لا تُقال لأحد", "غيّر when: kind هي court أو government أو both أو none")


def stray_braces(spot: Spot) -> Iterator[Problem]:
    for field, lines in spot.lines.items():
        for nth, line in enumerate(lines):
            if "{" in line or "}" in line:
                yield spot.problem_in(field, nth, "قوس {…} ناقص", "هكذا: {invoice_number} أو {amount:money}")


def most_lines(spot: Spot) -> int:
    if spot.step:
        return LINES_GUIDE
    longer = next((most for start, most in LINES_LONG.items() if spot.answer.name.startswith(start)), None)
    return longer or LINES - spot.known.answers.stands_on_old_law(spot.variant)


def too_long(spot: Spot) -> Iterator[Problem]:
    most = most_lines(spot)
    for field, lines in spot.lines.items():
        if len(lines) > most:
            fix = "اختصر، أو انقل الباقي إلى more" if field == "text" else "اختصر"
            yield spot.problem_in(field, most, f"{field} {len(lines)} سطور وأقصاها {most}", fix)


def too_wide(spot: Spot) -> Iterator[Problem]:
    for field, lines in spot.lines.items():
        for nth, line in enumerate(lines):
            if len(line) > WIDTH:
                wrong = f"سطر طوله {len(line)} وأقصاه {WIDTH}: «{line[:20]}…»"
                yield spot.problem_in(field, nth, wrong, "اختصره أو اقسمه")


def said_by_the_program(spot: Spot) -> Iterator[Problem]:
    """The source line and the note on the new law are added when the answer is given."""
    starts = (SOURCE[spot.language].split("{")[0], OLD_LAW[spot.language])
    for field, lines in spot.lines.items():
        for nth, line in enumerate(lines):
            if line.startswith(starts):
                yield spot.problem_in(field, nth, "يضيف البرنامج هذا السطر بنفسه", "احذفه")


# its buttons


def too_many_buttons(spot: Spot) -> Iterator[Problem]:
    most = 4 if spot.step else BUTTONS_LISTED.get(spot.answer.name, BUTTONS)
    count = len(spot.variant.buttons) + bool(spot.variant.more)
    if count > most:
        yield spot.problem(f"الأزرار {count} (مع «{MORE['ar']}») وأقصاها {most}", "احذف الأقل فائدة", "buttons")


def button_titles(spot: Spot) -> Iterator[Problem]:
    answers = spot.known.answers
    values = example_values(answers, spot.variant) | {"place": "12"}
    seen = set()
    for place, button in enumerate(spot.variant.buttons):
        title = MARKS.sub("", answers.fill(str(button["title"]), spot.language, values))
        if len(title) > TITLE:
            yield spot.problem(f"عنوان الزر «{title}» طوله {len(title)} وأقصاه {TITLE}", "اختصره", "buttons", place)
        if title in seen:
            yield spot.problem(f"زران بعنوان واحد: «{title}»", "غيّر أحدهما", "buttons", place)
        seen.add(title)


def dead_buttons(spot: Spot) -> Iterator[Problem]:
    for place, button in enumerate(spot.variant.buttons):
        intent, to = button["intent"], button.get("entities", {})
        if intent not in spot.known.intents:
            yield spot.problem(f"الزر يقود إلى {intent} وليست في القائمة", "صححه من data/intents.yml", "buttons", place)
        elif f"utter_{intent}" == spot.answer.name and not to:
            yield spot.problem("الزر يعيد الإجابة نفسها", "اختر خطوة تالية غيرها", "buttons", place)
        elif not _arrives(spot.known, intent, to):
            yield spot.problem(f"الزر يقود إلى {intent} {to} ولا شيء هناك", "صحح القيمة", "buttons", place)


def _arrives(known: Known, intent: str, to: dict) -> bool:
    """Whether there is such a guide, bank or way."""
    if intent == "start_guide":
        return to.get("guide") in known.guides
    if intent == "choose_bank":
        return to.get("bank") in {*known.answers.labels["bank"], "other"}
    if intent == "choose_way":
        return to.get("way") in ("guided", "filed")
    return True


CHECKS = (
    unknown_channel,
    unreachable, stray_braces, too_long, too_wide, said_by_the_program,
    forbidden_facts, without_source, weak_source, slips,
    too_many_buttons, button_titles, dead_buttons,
)  # fmt: skip

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.answers import (
    HIDDEN_TOPICS,
    LANGUAGES,
    MORE,
    OLD_LAW,
    PLACEHOLDER,
    Answer,
    AnswerError,
    Answers,
    Person,
    hidden_topic,
)
from bot.project import DATA
from tests.bot.small_project import change, write

FEES = "data/responses/faq/ask_fees.yml"
PAY = "data/responses/transaction/pay.yml"
COURT = Person(True, frozenset({"court"}))
GOVERNMENT = Person(True, frozenset({"government"}))


@pytest.fixture(scope="module")
def real() -> Answers:
    return Answers()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path)


@pytest.fixture
def small(project: Path) -> Answers:
    return Answers(project / "data")


def plain(text: str) -> str:
    return text.translate(dict.fromkeys((0x2066, 0x2069)))


# whom it is said to


@pytest.mark.parametrize(
    ("person", "kind"),
    [
        (Person(), None),
        (Person(False, frozenset({"court"})), None),
        (Person(True), "none"),
        (COURT, "court"),
        (GOVERNMENT, "government"),
        (Person(True, frozenset({"court", "government"})), "both"),
    ],
)
def test_the_kind_of_a_person_is_known_only_of_the_verified(person: Person, kind: str | None):
    assert person.kind == kind


def test_a_variant_is_said_to_those_it_is_meant_for_and_the_first_to_all_others(small: Answers):
    said = {
        person: small.render("utter_ask_fees", person=lambda who=person: who)["text"] for person in (COURT, GOVERNMENT)
    }
    assert said[GOVERNMENT].startswith("لا رسوم عند الجهة.")
    assert said[COURT].startswith("لا رسوم للرفع.")
    assert small.render("utter_ask_fees")["text"] == said[COURT]


def test_nobody_is_looked_up_where_all_are_told_the_same(small: Answers):
    def person() -> Person:
        raise AssertionError("asked the case database for nothing")

    assert small.render("utter_greet", person=person)["text"] == "أهلًا."


def test_a_channel_has_words_of_its_own(project: Path):
    change(
        project, "data/responses/conversation/greet.yml", 'ar: "أهلًا."', 'ar: ["أهلًا.", {text: "هلا", channel: web}]'
    )
    answers = Answers(project / "data")
    assert answers.render("utter_greet", channel="web")["text"] == "هلا"
    assert answers.render("utter_greet", channel="whatsapp")["text"] == "أهلًا."


# what stands under it


@pytest.mark.parametrize(
    ("language", "last"),
    [("ar", "المصدر: وزارة العدل، 1 يناير 2024"), ("en", "Source: Ministry of Justice, 1 January 2024")],
)
def test_the_source_and_its_date_are_the_last_line(small: Answers, language: str, last: str):
    assert small.render("utter_ask_fees", language)["text"].splitlines()[-1] == last
    assert small.render("utter_ask_fees", language, more=True)["text"].splitlines()[-1] == last


def test_an_answer_without_source_has_no_such_line(small: Answers):
    assert small.render("utter_greet", "en")["text"] == "Hello."


def test_the_note_on_the_new_law_stands_with_the_variants_on_the_old_one(small: Answers):
    assert OLD_LAW["ar"] in small.render("utter_ask_fees", "ar")["text"]
    assert OLD_LAW["en"] in small.render("utter_ask_fees", "en", more=True)["text"]
    assert OLD_LAW["ar"] not in small.render("utter_ask_fees", "ar", person=lambda: GOVERNMENT)["text"]


def test_facts_status_source_line_and_date_hold_together(real: Answers):
    """Each answer that we give, against the facts as they are written."""
    file = yaml.safe_load((DATA / "facts.yml").read_text(encoding="utf-8"))
    facts = {fact["id"]: fact for listed in [*file["facts"].values(), file["beyond_articles"]] for fact in listed}
    sources = {(entry["title"], str(entry["date"])): entry for entry in file["sources"]}
    sourced = 0
    for name, answer in real.answers.items():
        for language, variants in answer.variants.items():
            for variant in variants:
                lines = _said(real, name, language, variant).splitlines()
                on_old_law = any(facts[fact]["status"] == "old_law_M53" for fact in variant.facts)
                assert (OLD_LAW[language] in lines) == on_old_law, (name, language)
                assert not {facts[fact]["status"] for fact in variant.facts} & {"wrong", "likely_wrong", "outdated"}, (
                    name
                )
                if variant.source:
                    sourced += 1
                    assert variant.source in variant.facts, name
                    fact = facts[variant.source]
                    entry = sources[(fact["source_title"], str(fact["date"]))]
                    assert entry[language] in lines[-1], (name, language)
                    assert lines[-1].endswith(entry[f"date_{language}"]), (name, language)
                    assert entry.get("shown", True), name
    assert sourced > 100


def _said(answers: Answers, name: str, language: str, variant) -> str:
    kinds = {"court": {"court"}, "government": {"government"}, "both": {"court", "government"}, "none": ()}
    kind = variant.when.get("kind")
    person = Person(True, frozenset(kinds[kind])) if kind else Person(bool(variant.when.get("verified")))
    buttons = " ".join(f"{button['title']} {button.get('entities', '')}" for button in variant.buttons)
    named = PLACEHOLDER.findall(f"{variant.text} {variant.more} {buttons}")
    values = {value: "2026-11-22T05:00:00+00:00" if kind in ("date", "time") else "12" for value, kind in named}
    return answers.render(name, language, variant.channel or "", lambda: person, values)["text"]


def test_every_answer_says_the_same_in_both_languages(real: Answers):
    for name, answer in real.answers.items():
        arabic, english = (answer.variants[language] for language in LANGUAGES)
        assert [variant.when for variant in arabic] == [variant.when for variant in english], name
        for one, other in zip(arabic, english, strict=True):
            assert [button["intent"] for button in one.buttons] == [button["intent"] for button in other.buttons], name
            assert bool(one.more) == bool(other.more), name


# values


@pytest.mark.parametrize(
    ("placeholder", "value", "arabic", "english"),
    [
        ("{x:money}", "23400.00", "23,400 ريال", "SAR 23,400"),
        ("{x:money}", "0.5", "0.50 ريال", "SAR 0.50"),
        (
            "{x:date}",
            "2026-11-22",
            "22 نوفمبر 2026 (12 جمادى الآخرة 1448هـ)",
            "22 November 2026 (12 Jumada II 1448 AH)",
        ),
        ("{x:time}", "2026-11-22T05:00:00+00:00", "8:00 صباحًا", "8:00 AM"),
        ("{x:state}", "open", "سارية", "in force"),
        ("{x:bank}", "rajhi", "مصرف الراجحي", "Al Rajhi Bank"),
        ("{x:service}", ["passport", "passport"], "الجواز، الجواز", "passport, passport"),
        ("{x:state}", "unheard of", "unheard of", "unheard of"),
        ("{x}", ["34", "46"], "34، 46", "34, 46"),
        ("{x}", "محكمة الرياض", "محكمة الرياض", "محكمة الرياض"),
    ],
)
def test_values_are_written_as_people_read_them(small: Answers, placeholder, value, arabic, english):
    assert plain(small.fill(placeholder, "ar", {"x": value})) == arabic
    assert plain(small.fill(placeholder, "en", {"x": value})) == english


@pytest.mark.parametrize("value", ["700012345678", "LR-2026-15", "2026/11"])
def test_numbers_are_isolated_so_that_they_copy_whole(small: Answers, value: str):
    assert small.fill("رقمها {x} الآن", "ar", {"x": value}) == f"رقمها \u2066{value}\u2069 الآن"


def test_a_value_that_is_not_known_has_words_or_a_dash(small: Answers):
    assert small.fill("{invoice_number} {other}", "ar", {}) == "رقم فاتورتك —"


def test_an_answer_with_values_is_personal_and_others_are_not(small: Answers):
    assert small.render("utter_paid", values={"amount": "5", "state": "open"})["personal"] is True
    assert "personal" not in small.render("utter_ask_fees")


# buttons


def test_more_is_the_first_button_and_shows_the_rest(small: Answers):
    first, second = small.render("utter_ask_fees", "ar")["buttons"]
    assert first == {"title": MORE["ar"], "payload": '/show_more{"answer": "utter_ask_fees"}'}
    assert second == {"title": "السداد", "payload": "/pay_now"}
    rest = small.render("utter_ask_fees", "ar", more=True)
    assert rest["text"].startswith("التفصيل هنا.")
    assert [button["title"] for button in rest["buttons"]] == ["السداد"]


def test_a_button_carries_its_values_filled(project: Path):
    change(project, PAY, 'title: "الراجحي", intent: choose_bank, entities: {bank: rajhi}',
           'title: "القضية {place}", intent: choose_case, entities: {case: "{number}"}')  # fmt: skip
    values = {"place": 2, "number": "4500123456"}
    (button,) = Answers(project / "data").render("utter_ask_pay__bank", values=values)["buttons"]
    assert plain(button["title"]) == "القضية 2"
    assert button["payload"] == '/choose_case{"case": "4500123456"}'


def test_a_button_that_changes_a_case_carries_which_and_others_do_not(real: Answers):
    values = {"invoice_number": "700000000001", "case_number": "4500000001", "of_case": "m4rk"}
    payloads = [button["payload"] for button in real.render("utter_invoice_issued", values=values)["buttons"]]
    assert payloads == ['/pay_invoice{"of_case": "m4rk"}', "/ask_how_to_pay", '/request_installment{"of_case": "m4rk"}']
    assert "4500000001" not in "".join(payloads), "a number is not kept with a button"


def test_the_mark_of_a_channel_stands_in_that_channel_only(real: Answers):
    for name in ("utter_confirm_lift", "utter_confirm_lift_unpaid", "utter_confirm_grace"):
        values = {"summary": "5umm4ry", "documents": 0, "case_number": "4500000001"}
        said = [real.render(name, channel=channel, values=values) for channel in ("web", "whatsapp", "rest")]
        assert [answer.get("custom") for answer in said] == [{"upload": True}, None, None]
        assert ["PDF" in answer["text"] for answer in said] == [True, True, False]
        assert len({tuple(button["title"] for button in answer["buttons"]) for answer in said}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sent", range(6))
def test_a_confirmation_counts_its_documents(real: Answers, language: str, sent: int):
    values = {"summary": "5umm4ry", "documents": sent}
    last = real.render("utter_confirm_grace", language, "web", values=values)["text"].splitlines()[-1]
    assert last == real.labels["attached"][str(sent)][language]
    assert len(last) <= 60


# what is hidden in the history


def personal(real: Answers) -> list[Answer]:
    """Said with values of somebody's. Steps of a guide are given the invoice at hand, whether they name it or not."""

    def values(answer: Answer) -> set[str]:
        return {
            name
            for variants in answer.variants.values()
            for variant in variants
            for name, _ in PLACEHOLDER.findall(f"{variant.text} {variant.more} {variant.buttons}")
        } - {"who_runs_it", "guide", "step", "of"}

    guides = [answer for answer in real.answers.values() if "guide" in answer.custom]
    return [*guides, *(answer for answer in real.answers.values() if values(answer) and answer.path.stem != "history")]


def test_every_personal_answer_has_a_topic_of_its_own(real: Answers):
    assert {answer.name for answer in personal(real) if hidden_topic(answer.name) == "other"} == set()
    assert hidden_topic("utter_greet") == hidden_topic("utter_unheard_of") == "other"


def test_no_topic_is_there_for_nothing_and_each_has_words(real: Answers):
    used = [next(start for start, _ in HIDDEN_TOPICS if answer.name.startswith(start)) for answer in personal(real)]
    assert {start for start, _ in HIDDEN_TOPICS} == set(used)
    assert {topic for _, topic in HIDDEN_TOPICS} | {"other"} == set(real.labels["hidden"])


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("utter_case_court_invoiced", "case"),
        ("utter_case_line_government", "cases"),
        ("utter_cases_several", "cases"),
        ("utter_paying_starts", "invoice"),
        ("utter_payment_stage_3", "payment"),
        ("utter_confirm_lift_unpaid", "request"),
        ("utter_documents_sent", "request"),
        ("utter_guide_pay_4_problem", "guide"),
        ("utter_notice_payment_confirmed", "notice"),
        ("utter_garnishment_alimony", "salary"),
        ("utter_code_wrong", "verification"),
        ("utter_late_message", "message"),
    ],
)
def test_a_hidden_line_says_what_it_was(name: str, topic: str):
    assert hidden_topic(name) == topic


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("erased", [False, True])
def test_a_hidden_answer_is_one_short_line_with_nothing_to_press(real: Answers, language: str, erased: bool):
    said = {topic: real.hidden(f"{start}x", language, erased=erased) for start, topic in HIDDEN_TOPICS}
    said["other"] = real.hidden("utter_x", language, erased=erased)
    assert len({line["text"] for line in said.values()}) == len(said)
    for topic, line in said.items():
        assert real.labels["hidden"][topic][language] in line["text"]
        assert len(line["text"]) <= 70 and "\n" not in line["text"]
        assert not line["buttons"] and "custom" not in line


# guides


def test_a_step_has_its_heading_its_text_and_what_is_not_sure(small: Answers):
    lines = small.render("utter_guide_small_2", "ar")["text"].splitlines()
    assert lines == ["دليل صغير: الخطوة 2 من 2", "اختيار السداد.", "كما نُشر، وقد يختلف الاسم."]


def test_the_help_of_a_step_stands_beside_it(small: Answers):
    assert small.render("utter_guide_small_1_problem", "en")["text"].splitlines()[:2] == [
        "Help with step 1",
        "Open it again.",
    ]


def test_a_step_says_which_guide_and_step_it_is(small: Answers):
    assert small.render("utter_guide_small_1")["custom"] == {"guide": {"name": "small", "step": 1, "of": 2}}


def test_the_buttons_of_a_step_name_it_and_the_first_has_no_way_back(real: Answers):
    first, second = (real.render(f"utter_guide_pay_{step}")["buttons"] for step in (1, 2))
    assert '/next_step{"guide": "pay", "step": "1"}' in [button["payload"] for button in first]
    assert not [button for button in first if button["payload"].startswith("/go_back")]
    assert '/go_back{"guide": "pay", "step": "2"}' in [button["payload"] for button in second]


def test_an_article_is_never_named_under_a_step(small: Answers):
    assert small.render("utter_guide_small_1", "en")["text"].endswith("Source: Ministry of Justice, 1 January 2024")
    assert "Source" not in small.render("utter_guide_small_2", "en")["text"]


# files that cannot be


def test_a_doubled_name_stops_with_both_paths(project: Path):
    change(project, "data/responses/more.yml", "", 'responses:\n  utter_greet: {ar: "هلا", en: "Hi"}\n')
    with pytest.raises(AnswerError) as stopped:
        Answers(project / "data")
    assert "more.yml" in str(stopped.value)
    assert str(Path("conversation") / "greet.yml") in str(stopped.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (FEES, "source:", "sorce:", "sorce"),
        (FEES, "        more:", "        mor:", "mor"),
        (PAY, "    en:\n", "    ur:\n", "ur"),
        ("data/responses/conversation/greet.yml", '    en: "Hello."\n', "", "nothing in en"),
        (PAY, "responses:", "responses: [", "pay.yml"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_file(project: Path, file: str, old: str, new: str, named: str):
    change(project, file, old, new)
    with pytest.raises(AnswerError) as stopped:
        Answers(project / "data")
    assert named in str(stopped.value)
    assert Path(file).name in str(stopped.value)


def test_an_answer_that_leaves_somebody_out_is_an_error_not_silence(project: Path):
    change(
        project,
        FEES,
        "      - text: |\n          لا رسوم",
        "      - when: {kind: court}\n        text: |\n          لا رسوم",
    )
    with pytest.raises(AnswerError):
        Answers(project / "data").render("utter_ask_fees")


def test_who_runs_it_is_named_and_a_demonstration_says_that_it_is_one() -> None:
    assert "للتجربة" in Answers().render("utter_intro")["text"]
    run = Answers(operator="وزارة العدل").render("utter_intro")
    assert "تشغّله وزارة العدل" in run["text"]
    assert "للتجربة" not in run["text"]
    assert not run.get("personal")

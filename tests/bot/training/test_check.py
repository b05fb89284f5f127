# ruff: noqa: E501  a row of the table below is read along its columns
from __future__ import annotations

from pathlib import Path

import pytest

from bot.answers import Answers
from bot.training.check import check_all, counts, problems
from tests.bot.small_project import FILES, change, write

FEES = "data/responses/faq/ask_fees.yml"
PAY = "data/responses/transaction/pay.yml"
GUIDE = "data/guides/small.yml"
CATALOGUE = "data/intents.yml"
TRAINED = "data/nlu/faq/ask_fees.yml"
HELD_OUT = "tests/nlu/faq/ask_fees.yml"
ACTION = "actions/payment/action_pay.py"
FIRST_AR = "          لا رسوم للرفع.\n"
FIRST_BUTTON = '- {title: "السداد", intent: pay_now}'

BROKEN = [
    # what is broken: file, what stands there, what stands there instead, where it is named, words of the problem
    # shape
    ("a file that cannot be read", FEES, "    ar:\n", "    ar: [\n", f"{FEES}:", "لا يُقرأ"),
    ("a key twice", CATALOGUE, "  greet:\n", "  greet: {}\n  greet:\n", f"{CATALOGUE}:13", "مرتين"),
    ("an unknown field", FEES, "    source: FEE-1\n", "    source: FEE-1\n    sorce: FEE-1\n", f"{FEES}:5", "sorce"),
    ("an unknown field of a variant", FEES, "        more: |", "        mor: |", f"{FEES}:9", "mor"),
    ("a button without intent", FEES, "intent: pay_now}", "intnt: pay_now}", f"{FEES}:12", "ينقص intent"),
    ("one language alone", PAY, "    en:\n", "    eng:\n", f"{PAY}:2", "ينقص en"),
    ("a doubled name", "data/responses/transaction/more.yml", "", 'responses:\n  utter_greet: {ar: "هلا", en: "Hi"}\n',
     "data/responses/transaction/more.yml:2", "data/responses/conversation/greet.yml:2"),
    ("a guide's step without help", GUIDE, "      problem: |-\n        فتحه من جديد.\n", "", f"{GUIDE}:5", "ينقص problem"),
    ("a guide of seven steps with two", GUIDE, "name: small", "name: pay", f"{GUIDE}:3", "وهي 7"),
    ("a fact without an entry in sources", "data/facts.yml", "FEE-1, source_title: Ministry", "FEE-1, source_title: X",
     "data/facts.yml:3", "FEE-1"),
    # the catalogue
    ("a long title", CATALOGUE, '"الرسوم"', '"الرسوم التي تؤخذ عند الرفع"', f"{CATALOGUE}:3", "أقصاه 20"),
    ("one title for two", CATALOGUE, '"تحية"', '"السداد"', f"{CATALOGUE}:13", f"{CATALOGUE}:7"),
    ("nothing about what belongs", CATALOGUE, '    belongs: "سلام"\n', "", f"{CATALOGUE}:12", "ينقص belongs"),
    ("a border to nowhere", CATALOGUE, "→ greet", "→ gret", f"{CATALOGUE}:5", "gret"),
    ("an intent without answer or rule", "data/rules/rules.yml", "{intent: pay_now}", "{intent: greet}",
     f"{CATALOGUE}:7", "pay_now"),
    # sentences
    ("too few sentences", TRAINED, "    - جملة ask_fees 7\n", "", f"{TRAINED}:1", "29"),
    ("spellings of one sentence counted once", TRAINED, "جملة ask_fees 7", "جملة ask_fees 8!", f"{TRAINED}:1", "29"),
    ("sentences of no intent", TRAINED, "intent: ask_fees", "intent: ask_fee", f"{TRAINED}:1", "ask_fee "),
    ("sentences in another's file", "data/nlu/faq/other.yml", "",
     "nlu:\n- intent: greet\n  examples: |\n    - هلا والله\n", "data/nlu/faq/other.yml:1", "data/nlu/conversation/greet.yml"),
    ("one sentence under two intents", "data/nlu/transaction/pay_now.yml", "- جملة pay_now 3", "- جُملة  ask_fees ٣؟",
     "data/nlu/transaction/pay_now.yml:7", f"ask_fees ({TRAINED}:7)"),
    ("an annotated sentence under two intents", "data/nlu/transaction/pay_now.yml", "- جملة pay_now 3",
     "- [جملة](bank) ask_fees 3", "data/nlu/transaction/pay_now.yml:7", f"{TRAINED}:7"),
    ("trained on and held out", HELD_OUT, "كم الرسوم يا ناس", "جملة ask_fees 0", f"{TRAINED}:4", f"{HELD_OUT}:3"),
    ("a held-out sentence without variety", HELD_OUT, ", variety: msa", "", f"{HELD_OUT}:3", "variety"),
    ("an ID that may be somebody's", TRAINED, "- جملة ask_fees 2\n", "- هويتي ١١٠١ ٧٩٨ ٢٧٨\n", f"{TRAINED}:6", "هوية"),
    ("a mobile that may be somebody's", HELD_OUT, "كم الرسوم", "جوالي 0551234567 كم الرسوم", f"{HELD_OUT}:3", "جوال"),
    # what answers rest on
    ("a fact that there is not", FEES, "facts: [FEE-1, OLD-1]", "facts: [FEE-9]", f"{FEES}:", "FEE-9"),
    ("a told fact that there is not", FEES, "    source:", "    told: [FEE-9]\n    source:", f"{FEES}:4", "FEE-9"),
    ("a wrong fact", FEES, "[FEE-1, OLD-1]", "[FEE-1, FEE-3]", f"{FEES}:6", "wrong"),
    ("an unverified fact said plainly", FEES, "[FEE-1, OLD-1]", "[FEE-1, FEE-2]", f"{FEES}:6", "FEE-2 غير مؤكدة"),
    ("an FAQ without facts", FEES, "    facts: [FEE-1, OLD-1]\n    source: FEE-1\n", "", f"{FEES}:4", "بلا facts"),
    ("facts without a source", FEES, "    source: FEE-1\n", "", f"{FEES}:5", "بلا source"),
    ("a source that is none of the facts", FEES, "source: FEE-1", "source: FEE-4", f"{FEES}:6", "ليس من facts"),
    ("an article before a better source", FEES, "[FEE-1, OLD-1]\n    source: FEE-1", "[FEE-1, FEE-4]\n    source: FEE-4",
     f"{FEES}:6", "الأوثق: FEE-1"),
    ("a source that is not shown", FEES, "[FEE-1, OLD-1]\n    source: FEE-1", "[FEE-4]\n    source: FEE-4",
     f"{FEES}:6", "shown: false"),
    ("a slip", FEES, "لا رسوم للرفع", "الرسوم أَلف ريال", f"{FEES}:6", "الرسوم ألف ريال"),
    # how answers are shown
    ("too many lines", FEES, FIRST_AR, FIRST_AR * 5, f"{FEES}:12", "6 سطور وأقصاها 5"),
    ("too many lines of more", FEES, "          Here is more.\n", "          Line.\n" * 7, f"{FEES}:", "more 7"),
    ("a wide line", FEES, "المبلغ هو المطالبة", "المبلغ " * 10, f"{FEES}:8", "أقصاه 60"),
    ("a line too wide once filled", PAY, "وصل {amount:money}", "وصل المبلغ " * 4 + "{amount:money}", f"{PAY}:13", "أقصاه 60"),
    ("a note too wide", GUIDE, "As published; the name may differ.", "As published. " * 5, f"{GUIDE}:28", "أقصاه 60"),
    ("a source line written by hand", FEES, "المبلغ هو المطالبة.", "المصدر: وزارة العدل", f"{FEES}:8", "يضيف البرنامج"),
    ("an unknown format", PAY, "{state:state}", "{state:stat}", f"{PAY}:", "stat"),
    ("a brace left open", PAY, "{state:state}", "{state:state", f"{PAY}:", "{"),
    ("a value that nobody gives", PAY, "{amount:money}", "{sum:money}", f"{PAY}:11", "{sum}"),
    ("a button's value that cannot be filled", PAY, "bank: rajhi", 'bank: "{bank:bank}"', f"{PAY}:4", "لا يمكن عرضها"),
    ("no variant for everybody", FEES, "      - text: |\n          لا رسوم", "      - when: {kind: none}\n        text: |\n          لا رسوم",
     f"{FEES}:5", "لا صيغة لمن"),
    ("a variant that nobody hears", FEES, "kind: government", "kind: goverment", f"{FEES}:13", "لا تُقال لأحد"),
    ("variants that differ between languages", FEES, "- when: {kind: government}", "- when: {kind: court}", f"{FEES}:25", "when"),
    ("a channel that there is not", FEES, "when: {kind: government}", "channel: whatsap", f"{FEES}:13", "whatsap"),
    ("a variant in one language", FEES, "      - when: {kind: government}\n        facts: [FEE-1]\n        text: |\n"
     "          The body takes no fee.\n", "", f"{FEES}:17", "صيغ العربية 2"),
    # buttons
    ("a long button", FEES, '{title: "السداد"', '{title: "أريد أن أسدد الآن حالًا"', f"{FEES}:12", "أقصاه 20"),
    ("two buttons of one title", FEES, FIRST_BUTTON, f"{FIRST_BUTTON}\n          {FIRST_BUTTON}", f"{FEES}:13", "زران"),
    ("a fourth button, with more", FEES, FIRST_BUTTON,
     "\n          ".join(f'- {{title: "زر {number}", intent: greet}}' for number in range(3)), f"{FEES}:11", "الأزرار 4"),
    ("a button to nowhere", FEES, "intent: pay_now}", "intent: pay_later}", f"{FEES}:12", "pay_later"),
    ("a button to itself", FEES, "intent: pay_now}", "intent: ask_fees}", f"{FEES}:12", "نفسها"),
    ("a bank that there is not", PAY, "bank: rajhi", "bank: raji", f"{PAY}:6", "raji"),
    ("a value under an unknown name", "domain.yml", "[bank]", "[benk]", f"{PAY}:2", "يحمل bank"),
    # what the parts call each other
    ("an answer that was not written", ACTION, "utter_paid", "utter_payed", f"{ACTION}:5", "utter_payed"),
    ("answers of which none was written", ACTION, "utter_guide_{", "utter_gide_{", f"{ACTION}:6", "utter_gide_…_done"),
    ("an answer that nothing says", PAY, "  utter_paid:", '  utter_spare: {ar: "زائدة", en: "Spare"}\n  utter_paid:',
     f"{PAY}:11", "utter_spare"),
    ("an action without a file", "domain.yml", "  - action_pay\n", "  - action_pay\n  - action_py\n", "domain.yml:9", "action_py"),
    ("an action named twice", "domain.yml", "  - action_pay\n", "  - action_pay\n  - action_pay\n", "domain.yml:9", "مرتين"),
    ("an action that the domain does not name", "domain.yml", "  - action_pay\n", "", f"{ACTION}:1", "domain.yml"),
    ("a file that is named otherwise", ACTION, '"action_pay"', '"action_paid"', f"{ACTION}:1", "action_paid"),
    ("a form without its question", PAY, "utter_ask_pay__bank", "utter_ask_bank", "domain.yml:5", "utter_ask_pay__bank"),
    ("a form's slot that there is not", "domain.yml", "  pay__bank:", "  pay__bnk:", "domain.yml:5", "slots"),
    ("a slot whose question is an FAQ", "domain.yml", "slots:\n", "slots:\n  fees: {type: any}\n", "domain.yml:3", "ask_fees"),
    ("a rule for no intent", "data/rules/rules.yml", "intent: pay_now", "intent: pay_nw", "data/rules/rules.yml:3", "pay_nw"),
    ("a rule with no action", "data/rules/rules.yml", "action: pay_form", "action: py_form", "data/rules/rules.yml:3", "py_form"),
    ("a guide's fact that there is not", GUIDE, "[FEE-1]", "[FEE-9]", f"{GUIDE}:4", "FEE-9"),
    ("an unverified step said plainly", GUIDE, FILES[GUIDE][FILES[GUIDE].index("    unverified:"):], "", f"{GUIDE}:15", "FEE-2"),
    ("a guide without an end", "data/responses/transaction/guide.yml", "utter_guide_small_done", "utter_guide_smal_done",
     f"{GUIDE}:1", "utter_guide_small_done"),
]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path)


def test_a_whole_project_has_no_problem(project: Path):
    assert [str(problem) for problem in check_all(project)] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_names_what_is_broken_and_where(project: Path, file: str, old: str, new: str, place: str, words: str):
    change(project, file, old, new)
    found = [str(problem) for problem in check_all(project)]
    named = [line for line in found if line.startswith(place) and words in line]
    assert named, "\n".join(found)
    assert all(line.startswith(f"{place}  ") for line in named) or place.endswith(":")
    assert all(line.endswith(".") and ". " in line for line in found), "each problem is followed by its fix"


def test_everything_wrong_in_one_go_sorted_by_file_and_line(project: Path):
    change(project, FEES, "المبلغ هو المطالبة", "المبلغ " * 10)
    change(project, PAY, "bank: rajhi", "bank: raji")
    change(project, TRAINED, "    - جملة ask_fees 7\n", "")
    found = check_all(project)
    assert [problem.path for problem in found] == [TRAINED, FEES, PAY]


def test_what_is_told_may_repeat_a_slip(project: Path):
    change(project, FEES, "لا رسوم للرفع", "المتداول: الرسوم ألف ريال")
    change(project, FEES, "    source:", "    told: [FEE-3]\n    source:")
    assert check_all(project) == []


@pytest.mark.parametrize("text", ["1058529940", "٠٥٠٠٠١٢٣٤٥٦", "2345678901", "+966 50 001 2345"])
def test_invented_numbers_may_stand_in_examples(project: Path, text: str):
    change(project, HELD_OUT, "كم الرسوم", f"رقمي {text} كم الرسوم")
    assert check_all(project) == []


def test_a_broken_answer_hides_no_problem_of_others(project: Path):
    change(project, FEES, "        more: |", "        mor: |")
    change(project, PAY, "bank: rajhi", "bank: raji")
    assert {problem.path for problem in check_all(project)} >= {FEES, PAY}


def test_guides_whose_frame_is_broken_leave_the_rest_checked(project: Path):
    change(project, "data/responses/transaction/guide.yml", "utter_guide_step", "utter_guide_stp")
    change(project, PAY, "bank: rajhi", "bank: raji")
    found = " ".join(map(str, check_all(project)))
    assert "utter_guide_step" in found
    assert "raji" in found


def test_the_running_bot_is_told_what_is_wrong_with_changed_answers(project: Path):
    change(project, FEES, "المبلغ هو المطالبة", "المبلغ " * 10)
    told = [line for line in problems(Answers(project / "data")) if "أقصاه 60" in line]
    assert len(told) == 1
    assert f"{FEES}:8 " in told[0]


def test_counts_what_was_checked(project: Path):
    assert counts(project) == {"intents": 3, "sentences": 90, "held_out": 1, "answers": 7, "guides": 1}


def test_this_project_has_no_problem():
    found = check_all()
    assert not found, "\n".join(map(str, found))


def test_the_answers_of_this_project_are_fit_to_be_said():
    assert problems(Answers()) == []

from __future__ import annotations

from pathlib import Path

import pytest

from bot.training.check import check_all
from tests.bot.small_project import change, write

GREET = "data/nlu/conversation/greet.yml"
FEES = "data/nlu/faq/ask_fees.yml"
PAY = "data/nlu/transaction/pay_now.yml"
HELD_OUT = "tests/nlu/faq/ask_fees.yml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path)


def train(project: Path, name: str, *sentences: str) -> None:
    """They stand in line 4 and below it."""
    head = "  examples: |\n"
    change(project, name, head, head + "".join(f"    - {sentence}\n" for sentence in sentences))


def found(project: Path) -> list[str]:
    return [str(problem) for problem in check_all(project)]


@pytest.mark.parametrize(
    ("sentence", "twin"),
    [
        ("كم رسوم رفع الايقاف", "رفع الإيقاف كم رسووم؟"),
        ("ابي فاتورة", "ابى فتوره"),
        ("نعم", "نعمممم!"),
        ("do i pay for it", "For it, do I pay?"),
    ],
    ids=["order", "spelling", "one word", "in English"],
)
def test_neither_order_nor_spelling_hides_a_twin(project: Path, sentence: str, twin: str):
    train(project, FEES, sentence, twin)
    (line,) = found(project)
    assert line.startswith(f"{FEES}:5  ")
    assert f"نفسها في {FEES}:4. احذف" in line


def test_a_nearly_equal_sentence_is_named_with_its_twin_and_the_fix(project: Path):
    train(project, FEES, "لازم اسدد رسوم المحكمة قبل الموعد", "لازم اسدد رسوم المحكمه قبل ذاك الموعد")
    assert found(project) == [
        f"{FEES}:5  تكاد تكون «لازم اسدد رسوم المحكمة قبل الموعد» ({FEES}:4)."
        " احذف أضعفهما، أو اكتب إحداهما بكلمات أخرى."
    ]


@pytest.mark.parametrize("other", ["لازم اسدد رسوم المحكمة قبل الجلسة القادمة", "لازم الموعد"], ids=["long", "short"])
def test_a_sentence_that_shares_some_words_is_no_twin(project: Path, other: str):
    train(project, FEES, "لازم اسدد رسوم المحكمة قبل الموعد", other)
    assert found(project) == []


def test_three_words_are_too_few_to_be_nearly_equal(project: Path):
    train(project, GREET, "ترى")
    train(project, PAY, "ترى اسدد")
    train(project, FEES, "ترى رسوم المحكمة", "رسوم المحكمة")
    assert found(project) == []


def test_what_everybody_says_hides_no_twin(project: Path):
    train(project, FEES, "رسوم المحكمة والمنصة والبنك", "طيب رسوم المحكمة والمنصة والبنك لو")
    assert found(project) == [], "while fees alone are asked about with these words"
    train(project, GREET, "لو بعد طيب")
    train(project, PAY, "طيب لو")
    (line,) = found(project)
    assert line.startswith(f"{FEES}:5  تكاد تكون «رسوم المحكمة والمنصة والبنك»")


def test_what_everybody_says_makes_no_twin(project: Path):
    train(project, FEES, "طيب يا اخوي لو سمحت الرسوم", "طيب يا اخوي لو سمحت المجان")
    train(project, GREET, "طيب يا اخوي لو سمحت وبعد")
    train(project, PAY, "يا اخوي طيب سدد لو سمحت")
    assert found(project) == []


def test_the_same_words_under_two_intents_are_a_conflict(project: Path):
    train(project, FEES, "ادفع رسوم الرفع")
    train(project, PAY, "رسوم الرفع ادفعها")
    (line,) = found(project)
    assert line.startswith(f"{PAY}:4  ")
    assert f"تحت ask_fees ({FEES}:4)" in line
    assert "data/intents.yml" in line


def test_nearly_equal_sentences_may_show_where_two_intents_part(project: Path):
    here, there = (
        "لازم اسدد رسوم المحكمة والبنك والشرطة قبل الموعد",
        "لازم اسدد رسوم المحكمة والبنك والشرطة قبل ذاك الموعد",
    )
    train(project, FEES, here)
    train(project, PAY, there)
    assert found(project) == []
    train(project, FEES, there.replace("ذاك", "هذا"))
    assert [line.split("  ")[0] for line in found(project)] == [f"{FEES}:5"], "in one intent they are twins"


def test_the_rarest_word_of_a_long_sentence_hides_no_twin(project: Path):
    long = "لازم اسدد رسوم المحكمة والبنك والشرطة قبل الموعد من حسابي عند شركة التمويل بكره الصبح"
    train(project, PAY, f"{long} ثم ارجع")
    train(project, FEES, f"{long} مستعجلًا", f"{long} متمهلًا")
    assert [line.split("  ")[0] for line in found(project)] == [f"{FEES}:5"]


def test_a_lone_word_is_the_same_only_as_it_stands(project: Path):
    train(project, FEES, "والعلاوة؟")
    train(project, PAY, "والعيال؟")
    assert found(project) == []
    change(project, PAY, "والعيال؟", "والعلاوه")
    assert len(found(project)) == 1


def test_three_words_that_are_held_out_are_not_trained_on(project: Path):
    train(project, FEES, "يا ناس الرسووم كم")
    (line,) = found(project)
    assert line.startswith(f"{FEES}:4  ")
    assert f"في جمل الاختبار ({HELD_OUT}:3). احذفها من هنا" in line


def test_two_words_may_be_held_out_in_another_spelling(project: Path):
    change(project, HELD_OUT, "كم الرسوم يا ناس", "كم الرسووم")
    train(project, FEES, "الرسوم كم")
    assert found(project) == []
    change(project, FEES, "الرسوم كم", "كم الرُّسووم!")
    (line,) = found(project)
    assert f"الجملة نفسها في جمل الاختبار ({HELD_OUT}:3)" in line


def test_one_line_for_a_sentence_the_gravest(project: Path):
    train(project, FEES, "كم الرسوم يا ناس")
    train(project, PAY, "كم الرسوم يا ناس", "يا ناس كم الرسوم")
    lines = found(project)
    assert [line.split("  ")[0] for line in lines] == [f"{FEES}:4", f"{PAY}:4", f"{PAY}:5"]
    assert all(HELD_OUT in line for line in lines)


def test_each_of_many_twins_names_the_first(project: Path):
    train(project, FEES, "كم رسوم الرفع", "رسوم الرفع كم", "الرفع رسومه كم")
    assert [f"نفسها في {FEES}:4" in line for line in found(project)] == [True, True]


def test_a_sentence_without_a_word_is_nobodys_twin(project: Path):
    train(project, FEES, "؟؟", "!!")
    train(project, PAY, "👍")
    assert found(project) == []

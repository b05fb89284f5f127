from __future__ import annotations

import pytest

from bot.text.guide_words import parse_guide_word


@pytest.mark.parametrize(
    "text", ["لقيتها", "خلاص لقيتها", "تم", "دخلت بنفاذ", "رجعت كمل", "found it", "I'm logged in", "ok done", "next"]
)
def test_done_with_the_step(text: str) -> None:
    assert parse_guide_word(text) == "next"


@pytest.mark.parametrize(
    "text",
    [
        "ما لقيت القائمة",
        "مالقيتها",
        "الموقع ما يفتح",
        "can't see that menu",
        "it doesn't open",
        "يطلع لي خطأ",
        "علق معي",
    ],
)
def test_stuck_at_the_step(text: str) -> None:
    assert parse_guide_word(text) == "problem"


@pytest.mark.parametrize("text", ["بروح اصلي وارجع", "i come back later", "نكمل بعدين", "brb"])
def test_away_for_a_while(text: str) -> None:
    assert parse_guide_word(text) == "pause"


@pytest.mark.parametrize(
    "text", ["", "كم ياخذ الرفع؟", "وش الرقم اللي احطه", "ابغى أكلم موظف", "لا، القضية الثانية", "شكرا"]
)
def test_nothing_of_the_kind(text: str) -> None:
    assert parse_guide_word(text) is None

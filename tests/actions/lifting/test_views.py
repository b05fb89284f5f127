"""A legal request is sent on a clear yes alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from actions.lifting.views import confirmation, summary
from actions.services.positions import PositionView


def heard(text: str, intent: str, pressed: bool = False) -> SimpleNamespace:
    return SimpleNamespace(text=text, intent=intent, pressed=pressed)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (heard("نعم", "affirm"), {"confirmed": True}),
        (heard("اوكي ارسل الطلب", "nlu_fallback"), {"confirmed": True}),
        (heard("إرسال الطلب", "affirm", pressed=True), {"confirmed": True}),
        (heard("يا ليت والله تخلصوني منها", "affirm"), {"confirmed": True}),
        (heard("لا", "deny"), {"confirmed": False}),
        (heard("لا ترسل", "affirm"), {"confirmed": False}),
    ],
)
def test_a_clear_answer_is_taken(said: SimpleNamespace, answer: dict) -> None:
    assert confirmation(said) == answer  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["نعم لا ترسل", "اي بس مو الحين كذا صح", "yes but do not send it"])
def test_a_yes_with_a_no_in_it_sends_nothing(text: str) -> None:
    assert confirmation(heard(text, "affirm")) in (None, {"confirmed": False})  # type: ignore[arg-type]


def test_something_else_is_no_answer() -> None:
    assert confirmation(heard("كم ياخذ الرفع؟", "ask_lift_duration")) is None  # type: ignore[arg-type]


def test_a_summary_changes_with_what_it_shows_and_with_nothing_else() -> None:
    shown = {"case_number": "4500000001", "draft": {"reason": "سداد كامل", "months": 6}}
    first = PositionView(**shown)
    others = [
        PositionView(**{**shown, "case_number": "4500000002"}),
        PositionView(**{**shown, "draft": {"reason": "سداد كامل", "months": 3}}),
        PositionView(**{**shown, "draft": {"reason": "سبب آخر", "months": 6}}),
    ]
    assert len({summary(where) for where in (first, *others)}) == 4
    assert summary(PositionView(**{**shown, "bank": "rajhi", "guide": "pay", "step": 3})) == summary(first)

"""A legal request is sent on a clear yes alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from actions.lifting.views import confirmation


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

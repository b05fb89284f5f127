"""Whatever a trainer leaves half written takes no words from a citizen, and ends no process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bot import live_answers
from bot.live_answers import LiveAnswers
from bot.project import DATA


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveAnswers:
    """Over a copy of the data, looked at each time."""
    copy = shutil.copytree(DATA, tmp_path / "data")
    monkeypatch.setattr(live_answers, "DATA", copy)
    monkeypatch.setattr(live_answers, "LOOK_EVERY", -1.0)
    monkeypatch.setattr(live_answers, "Answers", lambda operator: real(copy, operator=operator))
    return LiveAnswers()


real = live_answers.Answers
BROKEN = {
    "no yaml": "responses: {",
    "a list": "- 1",
    "a list of answers": "responses: [1]",
    "text that is a number": "responses: {utter_x: {ar: {text: 5}, en: {text: 5}}}",
    "nothing": "",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_taken_leaves_the_answers_as_they_were(live: LiveAnswers, content: str) -> None:
    before = live.answers.answers["utter_greet"]
    file = live_answers.DATA / "responses" / "conversation" / "new.yml"
    file.write_text(content, encoding="utf-8")
    os.utime(file, (2**31, 2**31))
    assert live.refresh().answers["utter_greet"].variants == before.variants


def test_a_link_that_leads_nowhere_is_no_end(live: LiveAnswers) -> None:
    (live_answers.DATA / "responses" / ".#lock.yml").symlink_to("nowhere")
    assert "utter_greet" in live.refresh().answers

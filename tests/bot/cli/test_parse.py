import json
from pathlib import Path

import pytest

from bot.cli import main
from bot.cli.parse import parse_lines
from bot.training import model


class Echo:
    """Understands everything as a greeting."""

    def parse(self, text: str) -> dict:
        return {"text": text, "intent": "greet"}


def test_answers_each_line_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse_lines(['{"text": "هلا"}', "", '{"text": "\\n"}'], Echo()) == 0
    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()] == ["هلا", "\n"]


def test_a_lone_surrogate_is_given_back_and_loses_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse_lines(['{"text": "هلا \\ud83d"}', '{"text": "2"}'], Echo()) == 0
    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()] == ["هلا \ud83d", "2"]


@pytest.mark.parametrize("bad", ["not json", '"text"', "[]", "{}", '{"text": 1}', '{"text": null}'])
def test_a_bad_line_is_named_and_loses_no_other(capsys: pytest.CaptureFixture[str], bad: str) -> None:
    assert parse_lines(['{"text": "1"}', bad, '{"text": "3"}'], Echo()) == 2
    output = capsys.readouterr()
    assert [json.loads(line)["text"] for line in output.out.splitlines()] == ["1", "3"]
    assert output.err.startswith("line 2: ")
    assert len(output.err.splitlines()) == 1


def test_a_model_that_was_altered_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"altered")
    (tmp_path / "a.tar.gz.sha256").write_text(f"{'0' * 64}  a.tar.gz\n")
    monkeypatch.setattr(model, "model_path", lambda: tmp_path / "a.tar.gz")
    assert main(["parse", "هلا"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "bot train --force" in said.err
    assert len(said.err.splitlines()) == 1

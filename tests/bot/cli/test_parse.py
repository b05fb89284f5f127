import json

import pytest

from bot.cli.parse import parse_lines


class Echo:
    """Understands everything as a greeting."""

    def parse(self, text: str) -> dict:
        return {"text": text, "intent": "greet"}


def test_answers_each_line_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse_lines(['{"text": "هلا"}', "", '{"text": "\\n"}'], Echo()) == 0
    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()] == ["هلا", "\n"]


@pytest.mark.parametrize("bad", ["not json", '"text"', "[]", "{}", '{"text": 1}', '{"text": null}'])
def test_a_bad_line_is_named_and_loses_no_other(capsys: pytest.CaptureFixture[str], bad: str) -> None:
    assert parse_lines(['{"text": "1"}', bad, '{"text": "3"}'], Echo()) == 2
    output = capsys.readouterr()
    assert [json.loads(line)["text"] for line in output.out.splitlines()] == ["1", "3"]
    assert output.err.startswith("line 2: ")
    assert len(output.err.splitlines()) == 1

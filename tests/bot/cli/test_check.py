from bot.cli import check
from bot.training import check as checks
from bot.training.located import Problem


def test_everything_well_is_one_line(bot, capsys, monkeypatch):
    monkeypatch.setattr(checks, "check_all", list)
    assert bot(check) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1
    assert str(checks.counts()["sentences"]) in said[0]


def test_each_problem_is_a_line_and_the_exit_status_tells(bot, capsys, monkeypatch):
    found = [Problem("data/a.yml", 3, "ينقص en", "أضفه"), Problem("data/b.yml", 1, "ينقص ar", "أضفه")]
    monkeypatch.setattr(checks, "check_all", lambda: found)
    assert bot(check) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["data/a.yml:3  ينقص en. أضفه.", "data/b.yml:1  ينقص ar. أضفه."]
    assert said[-1].endswith(" 2")

import json
import re
import shutil

import pytest

from actions.case_db.seed import PERSONAS
from actions.gateways.sms import PretendSms
from bot.cli import demo

KEYS = [
    "one_case", "three_cases", "no_case", "unpaid_invoice", "paid_invoice",
    "lift_filed", "lifted", "resident", "grace_granted", "government_case",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _seeded(demo_settings, seeded_file):
    shutil.copy(seeded_file, demo_settings / "case.db")


@pytest.fixture
def people(bot, capsys):
    def people() -> dict:
        assert bot(demo, "people", "--json") == 0
        return json.loads(capsys.readouterr().out)

    return people


def test_people_for_programs(people):
    told = people()
    assert list(told) == KEYS
    assert all(list(person) == ["id", "name", "mobile", "cases"] for person in told.values())
    for case in (case for person in told.values() for case in person["cases"]):
        assert list(case) == ["number", "kind", "amount", "creditor", "court", "invoice", "lift_request"]
    case = told["unpaid_invoice"]["cases"][0]
    assert (case["kind"], case["amount"]) == ("court", "23400.00")
    assert case["invoice"] == {"number": case["invoice"]["number"], "amount": "23400.00", "state": "issued"}
    assert told["one_case"]["cases"][0]["invoice"] is None
    assert told["one_case"]["cases"][0]["lift_request"] is None
    assert told["lift_filed"]["cases"][0]["lift_request"]["state"] == "filed"
    assert told["no_case"]["cases"] == []
    government = told["government_case"]["cases"][0]
    assert [government[key] for key in ("amount", "creditor", "court", "invoice")] == [None] * 4


def test_people_for_people(bot, capsys):
    assert bot(demo, "people") == 0
    said = capsys.readouterr().out
    assert all(f"{person.national_id}  {person.name}" in said for person in PERSONAS)
    assert "مخترعون" in said


def test_code_is_the_last_one_sent_to_that_person(bot, capsys, people, demo_settings):
    gateway = PretendSms(demo_settings / "sms.jsonl")
    told = people()
    for key, code in (("one_case", "111111"), ("one_case", "222222"), ("resident", "333333")):
        gateway.send(told[key]["mobile"], f"رمز التحقق {code}")
    assert bot(demo, "code", told["one_case"]["id"]) == 0
    assert capsys.readouterr().out.strip() == "222222"


@pytest.mark.parametrize("national_id", ["1900100015", "1000000008", "x"])
def test_no_code_sent_is_said(bot, capsys, national_id):
    assert bot(demo, "code", national_id) == 1
    assert "No code was sent" in capsys.readouterr().err


def test_pay_then_advance_to_the_lift(bot, capsys, people):
    case = people()["unpaid_invoice"]["cases"][0]
    assert bot(demo, "pay", case["invoice"]["number"]) == 0
    assert "23400.00 riyals" in capsys.readouterr().out
    assert people()["unpaid_invoice"]["cases"][0]["invoice"]["state"] == "paid"
    assert [bot(demo, "advance", case["number"]) for _ in range(4)] == [0] * 4
    said = capsys.readouterr().out
    assert re.findall(r"stage (\d) of 5", said) == ["2", "3", "4"]
    assert said.strip().endswith("lifted.")
    assert bot(demo, "advance", case["number"]) == 1
    assert "lifted" in capsys.readouterr().err


def test_advance_raises_the_stage_of_a_government_case_then_lifts_it(bot, capsys, people):
    number = people()["government_case"]["cases"][0]["number"]
    assert [bot(demo, "advance", number) for _ in range(2)] == [0, 0]
    assert capsys.readouterr().out.splitlines() == [
        f"Case {number}: the suspension is at stage 3 of 3.",
        f"Case {number}: lifted.",
    ]


def test_advance_says_when_nothing_travels(bot, capsys, people):
    assert bot(demo, "advance", people()["one_case"]["cases"][0]["number"]) == 1
    assert "pay its invoice first" in capsys.readouterr().err


def test_an_invoice_is_paid_once(bot, capsys, people):
    number = people()["paid_invoice"]["cases"][0]["invoice"]["number"]
    assert bot(demo, "pay", number) == 1
    assert "was paid before" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("pay", "700000000000"), ("advance", "4500000000"), ("pay", "فاتورة")])
def test_unknown_numbers_are_named(bot, capsys, arguments):
    assert bot(demo, *arguments) == 1
    assert f"There is no {'invoice' if arguments[0] == 'pay' else 'case'} {arguments[1]}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [("people",), ("people", "--json"), ("code", "1"), ("pay", "1"), ("advance", "1")]
)
def test_everything_is_refused_in_production(bot, capsys, monkeypatch, arguments):
    monkeypatch.setenv("BOT_ENV", "production")
    assert bot(demo, *arguments) == 1
    told = capsys.readouterr()
    assert "BOT_ENV=production" in told.err
    assert told.out == ""


def test_a_database_that_was_not_made_says_what_to_run(bot, capsys, demo_settings):
    (demo_settings / "case.db").unlink()
    assert bot(demo, "people", "--json") == 1
    assert "bot db upgrade" in capsys.readouterr().err

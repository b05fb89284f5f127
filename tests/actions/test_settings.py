from pathlib import Path

import pytest

from actions.settings import SettingsError, check_production, demo_only, read
from bot.project import ROOT
from bot.settings import read as read_bot

PRODUCTION = {
    "BOT_ENV": "production",
    "CASE_DATABASE_URL": "postgresql://user@host/cases",
    "SMS_API_URL": "https://sms.example/send",
    "SMS_API_TOKEN": "t",
    "TICKETS_API_URL": "https://desk.example/tickets",
    "TICKETS_API_TOKEN": "t",
    "CODE_HASH_KEY": "k" * 32,
}


def test_nothing_needs_to_be_set_for_the_demonstration():
    settings = read({})
    check_production(settings)
    demo_only(settings, "this")


def test_files_stand_in_the_project_wherever_a_command_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read({})
    assert settings.case_database_url == f"sqlite:///{ROOT}/var/case.db"
    assert settings.pretend_sms_file == ROOT / "var" / "pretend_sms.jsonl"
    assert read({"PRETEND_SMS_FILE": "var/sms.jsonl"}).pretend_sms_file == ROOT / "var" / "sms.jsonl"
    assert read({"PRETEND_SMS_FILE": "/tmp/x"}).pretend_sms_file == Path("/tmp/x")  # noqa: S108 - never opened
    assert read_bot({}).bot_database_url == f"sqlite:///{ROOT}/var/bot.db"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("sqlite:///case.db", f"sqlite:///{ROOT}/case.db"),
        ("sqlite+pysqlite:///data/case.db", f"sqlite+pysqlite:///{ROOT}/data/case.db"),
        ("sqlite:////data/case.db", "sqlite:////data/case.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql://user@host/cases", "postgresql://user@host/cases"),
    ],
)
def test_a_relative_database_file_is_meant_from_the_project_s_folder(given, meant):
    assert read({"CASE_DATABASE_URL": given}).case_database_url == meant
    assert read_bot({"BOT_DATABASE_URL": given}).bot_database_url == meant


def test_complete_production_is_accepted():
    check_production(read(PRODUCTION))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CASE_DATABASE_URL", ""),
        ("CASE_DATABASE_URL", "sqlite:///var/case.db"),
        ("SMS_API_URL", ""),
        ("SMS_API_URL", "http://sms.example/send"),
        ("SMS_API_TOKEN", ""),
        ("TICKETS_API_URL", ""),
        ("TICKETS_API_TOKEN", " "),
        ("CODE_HASH_KEY", ""),
        ("CODE_HASH_KEY", "short"),
        ("PRETEND_SMS_FILE", "/tmp/sms.jsonl"),  # noqa: S108 - a name, never opened
        ("PRETEND_SMS_FAILS", "1"),
    ],
)
def test_production_refuses_the_pretend_side_and_names_the_setting(name, value):
    with pytest.raises(SettingsError, match=name):
        check_production(read({**PRODUCTION, name: value}))


def test_everything_wrong_is_told_in_one_go():
    with pytest.raises(SettingsError) as refused:
        check_production(read({"BOT_ENV": "production"}))
    assert all(name in str(refused.value) for name in ("SMS_API_URL", "TICKETS_API_URL", "CODE_HASH_KEY"))


def test_a_misspelt_environment_is_not_the_demonstration():
    with pytest.raises(SettingsError, match="BOT_ENV"):
        read({"BOT_ENV": "prod"})


def test_what_belongs_to_the_demonstration_is_refused_in_production():
    with pytest.raises(SettingsError, match="BOT_ENV=production"):
        demo_only(read(PRODUCTION), "Seeding")

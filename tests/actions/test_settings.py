import pytest

from actions.settings import SettingsError, check_production, demo_only, read

PRODUCTION = {
    "BOT_ENV": "production",
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
    assert settings.case_database_url == "sqlite:///var/case.db"


def test_complete_production_is_accepted():
    check_production(read(PRODUCTION))


@pytest.mark.parametrize(
    ("name", "value"),
    [
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

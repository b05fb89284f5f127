"""Tokens and seals: ours, for a time, and for as long as their secret is known."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import jwt
import pytest

from actions.settings import SettingsError
from bot.keys import TOKEN_LASTS, Keys, SealBroken, TokenExpired, TokenInvalid, _own

OLD, NEW, FOREIGN = ("o" * 32, "n" * 32, "f" * 32)
NOW = dt.datetime.now(dt.timezone.utc)


def test_a_token_names_its_conversation_until_its_time_is_over() -> None:
    keys = Keys((NEW,))
    token, ends = keys.sign("c1", NOW)
    assert keys.read(token)[0] == "c1"
    assert ends == NOW + TOKEN_LASTS
    over, _ = keys.sign("c1", NOW - TOKEN_LASTS - dt.timedelta(seconds=1))
    with pytest.raises(TokenExpired):
        keys.read(over)


def test_a_secret_is_changed_by_putting_the_new_one_in_front() -> None:
    token, _ = Keys((OLD,)).sign("c1")
    sealed = Keys((OLD,)).seal({"text": "نعم"})
    both, new = Keys((NEW, OLD)), Keys((NEW,))
    assert both.read(token)[0] == "c1"
    assert both.unseal(sealed) == {"text": "نعم"}
    assert new.read(both.sign("c2")[0])[0] == "c2", "the new one signs"
    assert new.unseal(both.seal("x")) == "x"
    with pytest.raises(TokenInvalid):
        new.read(token)
    with pytest.raises(SealBroken):
        new.unseal(sealed)


def test_a_door_whose_clock_is_late_knows_what_another_has_just_signed() -> None:
    token, _ = Keys((NEW,)).sign("c1", NOW + dt.timedelta(seconds=90))
    assert Keys((NEW,)).read(token)[0] == "c1"


NONE = jwt.encode({"sub": "c1", "exp": NOW + TOKEN_LASTS}, None, algorithm="none")
OTHER_KEY = Keys((FOREIGN,)).sign("c1")[0]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", NONE, OTHER_KEY, Keys((NEW,)).sign("c1")[0][:-2]])
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(TokenInvalid):
        Keys((NEW,)).read(token)


def test_a_seal_s_secret_signs_no_token() -> None:
    """One leaked derived key is not the other."""
    keys = Keys((NEW,))
    assert keys._tokens[0] not in keys.seal("x").encode()


def test_the_demonstration_makes_its_secret_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    file = tmp_path / "var" / "secret"
    made = _own(file)
    assert len(made) >= 32
    assert _own(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    file.write_text("")
    with pytest.raises(SettingsError):
        _own(file)

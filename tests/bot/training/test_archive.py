from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from actions.settings import SettingsError
from bot.training.archive import AlteredModel, put_in_place, refuse_altered, remove, sum_file

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    made = tmp_path / "new-1.tar.gz"
    made.write_bytes(CONTENT)
    put_in_place(made, tmp_path / "a.tar.gz")
    return tmp_path / "a.tar.gz"


def _interpreter(path: Path) -> object:
    from bot.nlu.interpreter import Interpreter

    return Interpreter(path)


def _agent(path: Path) -> object:
    from bot.agent import load

    return load(path, None, "http://127.0.0.1:9/webhook", 1)  # type: ignore[arg-type]


OPENERS = [refuse_altered, _interpreter, _agent]


@pytest.mark.parametrize("place", [0, len(CONTENT) // 2, len(CONTENT) - 1], ids=["first", "middle", "last"])
@pytest.mark.parametrize("opened", OPENERS, ids=["check", "bot parse", "bot serve"])
def test_an_archive_altered_by_one_byte_is_not_opened(archive: Path, opened: Callable, place: int) -> None:
    altered = bytearray(CONTENT)
    altered[place] ^= 1
    archive.write_bytes(altered)
    with pytest.raises(AlteredModel):
        opened(archive)


@pytest.mark.parametrize("opened", OPENERS, ids=["check", "bot parse", "bot serve"])
@pytest.mark.parametrize(
    "content", [None, b"", b"\xff", b"0" * 64 + b"  a.tar.gz\n"], ids=["none", "empty", "odd", "other"]
)
def test_an_archive_without_its_own_sum_is_not_opened(archive: Path, opened: Callable, content: bytes | None) -> None:
    sum_file(archive).unlink() if content is None else sum_file(archive).write_bytes(content)
    with pytest.raises(AlteredModel):
        opened(archive)


def test_an_archive_as_it_was_made_is_let_through_also_under_another_name(archive: Path) -> None:
    refuse_altered(archive)
    other = archive.with_name("b.tar.gz")
    sum_file(archive).rename(sum_file(other))
    refuse_altered(archive.rename(other))


def test_the_operator_is_told_in_one_line_what_to_do(archive: Path) -> None:
    sum_file(archive).unlink()
    with pytest.raises(SettingsError) as refused:
        refuse_altered(archive)
    assert str(archive) in str(refused.value)
    assert "bot train --force" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_the_sum_is_that_of_sha256sum(archive: Path) -> None:
    assert sum_file(archive).read_text() == f"{hashlib.sha256(CONTENT).hexdigest()}  a.tar.gz\n"


def test_removed_together(archive: Path) -> None:
    remove(archive)
    assert not list(archive.parent.iterdir())

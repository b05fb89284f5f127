from pathlib import Path

import pytest

from actions.settings import SettingsError
from bot.nlu.sums import SUMS, AlteredFile, read_unaltered, write_sums

FILES = {"names.json": b'{"a": 1}', "weights.npz": bytes(range(16))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    write_sums(tmp_path, list(FILES))
    return tmp_path


def read_all(folder: Path) -> dict[str, bytes]:
    return {name: read_unaltered(folder, name) for name in FILES}


def test_unaltered_files_are_read(folder: Path) -> None:
    assert read_all(folder) == FILES


@pytest.mark.parametrize("name", [*FILES, SUMS])
@pytest.mark.parametrize("bit", range(8))
def test_any_bit_that_changed_is_seen_of_the_sums_too(folder: Path, name: str, bit: int) -> None:
    content = (folder / name).read_bytes()
    for place in range(len(content)):
        altered = bytearray(content)
        altered[place] ^= 1 << bit
        (folder / name).write_bytes(altered)
        with pytest.raises(AlteredFile):
            read_all(folder)


@pytest.mark.parametrize("name", [*FILES, SUMS])
def test_a_missing_a_shorter_and_a_longer_file_is_refused(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    for other in (content[:-1], b""):
        (folder / name).write_bytes(other)
        with pytest.raises(AlteredFile):
            read_all(folder)
    (folder / name).unlink()
    with pytest.raises(AlteredFile, match=r"names\.json|weights\.npz"):
        read_all(folder)


def test_a_file_without_a_sum_or_in_another_s_place_is_refused(folder: Path) -> None:
    (folder / "other").write_bytes(FILES["names.json"])
    with pytest.raises(AlteredFile, match="other"):
        read_unaltered(folder, "other")


def test_sums_are_those_of_sha256sum(folder: Path) -> None:
    assert (folder / SUMS).read_text().splitlines()[0] == (
        "f9d86028c6e0d64e225186f96acb69338b2c59764df79162107f5c4bb34d1310  names.json"
    )


def test_is_an_error_that_bot_prints_in_one_line() -> None:
    assert issubclass(AlteredFile, SettingsError)

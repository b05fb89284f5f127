"""data/reference/{banks,services}.yml keep what their headers promise."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.nlu.gazetteer import CONDITIONS, KINDS, find_names
from bot.project import DATA

ROWS: list[tuple[str, dict[str, Any]]] = [
    (entity, row)
    for entity, file in KINDS.items()
    for row in yaml.safe_load((DATA / "reference" / f"{file}.yml").read_text(encoding="utf-8"))
]
LISTED = [pytest.param(entity, row, id=row["key"]) for entity, row in ROWS]


def names(text: str) -> set[tuple[str, str]]:
    return {(name.entity, name.key) for name in find_names(text)}


def test_every_key_stands_once_in_its_file() -> None:
    assert len({(entity, row["key"]) for entity, row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("entity", "row"), LISTED)
def test_a_row_has_only_lists_that_are_read(entity: str, row: dict[str, Any]) -> None:
    assert set(row) <= {"key", "ar", "en", *CONDITIONS}


@pytest.mark.parametrize(("entity", "row"), LISTED)
def test_every_alias_is_found_also_with_something_glued_to_it(entity: str, row: dict[str, Any]) -> None:
    for alias in row["aliases"]:
        assert names(str(alias)) == {(entity, row["key"])}, alias
        if not str(alias).isascii():
            assert (entity, row["key"]) in names(f"طيب و{alias} عندي من زمان يا اخي"), alias


@pytest.mark.parametrize(("entity", "row"), LISTED)
def test_a_phrase_that_means_something_else_is_not_found(entity: str, row: dict[str, Any]) -> None:
    for phrase in row.get("not", []):
        assert (entity, row["key"]) not in names(phrase), phrase


@pytest.mark.parametrize(("entity", "row"), LISTED)
def test_a_word_with_another_meaning_counts_only_as_an_answer(entity: str, row: dict[str, Any]) -> None:
    for word in row.get("when_asked", []):
        assert (entity, row["key"]) in names(word), word
        if not row.keys() & {"in_sentence", "as_spelt"}:
            assert (entity, row["key"]) not in names(f"يا اخي كنا هناك {word} قبل يومين ثم رجعنا"), word

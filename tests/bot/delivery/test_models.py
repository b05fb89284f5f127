"""The bot's tables: made by its migrations as its models say, alone or beside the case database's."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.case_db import models as case_models
from actions.case_db.engine import upgrade as upgrade_cases
from actions.case_db.seed import seed
from bot.delivery.engine import make_engine, upgrade
from bot.delivery.models import Base, Conversation, Offer, TrackerEvent

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.timezone.utc)


def differences(engine: Engine, base: type, version_table: str) -> list:
    """Between the tables that one side's models name and those that are there; the other side's are left out."""
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "version_table": version_table,
            "include_name": lambda name, kind, _: kind != "table" or name in base.metadata.tables,
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), base.metadata)


def constraints(engine: Engine) -> dict[str, tuple]:
    """What `compare_metadata` does not look at."""
    inspector = inspect(engine)

    def indexes(table: str) -> set[tuple]:
        """PostgreSQL lists the one of a unique constraint among them."""
        found = inspector.get_indexes(table)
        return {(index["name"], tuple(index["column_names"])) for index in found if not index["unique"]}

    return {
        table: (
            indexes(table),
            {tuple(unique["column_names"]) for unique in inspector.get_unique_constraints(table)},
            {(tuple(key["constrained_columns"]), key["referred_table"]) for key in inspector.get_foreign_keys(table)},
            {column["name"]: column["nullable"] for column in inspector.get_columns(table)},
        )
        for table in Base.metadata.tables
    }


def test_migrated_schema_is_the_one_of_the_models(bot_engine: Engine) -> None:
    assert differences(bot_engine, Base, "bot_alembic_version") == []


def test_migrated_constraints_are_the_ones_of_the_models(bot_engine: Engine, tmp_path: Path) -> None:
    made = make_engine(f"sqlite:///{tmp_path / 'made.db'}")
    Base.metadata.create_all(made)
    assert constraints(bot_engine) == constraints(made)


def test_upgrade_may_be_repeated(bot_engine: Engine) -> None:
    with Session(bot_engine, future=True) as session:
        session.add(Conversation(id="c", channel="test", address="phone", last_seen=NOW))
        session.commit()
    upgrade(bot_engine.url.render_as_string(hide_password=False))
    with Session(bot_engine, future=True) as session:
        assert session.get(Conversation, "c")


@pytest.mark.parametrize("bot_first", [True, False], ids=["bot first", "cases first"])
def test_both_schemas_stand_side_by_side_in_one_database(postgres_url: str, bot_first: bool) -> None:
    for migrate in (upgrade, upgrade_cases) if bot_first else (upgrade_cases, upgrade):
        migrate(postgres_url)
    upgrade(postgres_url)
    upgrade_cases(postgres_url)
    engine = make_engine(postgres_url)
    seed(engine)
    assert differences(engine, Base, "bot_alembic_version") == []
    assert differences(engine, case_models.Base, "alembic_version") == []
    ours, theirs = Base.metadata.tables.keys(), case_models.Base.metadata.tables.keys()
    assert ours.isdisjoint(theirs)
    versions = {"alembic_version", "bot_alembic_version"}
    assert set(inspect(engine).get_table_names()) == ours | theirs | versions
    engine.dispose()


@pytest.mark.parametrize(
    "orphan",
    [
        Offer(id="o", number=1, conversation="nobody", title="t", payload="/greet"),
        TrackerEvent(conversation="nobody", type="user", timestamp=1.0, data={}),
    ],
    ids=["offer", "event"],
)
def test_nothing_is_kept_without_its_conversation(bot_engine: Engine, orphan: object) -> None:
    with Session(bot_engine, future=True) as session, pytest.raises(IntegrityError):
        session.add(orphan)
        session.commit()


def test_an_address_has_one_conversation(bot_engine: Engine) -> None:
    with Session(bot_engine, future=True) as session, pytest.raises(IntegrityError):
        for number in "12":
            session.add(Conversation(id=number, channel="test", address="phone", last_seen=NOW))
        session.commit()

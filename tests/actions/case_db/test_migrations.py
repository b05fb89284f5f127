import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from actions.case_db.engine import MIGRATIONS, make_engine, upgrade
from actions.case_db.models import Base


def test_migrated_schema_is_the_one_of_the_models(either_engine):
    with either_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def _constraints(engine):
    """What `compare_metadata` does not look at."""
    inspector = inspect(engine)
    return {
        table: (
            {check["name"] for check in inspector.get_check_constraints(table)},
            {(index["name"], bool(index.get("dialect_options"))) for index in inspector.get_indexes(table)},
            {tuple(unique["column_names"]) for unique in inspector.get_unique_constraints(table)},
            {(tuple(key["constrained_columns"]), key["referred_table"]) for key in inspector.get_foreign_keys(table)},
        )
        for table in Base.metadata.tables
    }


def test_migrated_constraints_are_the_ones_of_the_models(engine, tmp_path):
    made = make_engine(f"sqlite:///{tmp_path / 'made.db'}")
    Base.metadata.create_all(made)
    assert _constraints(engine) == _constraints(made)


def test_head_file_names_the_only_head():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    heads = ScriptDirectory.from_config(config).get_heads()
    assert heads == [(MIGRATIONS / ".current-alembic-head").read_text().strip()]


def test_migrations_are_numbered_and_are_no_package():
    names = sorted(file.name for file in (MIGRATIONS / "versions").glob("*.py"))
    assert [name[:4] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]
    assert not (MIGRATIONS / "__init__.py").exists()


def test_upgrade_makes_the_folder_and_may_be_repeated(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'new' / 'case.db'}"
    upgrade(url)
    upgrade(url)
    assert inspect(make_engine(url)).has_table("cases")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_processes_that_upgrade_at_once_follow_each_other(kind, request, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'case.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    code = "import sys; from actions.case_db.engine import upgrade; upgrade(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", code, url]) for _ in range(2)]
    assert [process.wait(timeout=30) for process in both] == [0, 0]
    assert inspect(make_engine(url)).has_table("cases")

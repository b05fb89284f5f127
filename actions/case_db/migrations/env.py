"""Run by `actions.case_db.engine.upgrade`, in its transaction. A new migration is a numbered file in `versions/`; its
number goes into `.current-alembic-head` as well, so that two new ones clash in git and not in production."""

from alembic import context

from actions.case_db.models import Base

connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":  # on SQLite, BEGIN IMMEDIATE has made the other one wait
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('case_db migrations'))")
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

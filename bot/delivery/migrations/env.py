"""Run by `actions.case_db.engine.upgrade` with this folder; see the case database's env.py."""

from alembic import context

from bot.delivery.models import Base

connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('bot migrations'))")
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,
    version_table="bot_alembic_version",  # both databases may be one PostgreSQL database
)
with context.begin_transaction():
    context.run_migrations()

"""What came in and what goes out."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OPEN = sa.text("state IN ('waiting', 'working')")


def upgrade() -> None:
    op.add_column("conversation", sa.Column("forgotten", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("message_id", sa.String(32), nullable=False, unique=True),
        sa.Column("conversation", sa.String(32), sa.ForeignKey("conversation.id"), nullable=False),
        sa.Column("given_id", sa.String(100), nullable=False),
        sa.Column("sealed", sa.Text),
        sa.Column("shown", sa.Text),
        sa.Column("state", sa.String(10), nullable=False, server_default="waiting"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("claims", sa.Integer, nullable=False, server_default="0"),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("leased_by", sa.String(120)),
        sa.Column("leased_until", sa.DateTime),
        sa.Column("failure", sa.String(200)),
        sa.CheckConstraint("state IN ('waiting', 'working', 'done', 'dead')", name="inbox_state"),
        sa.CheckConstraint("(state = 'working') = (leased_by IS NOT NULL)", name="inbox_working_is_leased"),
    )
    op.create_index("ix_inbox_conversation", "inbox", ["conversation", "id"])
    op.create_index("ix_inbox_open", "inbox", ["id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(
        "ix_inbox_open_of_conversation", "inbox", ["conversation", "id"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("conversation", sa.String(32), sa.ForeignKey("conversation.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("inbox", sa.Integer, sa.ForeignKey("inbox.id")),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("personal", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("citizen", sa.Integer),
        sa.Column("body", sa.Text),
        sa.Column("unique_key", sa.String(120), unique=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("conversation", "number"),
    )
    op.create_index("ix_outbox_inbox", "outbox", ["inbox"])

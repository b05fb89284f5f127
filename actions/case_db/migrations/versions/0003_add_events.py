"""What banks and the authority report."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    received = sa.text("state = 'received'")
    op.create_table(
        "event",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=10), nullable=False),
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="received", nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.CheckConstraint("topic IN ('payments', 'cases')", name="event_topic"),
        sa.CheckConstraint("state IN ('received', 'applied', 'flagged', 'resolved')", name="event_state"),
        sa.CheckConstraint("(state IN ('flagged', 'resolved')) = (reason IS NOT NULL)", name="event_flagged_says_why"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("topic", "event_id"),
    )
    op.create_index("ix_event_received", "event", ["number"], sqlite_where=received, postgresql_where=received)
    op.create_index("ix_event_subject", "event", ["subject", "number"])


def downgrade() -> None:
    op.drop_table("event")

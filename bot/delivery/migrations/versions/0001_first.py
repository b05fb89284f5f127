"""Conversations, offered buttons, tracker events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("language", sa.String(2), nullable=False, server_default="ar"),
        sa.Column("language_fixed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("question", sa.String(60)),
        sa.Column("last_seen", sa.DateTime, nullable=False),
        sa.UniqueConstraint("channel", "address"),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.String(24), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("conversation", sa.String(32), sa.ForeignKey("conversation.id"), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("question", sa.String(60)),
    )
    op.create_index("ix_offer_conversation", "offer", ["conversation", "number"])
    op.create_table(
        "tracker_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("conversation", sa.String(32), sa.ForeignKey("conversation.id"), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("timestamp", sa.Float, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_index("ix_tracker_event_conversation", "tracker_event", ["conversation", "id"])

"""Messengers: where people are reached, messages on their way, what came and is no turn."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

OPEN = sa.text("state IN ('ready', 'sending', 'unsure')")
STATES = "('ready', 'sending', 'unsure', 'sent', 'delivered', 'read', 'held', 'failed', 'dropped')"
LEFT = sa.text("state IN ('held', 'failed')")
SEALED = sa.text("sealed IS NOT NULL")


def upgrade() -> None:
    op.add_column("conversation", sa.Column("heard_at", sa.DateTime))
    op.add_column("offer", sa.Column("place", sa.Integer))
    op.add_column("outbox", sa.Column("to_push", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_outbox_to_push",
        "outbox",
        ["conversation", "id"],
        sqlite_where=sa.text("to_push = 1"),
        postgresql_where=sa.text("to_push"),
    )
    op.create_table(
        "address",
        sa.Column("tag", sa.String(64), primary_key=True),
        sa.Column("conversation", sa.String(32), sa.ForeignKey("conversation.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
    )
    op.create_index("ix_address_conversation", "address", ["conversation"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("conversation", sa.String(32), sa.ForeignKey("conversation.id"), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("turn", sa.Integer),
        sa.Column("sealed", sa.Text),
        sa.Column("state", sa.String(10), nullable=False, server_default="ready"),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("given", sa.String(64)),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("leased_by", sa.String(120)),
        sa.Column("leased_until", sa.DateTime),
        sa.Column("was_held", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("delivered_at", sa.DateTime),
        sa.Column("read_at", sa.DateTime),
        sa.Column("failure", sa.String(80)),
        sa.CheckConstraint(f"state IN {STATES}", name="delivery_state"),
        sa.CheckConstraint("(state = 'sending') = (leased_by IS NOT NULL)", name="delivery_sending_is_leased"),
    )
    op.create_index("ix_delivery_conversation", "delivery", ["conversation", "id"])
    op.create_index("ix_delivery_open", "delivery", ["id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(
        "ix_delivery_open_of_conversation", "delivery", ["conversation", "id"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_delivery_turn", "delivery", ["turn"])
    op.create_index("ix_delivery_given", "delivery", ["given"])
    op.create_index("ix_delivery_sealed", "delivery", ["created_at"], sqlite_where=SEALED, postgresql_where=SEALED)
    op.create_index("ix_delivery_left", "delivery", ["state", "created_at"], sqlite_where=LEFT, postgresql_where=LEFT)
    op.create_table(
        "webhook_note",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("sealed", sa.Text),
        sa.Column("received_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_webhook_note_received_at", "webhook_note", ["received_at"])

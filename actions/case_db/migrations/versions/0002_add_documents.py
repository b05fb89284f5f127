"""Files that are sent for a request."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("request_kind", sa.String(length=10), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("request_kind IN ('lift', 'grace')", name="document_request_kind"),
        sa.CheckConstraint("size > 0", name="document_size_positive"),
        sa.CheckConstraint("request_id IS NULL OR dropped_at IS NULL", name="document_attached_or_dropped"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"]),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_document_case", "document", ["case_id"], unique=False)
    op.create_index("ix_document_conversation", "document", ["conversation"], unique=False)
    op.create_index("ix_document_request", "document", ["request_id"], unique=False)
    op.create_index("ix_verification_citizen", "verification", ["citizen_id", "used_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_verification_citizen", "verification")
    op.drop_table("document")

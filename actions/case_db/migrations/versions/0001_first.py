"""The first schema: the authority's side and ours."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "citizen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("national_id", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("mobile", sa.String(length=16), nullable=False),
        sa.Column("notices_on", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("national_id"),
    )
    op.create_table(
        "gateway_failure",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("failed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "outcome",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("use_case", sa.String(length=40), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "use_case"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(), nullable=True),
        sa.Column("grace_until", sa.Date(), nullable=True),
        sa.Column("court", sa.String(length=120), nullable=True),
        sa.Column("circuit", sa.String(length=60), nullable=True),
        sa.Column("creditor", sa.String(length=120), nullable=True),
        sa.Column("claim", sa.BigInteger(), nullable=True),
        sa.Column("referred_on", sa.Date(), nullable=True),
        sa.Column("decision_34_on", sa.Date(), nullable=True),
        sa.Column("decision_46_on", sa.Date(), nullable=True),
        sa.Column("body", sa.String(length=120), nullable=True),
        sa.Column("basis", sa.String(length=200), nullable=True),
        sa.Column("stage", sa.Integer(), nullable=True),
        sa.Column("stage_since", sa.Date(), nullable=True),
        sa.Column("stage_until", sa.Date(), nullable=True),
        sa.Column("services_stopped", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'court' AND creditor IS NOT NULL AND court IS NOT NULL AND claim IS NOT NULL AND body IS NULL)"
            " OR (kind = 'government' AND body IS NOT NULL AND basis IS NOT NULL AND stage IS NOT NULL"
            " AND claim IS NULL AND creditor IS NULL)",
            name="case_columns_of_its_kind",
        ),
        sa.CheckConstraint("(state = 'lifted') = (lifted_at IS NOT NULL)", name="case_lifted_has_date"),
        sa.CheckConstraint("kind IN ('court', 'government')", name="case_kind"),
        sa.CheckConstraint("state IN ('in_force', 'grace', 'lifting', 'lifted')", name="case_state"),
        sa.CheckConstraint("claim IS NULL OR claim > 0", name="case_claim_positive"),
        sa.CheckConstraint("stage IS NULL OR stage IN (1, 2, 3)", name="case_stage"),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_cases_citizen", "cases", ["citizen_id"], unique=False)
    op.create_table(
        "code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=True),
        sa.Column("asked_for", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=64), nullable=False),
        sa.Column("sms", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("tries_left BETWEEN 0 AND 3", name="code_tries"),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_code_asked_for", "code", ["asked_for", "sent_at"], unique=False)
    op.create_index("ix_code_conversation", "code", ["conversation", "sent_at"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=True),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("transcript", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_table(
        "verification",
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"]),
        sa.PrimaryKeyConstraint("conversation"),
    )
    op.create_table(
        "access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.CheckConstraint("state IN ('issued', 'paid', 'expired', 'cancelled')", name="invoice_state"),
        sa.CheckConstraint("amount > 0", name="invoice_amount_positive"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_invoice_case", "invoice", ["case_id"], unique=False)
    op.create_index(
        "uq_invoice_standing",
        "invoice",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state = 'issued'"),
        postgresql_where=sa.text("state = 'issued'"),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "measure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('travel_ban', 'bank_bar', 'attorney_bar', 'disclosure', 'salary_garnishment')",
            name="measure_kind",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "kind"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("unique_key", sa.String(length=120), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("unique_key"),
    )
    op.create_index("ix_notice_waiting", "notice", ["citizen_id", "handed_over_at", "due_at"], unique=False)
    op.create_table(
        "position",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=True),
        sa.Column("citizen_id", sa.Integer(), nullable=True),
        sa.Column("guide", sa.String(length=20), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("bank", sa.String(length=20), nullable=True),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("(conversation IS NULL) <> (citizen_id IS NULL)", name="position_has_one_owner"),
        sa.CheckConstraint("(guide IS NULL) = (step IS NULL)", name="position_guide_has_step"),
        sa.CheckConstraint("step IS NULL OR step > 0", name="position_step_positive"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("citizen_id"),
        sa.UniqueConstraint("conversation"),
    )
    op.create_table(
        "request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("filed_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("(kind = 'grace') = (months IS NOT NULL)", name="request_grace_has_months"),
        sa.CheckConstraint("kind IN ('lift', 'grace')", name="request_kind"),
        sa.CheckConstraint("state IN ('filed', 'under_review', 'granted', 'refused')", name="request_state"),
        sa.CheckConstraint("months IS NULL OR months BETWEEN 1 AND 24", name="request_months_range"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_request_case", "request", ["case_id"], unique=False)
    op.create_index(
        "uq_request_open",
        "request",
        ["case_id", "kind"],
        unique=True,
        sqlite_where=sa.text("state IN ('filed', 'under_review')"),
        postgresql_where=sa.text("state IN ('filed', 'under_review')"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("amount > 0", name="payment_amount_positive"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("invoice_id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_table(
        "payment_stage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("reached_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("stage BETWEEN 1 AND 5", name="payment_stage_range"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("payment_id", "stage"),
    )


def downgrade() -> None:
    for table in (
        "payment_stage",
        "payment",
        "request",
        "position",
        "notice",
        "measure",
        "journal",
        "invoice",
        "access",
        "verification",
        "ticket",
        "code",
        "cases",
        "outcome",
        "gateway_failure",
        "citizen",
    ):
        op.drop_table(table)

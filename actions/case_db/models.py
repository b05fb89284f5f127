"""The case database: the authority's side (citizens, cases, invoices, payments, requests) and ours (codes,
verifications, positions, outcomes, notices, journal).

Money is `Decimal` riyals outside and integer halalas in the file; times are aware UTC outside and refuse to be naive.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import declarative_base, relationship
from sqlalchemy.types import TypeDecorator


class Money(TypeDecorator):
    """Riyals as `Decimal` with two places, stored as integer halalas (SQLite's Numeric would be a float)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: object) -> int | None:
        if value is None:
            return None
        halalas = Decimal(value) * 100
        if halalas != halalas.to_integral_value():
            raise ValueError("an amount has at most two decimal places")
        return int(halalas)

    def process_result_value(self, value: int | None, dialect: object) -> Decimal | None:
        return None if value is None else (Decimal(value) / 100).quantize(Decimal("0.01"))


class UtcDateTime(TypeDecorator):
    """Aware UTC in and out; a naive time is a programming error and is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: object) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive time given to the case database")
        return value.astimezone(dt.timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, dialect: object) -> dt.datetime | None:
        return None if value is None else value.replace(tzinfo=dt.timezone.utc)


Base = declarative_base()


def _one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


CASE_KINDS = ("court", "government")
CASE_STATES = ("in_force", "grace", "lifting", "lifted")
MEASURE_KINDS = ("travel_ban", "bank_bar", "attorney_bar", "disclosure", "salary_garnishment")
INVOICE_STATES = ("issued", "paid", "expired", "cancelled")
REQUEST_KINDS = ("lift", "grace")
REQUEST_STATES = ("filed", "under_review", "granted", "refused")
PAYMENT_STAGES = (1, 2, 3, 4, 5)
"""1 payment confirmed, 2 transferred to the enforcement authority, 3 invoice number sent to the debtor,
4 paid out to the creditor, 5 lifted (design of the journeys, "After payment")."""


class Citizen(Base):
    """A person, citizen (ID begins with 1) or resident (2)."""

    __tablename__ = "citizen"
    id = Column(Integer, primary_key=True)
    national_id = Column(String(10), nullable=False, unique=True)
    name = Column(String(120), nullable=False)
    mobile = Column(String(16), nullable=False)  # E.164
    notices_on = Column(Boolean, nullable=False, default=True, server_default=text("true"))
    cases = relationship("Case", back_populates="citizen", order_by="Case.id")


class Case(Base):
    """One suspension. `court`: an enforcement request of a creditor. `government`: asked for by a government body."""

    __tablename__ = "cases"
    __table_args__ = (
        _one_of("kind", CASE_KINDS, "case_kind"),
        _one_of("state", CASE_STATES, "case_state"),
        CheckConstraint(
            "(kind = 'court' AND creditor IS NOT NULL AND court IS NOT NULL AND claim IS NOT NULL AND body IS NULL)"
            " OR (kind = 'government' AND body IS NOT NULL AND basis IS NOT NULL AND stage IS NOT NULL"
            " AND claim IS NULL AND creditor IS NULL)",
            name="case_columns_of_its_kind",
        ),
        CheckConstraint("claim IS NULL OR claim > 0", name="case_claim_positive"),
        CheckConstraint("stage IS NULL OR stage IN (1, 2, 3)", name="case_stage"),
        CheckConstraint("(state = 'lifted') = (lifted_at IS NOT NULL)", name="case_lifted_has_date"),
        Index("ix_cases_citizen", "citizen_id"),
    )
    id = Column(Integer, primary_key=True)
    number = Column(String(10), nullable=False, unique=True)  # court 45........, government 80........
    citizen_id = Column(ForeignKey("citizen.id"), nullable=False)
    kind = Column(String(10), nullable=False)
    state = Column(String(10), nullable=False, default="in_force")
    opened_on = Column(Date, nullable=False)
    lifted_at = Column(UtcDateTime)
    grace_until = Column(Date)
    # court
    court = Column(String(120))
    circuit = Column(String(60))
    creditor = Column(String(120))
    claim = Column(Money)
    referred_on = Column(Date)
    decision_34_on = Column(Date)
    decision_46_on = Column(Date)
    # government
    body = Column(String(120))
    basis = Column(String(200))
    stage = Column(Integer)
    stage_since = Column(Date)
    stage_until = Column(Date)
    services_stopped = Column(JSON, nullable=False, default=list)  # keys of data/reference/services.yml

    citizen = relationship("Citizen", back_populates="cases")
    measures = relationship("Measure", back_populates="case", order_by="Measure.id")
    invoices = relationship("Invoice", back_populates="case", order_by="Invoice.id")
    requests = relationship("Request", back_populates="case", order_by="Request.id")


class Measure(Base):
    """What the court ordered in a case, and whether it still runs."""

    __tablename__ = "measure"
    __table_args__ = (_one_of("kind", MEASURE_KINDS, "measure_kind"), UniqueConstraint("case_id", "kind"))
    id = Column(Integer, primary_key=True)
    case_id = Column(ForeignKey("cases.id"), nullable=False)
    kind = Column(String(20), nullable=False)
    ordered_on = Column(Date, nullable=False)
    lifted_on = Column(Date)
    case = relationship("Case", back_populates="measures")


class Invoice(Base):
    """An enforcement invoice of a court case; at most one standing (`issued`) a case."""

    __tablename__ = "invoice"
    __table_args__ = (
        _one_of("state", INVOICE_STATES, "invoice_state"),
        CheckConstraint("amount > 0", name="invoice_amount_positive"),
        Index(
            "uq_invoice_standing",
            "case_id",
            unique=True,
            sqlite_where=text("state = 'issued'"),
            postgresql_where=text("state = 'issued'"),
        ),
        Index("ix_invoice_case", "case_id"),
    )
    id = Column(Integer, primary_key=True)
    number = Column(String(12), nullable=False, unique=True)  # 70..........
    case_id = Column(ForeignKey("cases.id"), nullable=False)
    amount = Column(Money, nullable=False)
    state = Column(String(10), nullable=False, default="issued")
    issued_at = Column(UtcDateTime, nullable=False)
    due_on = Column(Date, nullable=False)
    case = relationship("Case", back_populates="invoices")
    payment = relationship("Payment", back_populates="invoice", uselist=False)


class Payment(Base):
    """Money that the bank reported for an invoice; counted once by its reference."""

    __tablename__ = "payment"
    __table_args__ = (CheckConstraint("amount > 0", name="payment_amount_positive"),)
    id = Column(Integer, primary_key=True)
    invoice_id = Column(ForeignKey("invoice.id"), nullable=False, unique=True)
    reference = Column(String(64), nullable=False, unique=True)
    amount = Column(Money, nullable=False)
    paid_at = Column(UtcDateTime, nullable=False)
    invoice = relationship("Invoice", back_populates="payment")
    stages = relationship("PaymentStage", back_populates="payment", order_by="PaymentStage.stage")


class PaymentStage(Base):
    """When a payment reached a stage (see PAYMENT_STAGES)."""

    __tablename__ = "payment_stage"
    __table_args__ = (
        CheckConstraint("stage BETWEEN 1 AND 5", name="payment_stage_range"),
        UniqueConstraint("payment_id", "stage"),
    )
    id = Column(Integer, primary_key=True)
    payment_id = Column(ForeignKey("payment.id"), nullable=False)
    stage = Column(Integer, nullable=False)
    reached_at = Column(UtcDateTime, nullable=False)
    payment = relationship("Payment", back_populates="stages")


class Request(Base):
    """A lift or grace request; at most one open of a kind a case."""

    __tablename__ = "request"
    __table_args__ = (
        _one_of("kind", REQUEST_KINDS, "request_kind"),
        _one_of("state", REQUEST_STATES, "request_state"),
        CheckConstraint("(kind = 'grace') = (months IS NOT NULL)", name="request_grace_has_months"),
        CheckConstraint("months IS NULL OR months BETWEEN 1 AND 24", name="request_months_range"),
        Index(
            "uq_request_open",
            "case_id",
            "kind",
            unique=True,
            sqlite_where=text("state IN ('filed', 'under_review')"),
            postgresql_where=text("state IN ('filed', 'under_review')"),
        ),
        Index("ix_request_case", "case_id"),
    )
    id = Column(Integer, primary_key=True)
    number = Column(String(8), nullable=False, unique=True)  # lift 81......, grace 61......
    case_id = Column(ForeignKey("cases.id"), nullable=False)
    kind = Column(String(10), nullable=False)
    state = Column(String(12), nullable=False, default="filed")
    reason = Column(Text, nullable=False)
    months = Column(Integer)
    filed_at = Column(UtcDateTime, nullable=False)
    decided_at = Column(UtcDateTime)
    case = relationship("Case", back_populates="requests")


class Document(Base):
    """A file that a citizen sent for a request that she was about to file: waiting (`request_id` empty), attached to
    the filed request, or dropped. `id` is also the name of the file; the bytes are not in the database."""

    __tablename__ = "document"
    __table_args__ = (
        _one_of("request_kind", REQUEST_KINDS, "document_request_kind"),
        CheckConstraint("size > 0", name="document_size_positive"),
        CheckConstraint("request_id IS NULL OR dropped_at IS NULL", name="document_attached_or_dropped"),
        Index("ix_document_case", "case_id"),
        Index("ix_document_conversation", "conversation"),
        Index("ix_document_request", "request_id"),
    )
    id = Column(String(32), primary_key=True)
    citizen_id = Column(ForeignKey("citizen.id"), nullable=False)
    case_id = Column(ForeignKey("cases.id"), nullable=False)
    request_kind = Column(String(10), nullable=False)
    request_id = Column(ForeignKey("request.id"))
    conversation = Column(String(64), nullable=False)
    kind = Column(String(40), nullable=False)  # application/pdf, image/jpeg, image/png
    size = Column(Integer, nullable=False)  # bytes
    received_at = Column(UtcDateTime, nullable=False)
    dropped_at = Column(UtcDateTime)


class Code(Base):
    """A one-time code. `citizen_id` is empty for an ID that nobody has: such a row is checked like any other and
    never matches. `asked_for` is a keyed hash of the ID, to count IDs and SMS without keeping the ID."""

    __tablename__ = "code"
    __table_args__ = (
        CheckConstraint("tries_left BETWEEN 0 AND 3", name="code_tries"),
        Index("ix_code_conversation", "conversation", "sent_at"),
        Index("ix_code_asked_for", "asked_for", "sent_at"),
    )
    id = Column(Integer, primary_key=True)
    conversation = Column(String(64), nullable=False)
    citizen_id = Column(ForeignKey("citizen.id"))
    asked_for = Column(String(64), nullable=False)
    salt = Column(LargeBinary(16), nullable=False)
    code_hash = Column(LargeBinary(64), nullable=False)
    sms = Column(Boolean, nullable=False)  # counted as an SMS (false beyond the limits: nothing was sent)
    sent_at = Column(UtcDateTime, nullable=False)
    expires_at = Column(UtcDateTime, nullable=False)
    tries_left = Column(Integer, nullable=False, default=3)
    used_at = Column(UtcDateTime)


class Verification(Base):
    """Who a conversation was proved to be; ends after 30 idle minutes, eight hours in any case, or when asked."""

    __tablename__ = "verification"
    __table_args__ = (Index("ix_verification_citizen", "citizen_id", "used_at"),)
    conversation = Column(String(64), primary_key=True)
    citizen_id = Column(ForeignKey("citizen.id"), nullable=False)
    verified_at = Column(UtcDateTime, nullable=False)
    used_at = Column(UtcDateTime, nullable=False)
    ended_at = Column(UtcDateTime)


class Position(Base):
    """Where somebody is: by conversation, by citizen once verified. `draft` holds answers of a form not yet sent."""

    __tablename__ = "position"
    __table_args__ = (
        CheckConstraint("(conversation IS NULL) <> (citizen_id IS NULL)", name="position_has_one_owner"),
        CheckConstraint("(guide IS NULL) = (step IS NULL)", name="position_guide_has_step"),
        CheckConstraint("step IS NULL OR step > 0", name="position_step_positive"),
    )
    id = Column(Integer, primary_key=True)
    conversation = Column(String(64), unique=True)
    citizen_id = Column(ForeignKey("citizen.id"), unique=True)
    guide = Column(String(20))
    step = Column(Integer)
    case_id = Column(ForeignKey("cases.id"))
    bank = Column(String(20))
    draft = Column(JSON, nullable=False, default=dict)
    updated_at = Column(UtcDateTime, nullable=False)


class Outcome(Base):
    """What a message decided in a use case, written with the change itself, returned when the message comes again."""

    __tablename__ = "outcome"
    message_id = Column(String(64), primary_key=True)
    use_case = Column(String(40), primary_key=True)
    result = Column(JSON, nullable=False)
    at = Column(UtcDateTime, nullable=False)


class Notice(Base):
    """Something to tell a citizen, written in the transaction of the change it tells of."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_waiting", "citizen_id", "handed_over_at", "due_at"),)
    id = Column(Integer, primary_key=True)
    citizen_id = Column(ForeignKey("citizen.id"), nullable=False)
    kind = Column(String(30), nullable=False)  # the answer is utter_notice_<kind>
    case_id = Column(ForeignKey("cases.id"))
    values = Column(JSON, nullable=False, default=dict)
    unique_key = Column(String(120), nullable=False, unique=True)
    due_at = Column(UtcDateTime, nullable=False)
    handed_over_at = Column(UtcDateTime)


EVENT_STATES = ("received", "applied", "flagged", "resolved")


class Event(Base):
    """What a bank (`topic` payments) or the authority (cases) reported, kept for ever. `number` is the order of
    arrival; `event_id` is the sender's, and comes once. `subject`: the number of the invoice or case, within which
    events are applied in order. One that cannot be applied is flagged, `reason` says why, and a person resolves it
    (`note`)."""

    __tablename__ = "event"
    __table_args__ = (
        _one_of("topic", ("payments", "cases"), "event_topic"),
        _one_of("state", EVENT_STATES, "event_state"),
        CheckConstraint("(state IN ('flagged', 'resolved')) = (reason IS NOT NULL)", name="event_flagged_says_why"),
        UniqueConstraint("topic", "event_id"),
        Index(
            "ix_event_received",
            "number",
            sqlite_where=text("state = 'received'"),
            postgresql_where=text("state = 'received'"),
        ),
        Index("ix_event_subject", "subject", "number"),
    )
    number = Column(Integer, primary_key=True)
    topic = Column(String(10), nullable=False)
    event_id = Column(String(100), nullable=False)
    type = Column(String(30), nullable=False)
    subject = Column(String(12), nullable=False)
    body = Column(JSON, nullable=False)
    state = Column(String(10), nullable=False, default="received", server_default="received")
    reason = Column(String(40))
    received_at = Column(UtcDateTime, nullable=False)
    done_at = Column(UtcDateTime)
    note = Column(String(400))


class Ticket(Base):
    """A hand-over to a person."""

    __tablename__ = "ticket"
    id = Column(Integer, primary_key=True)
    reference = Column(String(8), nullable=False, unique=True)  # 51......
    conversation = Column(String(64), nullable=False)
    citizen_id = Column(ForeignKey("citizen.id"))
    topic = Column(String(60), nullable=False)
    transcript = Column(JSON, nullable=False)
    opened_at = Column(UtcDateTime, nullable=False)


class Journal(Base):
    """Append-only: what changed, who did it and why."""

    __tablename__ = "journal"
    id = Column(Integer, primary_key=True)
    at = Column(UtcDateTime, nullable=False)
    actor = Column(String(80), nullable=False)  # conversation id, "bank", "authority", "demo"
    action = Column(String(40), nullable=False)
    case_id = Column(ForeignKey("cases.id"))
    details = Column(JSON, nullable=False, default=dict)


class Access(Base):
    """Who looked at what, and when."""

    __tablename__ = "access"
    id = Column(Integer, primary_key=True)
    at = Column(UtcDateTime, nullable=False)
    conversation = Column(String(64), nullable=False)
    citizen_id = Column(ForeignKey("citizen.id"), nullable=False)
    what = Column(String(40), nullable=False)  # use case
    case_id = Column(ForeignKey("cases.id"))


class GatewayFailure(Base):
    """When a gateway last failed; everybody is told the same, so that a failing SMS says nothing about an ID."""

    __tablename__ = "gateway_failure"
    name = Column(String(20), primary_key=True)
    failed_at = Column(UtcDateTime, nullable=False)

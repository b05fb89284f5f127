import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from actions.case_db.models import Case, Citizen, Invoice, Measure, Payment, PaymentStage, Position, Request

NOW = dt.datetime(2025, 3, 2, 9, 30, tzinfo=dt.timezone.utc)
TODAY = NOW.date()


@pytest.fixture
def session(either_engine):
    with Session(either_engine, future=True) as session:
        yield session


@pytest.fixture
def case(session) -> Case:
    case = court_case(citizen=Citizen(national_id="1900100015", name="نورة", mobile="+966500000001"))
    session.add(case)
    session.commit()
    return case


def court_case(**changes) -> Case:
    columns = {
        "number": "4500000001",
        "kind": "court",
        "state": "in_force",
        "opened_on": TODAY,
        "court": "محكمة التنفيذ بالرياض",
        "creditor": "مؤسسة ركن الواحة للتجارة",
        "claim": Decimal("100.00"),
    }
    return Case(**{**columns, **changes})


def invoice(case: Case, number: str = "700000000001", **changes) -> Invoice:
    columns = {"amount": Decimal("100.00"), "state": "issued", "issued_at": NOW, "due_on": TODAY}
    return Invoice(case=case, number=number, **{**columns, **changes})


def lift_request(case: Case, number: str, **changes) -> Request:
    columns = {"kind": "lift", "state": "filed", "reason": "سداد", "filed_at": NOW}
    return Request(case=case, number=number, **{**columns, **changes})


def government_columns(**changes) -> dict:
    columns = {"kind": "government", "court": None, "creditor": None, "claim": None}
    return {**columns, "body": "أمانة المنطقة", "basis": "سند نظامي", "stage": 2, **changes}


def refused(session: Session, row: object) -> None:
    session.add(row)
    with pytest.raises(IntegrityError):
        session.commit()
    session.rollback()


def test_two_standing_invoices_of_a_case_are_refused(session, case):
    session.add(invoice(case))
    session.commit()
    refused(session, invoice(case, "700000000002"))


def test_a_new_invoice_may_follow_one_that_no_longer_stands(session, case):
    session.add_all([invoice(case, state="expired"), invoice(case, "700000000002")])
    session.commit()
    assert [row.state for row in case.invoices] == ["expired", "issued"]


@pytest.mark.parametrize("amount", [Decimal("0"), Decimal("-0.01")])
def test_sums_of_nothing_or_less_are_refused(session, case, amount):
    refused(session, invoice(case, amount=amount))
    refused(session, court_case(number="4500000002", citizen_id=case.citizen_id, claim=amount))
    paid = invoice(case)
    session.add(paid)
    session.commit()
    refused(session, Payment(invoice_id=paid.id, reference="r", amount=amount, paid_at=NOW))


def test_orphan_rows_are_refused(session, case):
    refused(session, court_case(number="4500000002", citizen_id=999))
    refused(session, Measure(case_id=999, kind="travel_ban", ordered_on=TODAY))
    refused(session, Payment(invoice_id=999, reference="r", amount=Decimal(1), paid_at=NOW))
    with pytest.raises(IntegrityError):
        session.execute(text("DELETE FROM citizen"))


@pytest.mark.parametrize(
    "columns",
    [
        {"creditor": None},
        {"court": None},
        {"claim": None},
        {"body": "أمانة المنطقة"},
        {"kind": "other"},
        {"state": "lifted"},
        {"lifted_at": NOW},
        government_columns(body=None),
        government_columns(basis=None),
        government_columns(stage=None),
        government_columns(stage=4),
        government_columns(claim=Decimal(1)),
    ],
)
def test_a_case_has_the_columns_of_its_kind_and_state(session, case, columns):
    refused(session, court_case(number="4500000002", citizen_id=case.citizen_id, **columns))


def test_a_government_case_is_accepted_without_claim(session, case):
    session.add(court_case(number="8000000001", citizen_id=case.citizen_id, **government_columns()))
    session.commit()


def test_two_open_requests_of_a_kind_are_refused(session, case):
    session.add(lift_request(case, "81000001", state="refused"))
    session.add(lift_request(case, "81000002", state="under_review"))
    session.add(lift_request(case, "61000001", kind="grace", months=6))
    session.commit()
    refused(session, lift_request(case, "81000003"))


@pytest.mark.parametrize(
    "columns", [{"months": 6}, {"kind": "grace"}, {"kind": "grace", "months": 0}, {"kind": "grace", "months": 25}]
)
def test_only_grace_has_months_from_1_to_24(session, case, columns):
    refused(session, lift_request(case, "81000001", **columns))


def test_a_payment_is_counted_once(session, case):
    first, second = invoice(case, state="paid"), invoice(case, "700000000002", state="paid")
    session.add(Payment(invoice=first, reference="r", amount=Decimal(1), paid_at=NOW))
    session.add(second)
    session.commit()
    refused(session, Payment(invoice_id=second.id, reference="r", amount=Decimal(1), paid_at=NOW))
    refused(session, Payment(invoice_id=first.id, reference="other", amount=Decimal(1), paid_at=NOW))


@pytest.mark.parametrize("stage", [0, 6])
def test_a_payment_has_five_stages(session, case, stage):
    payment = Payment(invoice=invoice(case, state="paid"), reference="r", amount=Decimal(1), paid_at=NOW)
    session.add(payment)
    session.commit()
    refused(session, PaymentStage(payment_id=payment.id, stage=stage, reached_at=NOW))


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"conversation": "c", "citizen_id": 1},
        {"conversation": "c", "guide": "pay"},
        {"conversation": "c", "step": 1},
        {"conversation": "c", "guide": "pay", "step": 0},
    ],
)
def test_a_position_has_one_owner_and_a_guide_its_step(session, case, columns):
    refused(session, Position(updated_at=NOW, **columns))


@pytest.mark.parametrize("amount", ["0.01", "14250.00", "99999999999.99"])
def test_money_comes_back_exact_with_two_places(session, case, amount):
    session.add(invoice(case, amount=Decimal(amount)))
    session.commit()
    stored = session.scalar(text("SELECT amount FROM invoice"))
    assert stored == int(Decimal(amount) * 100)
    assert str(case.invoices[0].amount) == amount


def test_part_of_a_halala_is_refused(session, case):
    session.add(invoice(case, amount=Decimal("0.001")))
    with pytest.raises(StatementError, match="decimal places"):
        session.commit()


def test_times_come_back_aware_in_utc(session, case):
    riyadh = dt.timezone(dt.timedelta(hours=3))
    session.add(invoice(case, issued_at=NOW.astimezone(riyadh)))
    session.commit()
    assert case.invoices[0].issued_at == NOW
    assert case.invoices[0].issued_at.tzinfo is dt.timezone.utc


def test_naive_times_are_refused(session, case):
    session.add(invoice(case, issued_at=NOW.replace(tzinfo=None)))
    with pytest.raises(StatementError, match="naive"):
        session.commit()

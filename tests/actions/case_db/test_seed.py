import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.case_db import repository
from actions.case_db.models import MEASURE_KINDS, Case, Citizen, Invoice, Payment, PaymentStage, Request
from actions.case_db.seed import PEOPLE, PERSONAS, RIYADH, STOPPED, population, seed
from actions.settings import SettingsError, settings
from bot.text.national_id import is_valid_national_id

ROOT = Path(__file__).parents[3]
TODAY = dt.date(2025, 3, 2)


@pytest.fixture
def session(seeded_engine):
    with Session(seeded_engine, future=True) as session:
        yield session


def cases(session, key: str) -> list[Case]:
    national_id = next(persona.national_id for persona in PERSONAS if persona.key == key)
    return repository.cases_of(session, repository.citizen_by_national_id(session, national_id).id)


def only_case(session, key: str) -> Case:
    (case,) = cases(session, key)
    return case


def in_force(case: Case) -> list[str]:
    return [measure.kind for measure in case.measures if measure.lifted_on is None]


def described(today: dt.date) -> list[tuple]:
    return [
        (
            (person.national_id, person.name, person.mobile),
            [
                (
                    (case.number, case.creditor, case.claim, case.body, case.state, (today - case.opened_on).days),
                    [(invoice.number, invoice.amount, (today - invoice.due_on).days) for invoice in case.invoices],
                    [(request.number, request.state) for request in case.requests],
                )
                for case in person.cases
            ],
        )
        for person in population(today)
    ]


def test_the_same_people_every_time_and_on_every_day():
    assert described(TODAY) == described(TODAY) == described(TODAY + dt.timedelta(days=400))


def test_seeds_either_database_once(either_engine):
    assert seed(either_engine, TODAY) == PEOPLE
    assert seed(either_engine, TODAY) == 0
    with Session(either_engine, future=True) as session:
        assert session.scalar(select(func.count()).select_from(Citizen)) == PEOPLE


def test_seeding_is_refused_in_production(engine, monkeypatch):
    monkeypatch.setenv("BOT_ENV", "production")
    settings.cache_clear()
    try:
        with pytest.raises(SettingsError, match="BOT_ENV=production"):
            seed(engine)
    finally:
        settings.cache_clear()
    with Session(engine, future=True) as session:
        assert session.scalar(select(func.count()).select_from(Citizen)) == 0


def test_ids_and_mobiles_are_of_the_invented_ranges(session):
    people = session.scalars(select(Citizen)).all()
    assert all(is_valid_national_id(person.national_id) for person in people)
    assert {person.national_id[:2] for person in people} == {"19", "29"}
    assert all(re.fullmatch(r"\+96650000\d{4}", person.mobile) for person in people)
    assert len({person.mobile for person in people}) == PEOPLE


def test_numbers_have_their_form(session):
    for column, form in (
        (Case.number, r"(45|80)\d{8}"),
        (Invoice.number, r"70\d{10}"),
        (Request.number, r"[86]1\d{6}"),
    ):
        assert all(re.fullmatch(form, number) for number in session.scalars(select(column)))


def test_every_state_is_there(session):
    def found(column):
        return set(session.scalars(select(column).distinct()))

    assert found(Case.kind) == {"court", "government"}
    assert found(Case.state) >= {"in_force", "grace", "lifted"}
    assert found(Case.stage) == {None, 1, 2, 3}
    assert found(Invoice.state) == {"issued", "paid", "expired", "cancelled"}
    assert found(PaymentStage.stage) == {1, 2, 3, 4, 5}
    requests = set(session.execute(select(Request.kind, Request.state)).all())
    assert requests == {
        (kind, state) for kind in ("lift", "grace") for state in ("filed", "under_review", "granted", "refused")
    }
    assert {measure.kind for case in session.scalars(select(Case)) for measure in case.measures} == set(MEASURE_KINDS)
    open_court = [case for case in session.scalars(select(Case).where(Case.kind == "court", Case.state == "in_force"))]
    assert any(case.referred_on is None for case in open_court)
    assert any(case.decision_34_on is None for case in open_court)
    assert any(case.decision_34_on and not case.decision_46_on for case in open_court)
    assert any(0 < repository.deposited(case) < case.claim for case in open_court)


def test_nothing_happened_after_now_or_in_the_wrong_order(session):
    now = dt.datetime.now(dt.timezone.utc)
    for case in session.scalars(select(Case)):
        days = [case.opened_on, case.referred_on, case.decision_34_on, case.decision_46_on]
        known = [day for day in days if day]
        assert known == sorted(known)
        assert known[-1] <= now.astimezone(RIYADH).date()
        for request in case.requests:
            assert request.filed_at < (request.decided_at or now) <= now
        for invoice in case.invoices:
            reached = [stage.reached_at for stage in invoice.payment.stages] if invoice.payment else []
            assert [invoice.issued_at, *reached, now] == sorted([invoice.issued_at, *reached, now])


def test_a_paid_invoice_has_its_payment_and_no_other_has_one(session):
    for invoice in session.scalars(select(Invoice)):
        assert (invoice.state == "paid") == (invoice.payment is not None)
    for payment in session.scalars(select(Payment)):
        assert [stage.stage for stage in payment.stages] == list(range(1, len(payment.stages) + 1))


def test_services_stopped_are_known_ones():
    known = {service["key"] for service in yaml.safe_load((ROOT / "data/reference/services.yml").read_text("utf-8"))}
    assert set(STOPPED[3]) <= known


# What each persona promises


def test_one_case_can_get_an_invoice(session):
    case = only_case(session, "one_case")
    assert (case.kind, case.state, case.claim) == ("court", "in_force", Decimal("14250.00"))
    assert case.decision_34_on and case.opened_on < case.referred_on < dt.date.today() - dt.timedelta(days=14)
    assert in_force(case) == ["travel_ban", "bank_bar"]
    assert case.invoices == case.requests == []


def test_three_cases_are_of_both_kinds(session):
    assert sorted(case.kind for case in cases(session, "three_cases")) == ["court", "court", "government"]
    assert {case.state for case in cases(session, "three_cases")} == {"in_force"}


def test_no_case(session):
    assert cases(session, "no_case") == []


def test_unpaid_invoice_stands_and_is_not_overdue(session):
    (invoice,) = only_case(session, "unpaid_invoice").invoices
    assert (invoice.state, invoice.amount, invoice.payment) == ("issued", Decimal("23400.00"), None)
    assert invoice.due_on > dt.date.today()


def test_paid_invoice_is_at_the_first_stage(session):
    case = only_case(session, "paid_invoice")
    assert (case.state, case.invoices[0].state, repository.remaining(case)) == ("in_force", "paid", 0)
    assert [stage.stage for stage in case.invoices[0].payment.stages] == [1]


def test_lift_filed_is_paid_and_waits(session):
    case = only_case(session, "lift_filed")
    assert repository.remaining(case) == 0
    assert repository.newest_payment(case).stages[-1].stage == 4
    assert [(request.kind, request.state) for request in case.requests] == [("lift", "filed")]
    assert in_force(case)


def test_lifted_has_nothing_in_force(session):
    case = only_case(session, "lifted")
    assert (case.state, in_force(case)) == ("lifted", [])
    assert repository.newest_payment(case).stages[-1].stage == 5
    assert [(request.kind, request.state) for request in case.requests] == [("lift", "granted")]


def test_resident_has_an_iqama_and_a_court_case(session):
    case = only_case(session, "resident")
    assert case.citizen.national_id.startswith("29")
    assert (case.kind, case.state, case.invoices) == ("court", "in_force", [])


def test_grace_granted_runs_and_its_measures_rest(session):
    case = only_case(session, "grace_granted")
    assert (case.state, in_force(case)) == ("grace", [])
    assert case.grace_until > dt.date.today() + dt.timedelta(days=60)
    assert [(request.kind, request.state, request.months) for request in case.requests] == [("grace", "granted", 6)]


def test_government_case_is_in_its_second_stage(session):
    case = only_case(session, "government_case")
    today = dt.datetime.now(RIYADH).date()
    assert (case.kind, case.stage, case.claim, case.services_stopped) == ("government", 2, None, STOPPED[2])
    assert case.stage_since < today <= case.stage_until

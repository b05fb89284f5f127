import datetime as dt
import threading
from decimal import Decimal

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from actions.case_db import repository
from actions.case_db.models import Case, Citizen, Invoice
from actions.case_db.seed import PERSONAS, seed

ID_OF = {persona.key: persona.national_id for persona in PERSONAS}


@pytest.fixture
def session(seeded_engine):
    with Session(seeded_engine, future=True) as session:
        yield session


def cases_of(session, persona: str) -> list[Case]:
    return repository.cases_of(session, repository.citizen_by_national_id(session, ID_OF[persona]).id)


def test_nobody_is_found_under_an_unknown_id(session):
    assert repository.citizen_by_national_id(session, "1000000008") is None


@pytest.mark.parametrize("persona", ["three_cases", "lifted"])
def test_everything_of_all_cases_is_loaded_in_few_queries(session, persona):
    citizen = repository.citizen_by_national_id(session, ID_OF[persona])
    queries = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *call: queries.append(call[2]))
    cases = repository.cases_of(session, citizen.id)
    loaded = len(queries)
    seen = [
        (case.measures, case.requests, [invoice.payment and invoice.payment.stages for invoice in case.invoices])
        for case in cases
    ]
    assert seen and loaded <= 6
    assert len(queries) == loaded


def test_somebody_elses_case_reads_as_none(session):
    case = cases_of(session, "one_case")[0]
    other = repository.citizen_by_national_id(session, ID_OF["no_case"])
    assert repository.case_by_number(session, case.number, citizen_id=case.citizen_id) is case
    assert repository.case_by_number(session, case.number, citizen_id=other.id) is None
    assert repository.case_by_number(session, "4500000000") is None


def test_deposited_and_remaining(session):
    unpaid, paid = cases_of(session, "unpaid_invoice")[0], cases_of(session, "paid_invoice")[0]
    assert (repository.deposited(unpaid), repository.remaining(unpaid)) == (0, Decimal("23400.00"))
    assert (repository.deposited(paid), repository.remaining(paid)) == (Decimal("6750.00"), 0)
    assert repository.newest_payment(unpaid) is None
    assert repository.newest_payment(paid) is paid.invoices[0].payment


def test_new_numbers_have_their_form_and_are_free(session, monkeypatch):
    taken = session.scalars(select(Invoice.number)).first()
    drawn = iter([int(taken[2:]), 42])
    monkeypatch.setattr(repository.secrets, "randbelow", lambda limit: next(drawn))
    assert repository.new_number(session, Invoice.number, prefix="70", digits=12) == "700000000042"


def test_who_locks_a_case_is_waited_for_and_what_she_wrote_is_seen(either_engine):
    seed(either_engine)
    with Session(either_engine, future=True) as session:
        number = session.scalars(select(Case.number).where(Case.kind == "court")).first()
    locked, seen = threading.Event(), []

    def second():
        with Session(either_engine, future=True) as session:
            locked.wait(5)
            seen.append(repository.case_by_number(session, number, lock=True).creditor)

    thread = threading.Thread(target=second)
    thread.start()
    with Session(either_engine, future=True) as session:
        case = repository.case_by_number(session, number, lock=True)
        locked.set()
        thread.join(0.3)
        assert seen == []
        case.creditor = "مؤسسة أخرى"
        session.commit()
    thread.join(5)
    assert seen == ["مؤسسة أخرى"]


def test_a_million_cases_are_not_read_for_one(session):
    """Each query of `cases_of` goes by an index."""
    statements = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *call: statements.append(call[2:4]))
    for persona in PERSONAS:
        cases_of(session, persona.key)
    for statement, values in list(statements):
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        assert not [step for *_, step in plan if step.startswith("SCAN")], statement


def test_cases_come_oldest_first(session):
    for citizen_id in session.scalars(select(Citizen.id).limit(60)).all():
        opened: list[dt.date] = [case.opened_on for case in repository.cases_of(session, citizen_id)]
        assert opened == sorted(opened)

import datetime as dt
from decimal import Decimal

import pytest

from actions.case_db.models import Case
from actions.case_db.seed import PERSONAS
from actions.gateways.cases import DAYS_TO_PAY, RIYADH

ID_OF = {persona.key: persona.national_id for persona in PERSONAS}


@pytest.fixture
def case_of(uow):
    def case_of(persona: str) -> Case:
        return uow.cases.cases_of(uow.cases.find_citizen(ID_OF[persona]).id)[0]

    return case_of


def test_a_person_is_found_by_her_id_and_again_by_ours(uow):
    citizen = uow.cases.find_citizen(ID_OF["resident"])
    assert citizen.national_id == ID_OF["resident"]
    assert uow.cases.citizen(citizen.id) is citizen
    assert uow.cases.find_citizen("1000000008") is None


def test_a_case_is_given_to_its_owner_only(uow, case_of):
    case, other = case_of("one_case"), uow.cases.find_citizen(ID_OF["no_case"])
    assert uow.cases.case(case.citizen_id, case.number, lock=True) is case
    assert uow.cases.case(other.id, case.number) is None
    assert uow.cases.cases_of(other.id) == []


def test_an_invoice_asks_for_what_remains_of_the_claim(uow, case_of, clock):
    case = case_of("one_case")
    assert uow.cases.standing_invoice(case) is None
    invoice = uow.cases.issue_invoice(case)
    uow.commit()
    assert uow.cases.standing_invoice(case) is invoice
    assert (invoice.amount, invoice.state, invoice.issued_at) == (Decimal("14250.00"), "issued", clock())
    assert invoice.due_on == clock().astimezone(RIYADH).date() + dt.timedelta(days=DAYS_TO_PAY)
    assert invoice.number.startswith("70") and len(invoice.number) == 12


def test_days_are_those_of_riyadh(uow, case_of, clock):
    clock.now = dt.datetime(2025, 3, 2, 22, 0, tzinfo=dt.timezone.utc)  # the third, one in the morning
    assert uow.cases.issue_invoice(case_of("one_case")).due_on == dt.date(2025, 4, 2)


def test_an_invoice_beyond_its_date_expires_and_makes_room(uow, case_of, clock):
    case = case_of("unpaid_invoice")
    old = uow.cases.standing_invoice(case)
    clock.move(days=DAYS_TO_PAY)
    assert uow.cases.standing_invoice(case) is None
    new = uow.cases.issue_invoice(case)
    uow.commit()
    assert (old.state, new.state, case.invoices) == ("expired", "issued", [old, new])


@pytest.mark.parametrize(("kind", "prefix", "months"), [("lift", "81", None), ("grace", "61", 6)])
def test_a_request_is_filed_with_its_number(uow, case_of, clock, kind, prefix, months):
    case = case_of("one_case")
    request = uow.cases.file_request(case, kind=kind, reason="سداد", months=months)
    uow.commit()
    assert case.requests == [request]
    assert (request.state, request.months, request.filed_at) == ("filed", months, clock())
    assert request.number.startswith(prefix) and len(request.number) == 8

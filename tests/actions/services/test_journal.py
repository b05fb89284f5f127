from __future__ import annotations

from sqlalchemy import select

from actions.case_db.models import Access, Journal
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.journal import looked, record
from tests.actions.services.people import citizen
from tests.fakes import Clock


def test_a_change_is_kept_with_who_when_and_what(uow: UnitOfWork, clock: Clock) -> None:
    case = citizen(uow, "one_case").cases[0]
    record(uow, "bank", "payment_recorded", case, amount="10.00")
    uow.commit()
    row = uow.session.scalars(select(Journal)).one()
    assert (row.at, row.actor, row.action, row.case_id) == (clock.now, "bank", "payment_recorded", case.id)
    assert row.details == {"amount": "10.00"}


def test_a_look_is_kept_with_who_when_and_what(uow: UnitOfWork, clock: Clock) -> None:
    person = citizen(uow, "one_case")
    looked(uow, "c1", person.id, "find_case", person.cases[0])
    uow.commit()
    row = uow.session.scalars(select(Access)).one()
    assert (row.at, row.conversation, row.citizen_id, row.what, row.case_id) == (
        clock.now,
        "c1",
        person.id,
        "find_case",
        person.cases[0].id,
    )

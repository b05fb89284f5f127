from __future__ import annotations

from sqlalchemy import select

from actions.case_db.models import Journal, Notice
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.cases import find_case
from actions.services.lift import lift_case
from tests.actions.services.people import citizen, count, speaks
from tests.fakes import Clock


def test_a_lift_ends_the_case_its_measures_and_its_standing_invoice_and_is_told(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "unpaid_invoice")
    lift_case(uow, citizen(uow, "unpaid_invoice").cases[0], "authority")
    uow.commit()
    view = find_case(uow, conversation="c1", number=number)
    assert (view.state, view.lifted_at, view.measures, view.invoice.state) == ("lifted", clock.now, [], "cancelled")
    notice = uow.session.scalars(select(Notice)).one()
    assert (notice.kind, notice.values["case_kind"]) == ("lifted", "court")
    assert notice.values["lifted_at"] == clock.now.isoformat()
    assert count(uow, Journal, action="lifted", actor="authority") == 1


def test_what_was_lifted_before_keeps_its_day(uow: UnitOfWork) -> None:
    speaks(uow, "grace_granted")
    case = citizen(uow, "grace_granted").cases[0]
    before = [measure.lifted_on for measure in case.measures]
    lift_case(uow, case, "authority")
    assert all(before) and [measure.lifted_on for measure in case.measures] == before

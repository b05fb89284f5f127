"""The end of a suspension, however it came about."""

from __future__ import annotations

from actions.case_db.models import Case
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.calendar import riyadh_date
from actions.services.journal import record
from actions.services.notices import add_notice


def lift_case(uow: UnitOfWork, case: Case, actor: str) -> None:
    """The case, its measures and open lift requests; an invoice that still stands is cancelled. Tells the citizen."""
    now = uow.now()
    case.state, case.lifted_at = "lifted", now
    lift_measures(uow, case)
    for request in case.requests:
        if request.kind == "lift" and request.decided_at is None:
            request.state, request.decided_at = "granted", now
    cancel_standing(case)
    record(uow, actor, "lifted", case)
    values = {"lifted_at": now, "case_kind": case.kind}
    add_notice(uow, case.citizen_id, "lifted", f"lifted:{case.number}:{now.isoformat()}", values, case.id)


def lift_measures(uow: UnitOfWork, case: Case) -> None:
    today = riyadh_date(uow.now())
    for measure in case.measures:
        measure.lifted_on = measure.lifted_on or today


def cancel_standing(case: Case) -> None:
    for invoice in case.invoices:
        if invoice.state == "issued":
            invoice.state = "cancelled"

"""Requests in a court case: to lift its measures, or for time to pay (grace). One open of a kind a case."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from actions.case_db import repository
from actions.case_db.models import Case, Request
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.calendar import add_months, lift_window, riyadh_date
from actions.services.documents import attach, drop_waiting
from actions.services.errors import BadValue, NotApplicable, NotApplied, NotFound, NothingToPay
from actions.services.invoices import require_payable
from actions.services.journal import looked, record
from actions.services.lift import lift_case, lift_measures
from actions.services.notices import add_notice
from actions.services.outcomes import once
from actions.services.payments import LIFTED, move_on, payment_view, travelling
from actions.services.verification import require_citizen

OPEN = frozenset({"filed", "under_review"})
MOST_MONTHS = 24
LONGEST_REASON = 2000
HIGHEST_STAGE = 3
STAGE_LASTS = dt.timedelta(days=15)
"""In the demonstration."""


@dataclass(frozen=True)
class RequestView:
    number: str
    kind: str
    """lift or grace."""
    case_number: str
    state: str
    """filed, under_review, granted or refused."""
    months: int | None
    filed_at: dt.datetime
    decided_at: dt.datetime | None
    earliest: dt.date | None
    latest: dt.date | None
    """When the lift may be expected; None for a grace request, of which no time is told anywhere."""
    unpaid: bool
    """A lift asked for while something is left to pay and no grace runs."""


@dataclass(frozen=True)
class RequestFiled:
    request: RequestView
    new: bool
    documents: int = 0
    """Attached to it."""


@once("file_lift_request")
def file_lift_request(
    uow: UnitOfWork, *, conversation: str, message_id: str, case_number: str, reason: str
) -> RequestFiled:
    """Taken before full payment as well: `unpaid` then chooses the words."""
    case = _own_case(uow, conversation, case_number)
    if case.kind == "government":
        raise NotApplicable("government")
    if case.state == "lifted":
        raise NothingToPay("lifted")
    return _file(uow, conversation, case, "lift", reason)


@once("file_grace_request")
def file_grace_request(
    uow: UnitOfWork, *, conversation: str, message_id: str, case_number: str, months: int, reason: str
) -> RequestFiled:
    case = _own_case(uow, conversation, case_number)
    require_payable(case)
    if not 1 <= months <= MOST_MONTHS:
        raise BadValue("months")
    return _file(uow, conversation, case, "grace", reason, months)


def my_requests(uow: UnitOfWork, *, conversation: str) -> list[RequestView]:
    """Oldest first."""
    citizen = require_citizen(uow, conversation=conversation)
    requests = [request for case in uow.cases.cases_of(citizen.id) for request in case.requests]
    views = [request_view(uow, request) for request in sorted(requests, key=lambda request: request.filed_at)]
    looked(uow, conversation, citizen.id, "my_requests")
    uow.commit()
    return views


@once("advance_request", key="event_id")
def advance_request(uow: UnitOfWork, *, event_id: str, case_number: str, actor: str) -> RequestView:
    """The open request filed first: filed → under review → granted."""
    case = _any_case(uow, case_number)
    request = _first_open(case)
    if request is None:
        raise NotFound
    return _move_on(uow, case, request, actor)


@once("advance_case", key="event_id")
def advance_case(uow: UnitOfWork, *, event_id: str, case_number: str, actor: str) -> str:
    """Whatever comes next in a case, for a demonstration: its payment, its request, its stage. Says what happened:
    payment_<stage>, request_<state>, stage_<stage>, lifted or nothing."""
    case = _any_case(uow, case_number)
    payment, request = travelling(case), _first_open(case)
    if payment is not None:
        stage = move_on(uow, case, payment, actor).stage
        return "lifted" if case.state == "lifted" else f"payment_{stage}"
    if request is not None:
        state = _move_on(uow, case, request, actor).state
        return "lifted" if case.state == "lifted" else f"request_{state}"
    if case.kind == "court" or case.state == "lifted":
        return "nothing"
    if case.stage < HIGHEST_STAGE:
        _raise_stage(uow, case, actor)
        return f"stage_{case.stage}"
    lift_case(uow, case, actor)
    return "lifted"


# as the authority reports it, in the caller's transaction; what is so already changes nothing


def lift(uow: UnitOfWork, *, case_number: str, actor: str) -> None:
    case = _any_case(uow, case_number)
    payment = travelling(case)
    if payment is not None and payment_view(payment).stage == LIFTED - 1:
        move_on(uow, case, payment, actor)  # its last stage is the lift
    if case.state != "lifted":
        lift_case(uow, case, actor)


def reach_stage(uow: UnitOfWork, *, case_number: str, stage: int, actor: str) -> None:
    """Of a suspension by a government body; none is left out or taken back."""
    case = _any_case(uow, case_number)
    if case.kind != "government":
        raise NotApplied("court_case")
    if stage == case.stage:
        return
    if case.state == "lifted":
        raise NotApplied("lifted")
    if stage < case.stage:
        raise NotApplied("backwards")
    if stage > case.stage + 1:
        raise NotApplied("stage_left_out")
    _raise_stage(uow, case, actor)


def reach_state(uow: UnitOfWork, *, case_number: str, request_number: str, state: str, actor: str) -> None:
    """`state`: under_review or granted. One that is granted at once was never under review."""
    case = _any_case(uow, case_number)
    request = next((request for request in case.requests if request.number == request_number), None)
    if request is None:
        raise NotFound("request")
    if request.state == state:
        return
    if request.state not in OPEN:
        raise NotApplied("decided")
    if case.state == "lifted":
        raise NotApplied("lifted")
    if state == "under_review":
        _look_at(uow, case, request)
    else:
        _grant(uow, case, request, actor)
    record(uow, actor, f"request_{request.state}", case, request=request.number)


def request_view(uow: UnitOfWork, request: Request) -> RequestView:
    case, is_lift = request.case, request.kind == "lift"
    earliest, latest = lift_window(request.filed_at, case.kind) if is_lift else (None, None)
    return RequestView(
        number=request.number,
        kind=request.kind,
        case_number=case.number,
        state=request.state,
        months=request.months,
        filed_at=request.filed_at,
        decided_at=request.decided_at,
        earliest=earliest,
        latest=latest,
        unpaid=is_lift and case.state != "lifted" and bool(repository.remaining(case)) and not _grace_runs(uow, case),
    )


def _own_case(uow: UnitOfWork, conversation: str, number: str) -> Case:
    citizen = require_citizen(uow, conversation=conversation)
    case = uow.cases.case(citizen.id, number, lock=True)
    if case is None:
        raise NotFound
    return case


def _any_case(uow: UnitOfWork, number: str) -> Case:
    case = repository.case_by_number(uow.session, number, lock=True)
    if case is None:
        raise NotFound("case")
    return case


def _file(
    uow: UnitOfWork, conversation: str, case: Case, kind: str, reason: str, months: int | None = None
) -> RequestFiled:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise BadValue("reason")
    for request in case.requests:
        if request.kind == kind and request.state in OPEN:
            drop_waiting(uow, conversation)
            return RequestFiled(request_view(uow, request), new=False)
    request = uow.cases.file_request(case, kind=kind, reason=reason, months=months)
    documents = attach(uow, conversation, request)
    record(uow, conversation, "request_filed", case, request=request.number, kind=kind, documents=documents)
    return RequestFiled(request_view(uow, request), new=True, documents=documents)


def _first_open(case: Case) -> Request | None:
    waiting = [request for request in case.requests if request.state in OPEN]
    return min(waiting, key=lambda request: request.filed_at, default=None) if case.state != "lifted" else None


def _move_on(uow: UnitOfWork, case: Case, request: Request, actor: str) -> RequestView:
    if request.state == "filed":
        _look_at(uow, case, request)
    else:
        _grant(uow, case, request, actor)
    record(uow, actor, f"request_{request.state}", case, request=request.number)
    return request_view(uow, request)


def _look_at(uow: UnitOfWork, case: Case, request: Request) -> None:
    request.state = "under_review"
    values = {"request_number": request.number, "request_kind": request.kind, "filed_at": request.filed_at}
    _tell(uow, case, request, values)


def _grant(uow: UnitOfWork, case: Case, request: Request, actor: str) -> None:
    request.state, request.decided_at = "granted", uow.now()
    if request.kind == "lift":
        lift_case(uow, case, actor)
    else:
        _grant_grace(uow, case, request)


def _grant_grace(uow: UnitOfWork, case: Case, request: Request) -> None:
    case.state = "grace"
    case.grace_until = add_months(riyadh_date(uow.now()), request.months)
    lift_measures(uow, case)
    values = {
        "request_number": request.number,
        "request_kind": request.kind,
        "months": request.months,
        "grace_until": case.grace_until,
    }
    _tell(uow, case, request, values)


def _raise_stage(uow: UnitOfWork, case: Case, actor: str) -> None:
    today = riyadh_date(uow.now())
    case.stage, case.stage_since = case.stage + 1, today
    case.stage_until = today + STAGE_LASTS if case.stage < HIGHEST_STAGE else None
    record(uow, actor, "stage_raised", case, stage=case.stage)


def _tell(uow: UnitOfWork, case: Case, request: Request, values: dict[str, object]) -> None:
    kind = f"request_{request.state}"
    add_notice(uow, case.citizen_id, kind, f"{kind}:{request.number}", values, case.id)


def _grace_runs(uow: UnitOfWork, case: Case) -> bool:
    return case.state == "grace" and case.grace_until is not None and riyadh_date(uow.now()) <= case.grace_until

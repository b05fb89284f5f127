"""A citizen's cases as she sees them, and which of them a wish can be about."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from actions.case_db import repository
from actions.case_db.models import Case
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.errors import ChooseCase, NoCases, NotApplicable, NotFound, NothingToPay
from actions.services.invoices import InvoiceView, invoice_view
from actions.services.journal import looked
from actions.services.payments import PaymentView, payment_view
from actions.services.requests import RequestView, request_view
from actions.services.verification import require_citizen
from actions.settings import settings
from bot.text.digits import to_western

MARK_LENGTH = 16


@dataclass(frozen=True)
class CaseView:
    number: str
    kind: str
    """court or government; what belongs to the other kind is None or empty."""
    state: str
    """in_force, grace, lifting or lifted."""
    opened_on: dt.date
    court: str | None
    circuit: str | None
    creditor: str | None
    claim: Decimal | None
    deposited: Decimal | None
    remaining: Decimal | None
    decision_34_on: dt.date | None
    decision_46_on: dt.date | None
    measures: list[str]
    """In force."""
    grace_until: dt.date | None
    body: str | None
    basis: str | None
    stage: int | None
    stage_since: dt.date | None
    stage_until: dt.date | None
    services_stopped: list[str]
    lifted_at: dt.datetime | None
    invoice: InvoiceView | None
    """The one that stands, else the last."""
    payment: PaymentView | None
    lift_request: RequestView | None
    grace_request: RequestView | None
    """The newest of each kind."""


def mark(number: str) -> str:
    """Stands for a case in a button that is kept: tells nothing to who has only the bot's database."""
    key = settings().code_hash_key.encode()
    return hmac.new(key, f"case {number}".encode(), hashlib.sha256).hexdigest()[:MARK_LENGTH]


def my_cases(uow: UnitOfWork, *, conversation: str) -> list[CaseView]:
    """Oldest first; the order is the one ordinals count in."""
    citizen = require_citizen(uow, conversation=conversation)
    views = [case_view(uow, case) for case in uow.cases.cases_of(citizen.id)]
    looked(uow, conversation, citizen.id, "my_cases")
    uow.commit()
    return views


def find_case(uow: UnitOfWork, *, conversation: str, number: str | None = None, ordinal: int | None = None) -> CaseView:
    """By number, or by place among `my_cases` (1 is the first, -1 the last), or the only one."""
    citizen = require_citizen(uow, conversation=conversation)
    case = _pick(uow, citizen.id, number, ordinal)
    view = case_view(uow, case)
    looked(uow, conversation, citizen.id, "find_case", case)
    uow.commit()
    return view


def eligible(uow: UnitOfWork, *, conversation: str, goal: str) -> list[CaseView]:
    """The cases that `goal` can be about, at least one; raises why there is none."""
    citizen = require_citizen(uow, conversation=conversation)
    cases = uow.cases.cases_of(citizen.id)
    views = [case_view(uow, case) for case in cases]
    looked(uow, conversation, citizen.id, "eligible")
    uow.commit()
    if not views:
        raise NoCases("none")
    court = [view for view in views if view.kind == "court"]
    if not court:
        raise NotApplicable("government")
    return GOALS[goal](court)


def case_view(uow: UnitOfWork, case: Case) -> CaseView:
    is_court = case.kind == "court"
    invoice = uow.cases.standing_invoice(case) or max(case.invoices, key=lambda row: row.issued_at, default=None)
    payment = repository.newest_payment(case)
    return CaseView(
        number=case.number,
        kind=case.kind,
        state=case.state,
        opened_on=case.opened_on,
        court=case.court,
        circuit=case.circuit,
        creditor=case.creditor,
        claim=case.claim,
        deposited=repository.deposited(case) if is_court else None,
        remaining=repository.remaining(case) if is_court else None,
        decision_34_on=case.decision_34_on,
        decision_46_on=case.decision_46_on,
        measures=[measure.kind for measure in case.measures if measure.lifted_on is None],
        grace_until=case.grace_until,
        body=case.body,
        basis=case.basis,
        stage=case.stage,
        stage_since=case.stage_since,
        stage_until=case.stage_until,
        services_stopped=list(case.services_stopped),
        lifted_at=case.lifted_at,
        invoice=invoice_view(invoice) if invoice else None,
        payment=payment_view(payment) if payment else None,
        lift_request=_newest_request(uow, case, "lift"),
        grace_request=_newest_request(uow, case, "grace"),
    )


def _pick(uow: UnitOfWork, citizen_id: int, number: str | None, ordinal: int | None) -> Case:
    if number is not None:
        case = uow.cases.case(citizen_id, to_western(number.strip()))
        if case is None:
            raise NotFound
        return case
    cases = uow.cases.cases_of(citizen_id)
    if ordinal is None:
        if len(cases) > 1:
            raise ChooseCase
        ordinal = 1
    if ordinal == 0 or not -len(cases) <= ordinal <= len(cases):
        raise NotFound
    return cases[ordinal - 1 if ordinal > 0 else ordinal]


def _newest_request(uow: UnitOfWork, case: Case, kind: str) -> RequestView | None:
    requests = [request for request in case.requests if request.kind == kind]
    newest = max(requests, key=lambda request: request.filed_at, default=None)
    return request_view(uow, newest) if newest else None


def _payable(court: list[CaseView]) -> list[CaseView]:
    standing = [view for view in _not_lifted(court) if view.remaining]
    if not standing:
        raise NothingToPay("paid")
    return standing


def _reported(court: list[CaseView]) -> list[CaseView]:
    """Those where money arrived, or could have been sent."""
    touched = [view for view in court if view.payment or _has_invoice(view)]
    return [view for view in touched if view.state != "lifted"] or touched or _not_lifted(court)


def _not_lifted(court: list[CaseView]) -> list[CaseView]:
    standing = [view for view in court if view.state != "lifted"]
    if not standing:
        raise NothingToPay("lifted")
    return standing


def _with_lift_request(court: list[CaseView]) -> list[CaseView]:
    asked = [view for view in court if view.lift_request]
    if not asked:
        raise NoCases("no_request")
    return [view for view in asked if view.state != "lifted"] or asked


def _has_invoice(view: CaseView) -> bool:
    return view.invoice is not None and view.invoice.state == "issued"


GOALS: dict[str, Callable[[list[CaseView]], list[CaseView]]] = {
    "request_invoice": _payable,
    "pay_invoice": _payable,
    "report_payment": _reported,
    "request_lift": _not_lifted,
    "track_lift_request": _with_lift_request,
    "request_installment": _payable,
}

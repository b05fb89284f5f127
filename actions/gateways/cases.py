"""The authority's side: who a person is, what her cases are, invoices and requests.

To connect a ministry's system: a class with these methods, given to `UnitOfWork` as `cases=`. It answers in rows of
the case database, which then are the local copy of what the system said: bring them up to date, then return them,
so that positions, notices and the journal have something to point at. What a system refuses is one of
`actions.services.errors`; when it is away, `Unavailable("cases")` (see `actions.gateways.base.call`).
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable

from sqlalchemy.orm import Session

from actions.case_db import repository
from actions.case_db.models import Case, Citizen, Invoice, Request
from bot.text.dates import RIYADH

DAYS_TO_PAY = 30
"""What our demonstration authority gives; no official period is claimed."""
NUMBER_PREFIXES = {"lift": "81", "grace": "61"}


class CasesGateway(ABC):
    @abstractmethod
    def find_citizen(self, national_id: str) -> Citizen | None: ...

    @abstractmethod
    def citizen(self, citizen_id: int) -> Citizen:
        """Somebody who was found before."""

    @abstractmethod
    def cases_of(self, citizen_id: int) -> list[Case]:
        """Oldest first, with measures, invoices, payments, stages and requests loaded."""

    @abstractmethod
    def case(self, citizen_id: int, number: str, *, lock: bool = False) -> Case | None:
        """As `cases_of`; somebody else's is None. `lock` holds off who else would change it, until the commit."""

    @abstractmethod
    def standing_invoice(self, case: Case) -> Invoice | None:
        """The one that can be paid. One beyond its date is marked expired and no longer stands."""

    @abstractmethod
    def issue_invoice(self, case: Case) -> Invoice:
        """For what remains of the claim. The caller locked the case and knows that no invoice stands."""

    @abstractmethod
    def file_request(self, case: Case, *, kind: str, reason: str, months: int | None = None) -> Request:
        """`kind` is lift or grace; grace has `months`. The caller locked the case and knows that none is open."""


class DatabaseCases(CasesGateway):
    """The demonstration authority: the case database itself."""

    def __init__(self, session: Session, now: Callable[[], dt.datetime]) -> None:
        self.session = session
        self.now = now

    def find_citizen(self, national_id: str) -> Citizen | None:
        return repository.citizen_by_national_id(self.session, national_id)

    def citizen(self, citizen_id: int) -> Citizen:
        return self.session.get(Citizen, citizen_id)

    def cases_of(self, citizen_id: int) -> list[Case]:
        return repository.cases_of(self.session, citizen_id)

    def case(self, citizen_id: int, number: str, *, lock: bool = False) -> Case | None:
        return repository.case_by_number(self.session, number, citizen_id=citizen_id, lock=lock)

    def standing_invoice(self, case: Case) -> Invoice | None:
        standing = next((invoice for invoice in case.invoices if invoice.state == "issued"), None)
        if standing and standing.due_on < self._today():
            standing.state = "expired"
            self.session.flush()
            return None
        return standing

    def issue_invoice(self, case: Case) -> Invoice:
        invoice = Invoice(
            number=repository.new_number(self.session, Invoice.number, prefix="70", digits=12),
            amount=repository.remaining(case),
            state="issued",
            issued_at=self.now(),
            due_on=self._today() + dt.timedelta(days=DAYS_TO_PAY),
        )
        case.invoices.append(invoice)
        self.session.flush()
        return invoice

    def file_request(self, case: Case, *, kind: str, reason: str, months: int | None = None) -> Request:
        request = Request(
            number=repository.new_number(self.session, Request.number, prefix=NUMBER_PREFIXES[kind], digits=8),
            kind=kind,
            state="filed",
            reason=reason,
            months=months,
            filed_at=self.now(),
        )
        case.requests.append(request)
        self.session.flush()
        return request

    def _today(self) -> dt.date:
        return self.now().astimezone(RIYADH).date()

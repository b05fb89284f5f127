"""One transaction of the case database and the gateways that go with it.

    with unit_of_work() as uow:
        view = issue_invoice(uow, conversation=…, message_id=…, case_number=…)

Nothing is kept unless somebody commits. What must not happen before the change is safe (an SMS) is given to
`after_commit`.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from sqlalchemy import exc
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.case_db.engine import make_engine, reading
from actions.case_db.models import GatewayFailure
from actions.gateways.cases import CasesGateway, DatabaseCases
from actions.gateways.sms import HttpSms, PretendSms, SmsGateway
from actions.gateways.tickets import HttpTickets, PretendTickets, TicketsGateway
from actions.services.errors import Unavailable
from actions.settings import check_production, settings

log = logging.getLogger(__name__)

AWAY = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)
"""What SQLAlchemy raises when the database, and not what was asked of it, is the trouble."""

_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="after-commit")

Job = Callable[[], object]


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def call_now(job: Job) -> None:
    """In place of the thread pool, where a test wants to see the effect at once."""
    job()


class UnitOfWork:
    """Entered by who calls the services; may be entered again, one time after the other."""

    session: Session
    cases: CasesGateway

    def __init__(
        self,
        engine: Engine,
        *,
        sms: SmsGateway,
        tickets: TicketsGateway | None = None,
        cases: Callable[[Session, Callable[[], dt.datetime]], CasesGateway] = DatabaseCases,
        clock: Callable[[], dt.datetime] = utc_now,
        background: Callable[[Job], object] = _pool.submit,
    ) -> None:
        self.engine = engine
        self.sms = sms
        self.tickets = tickets or PretendTickets()
        self.now = clock
        self._make_cases = cases
        self._background = background
        self._jobs: list[Job] = []

    def __enter__(self) -> UnitOfWork:
        self.session = Session(self.engine, future=True)
        self.cases = self._make_cases(self.session, self.now)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        self._jobs.clear()
        try:
            self.session.close()  # rolls back what was not committed
        except AWAY:
            log.warning("closing a session of the case database failed")
        if isinstance(error, AWAY):
            log.error("case database away: %s", type(error.__cause__ or error).__name__)  # its text may hold values
            raise Unavailable("database") from error
        if isinstance(error, Unavailable) and error.reason != "database":
            self._remember_failure(error.reason)

    def commit(self) -> None:
        self.session.commit()
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            self._background(lambda job=job: self._run(job))

    def rollback(self) -> None:
        self._jobs.clear()
        self.session.rollback()

    def after_commit(self, job: Job) -> None:
        """Run `job` in another thread once the change is committed, and not at all when it is rolled back."""
        self._jobs.append(job)

    def _run(self, job: Job) -> None:
        try:
            job()
        except Unavailable as error:
            self._remember_failure(error.reason)
        except Exception as error:  # nobody waits for it: the log is the only place where it can show
            log.error("after commit: %s", type(error).__name__)

    def _remember_failure(self, gateway: str) -> None:
        """In a transaction of its own: the change that the gateway belonged to is over, or rolled back."""
        try:
            with Session(self.engine, future=True) as session:
                session.merge(GatewayFailure(name=gateway, failed_at=self.now()))
                session.commit()
        except exc.SQLAlchemyError as error:
            log.error("failure of gateway %s could not be kept: %s", gateway, type(error).__name__)


@lru_cache(maxsize=1)
def _engine() -> Engine:
    check_production(settings())
    return make_engine(settings().case_database_url)


def unit_of_work(*, only_reads: bool = False) -> UnitOfWork:
    """The one of the settings; they and the engine are read once. One that only reads waits for no writer."""
    s = settings()
    return UnitOfWork(
        reading(_engine()) if only_reads else _engine(),
        sms=HttpSms(s.sms_api_url, s.sms_api_token)
        if s.sms_api_url
        else PretendSms(s.pretend_sms_file, fails=s.pretend_sms_fails),
        tickets=HttpTickets(s.tickets_api_url, s.tickets_api_token) if s.tickets_api_url else PretendTickets(),
    )

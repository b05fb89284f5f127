"""Who speaks in these tests, and what is in the database after."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.case_db.models import Case, Citizen, Measure
from actions.case_db.seed import PERSONAS
from actions.case_db.unit_of_work import UnitOfWork, call_now
from actions.services import verification
from tests.fakes import FakeSms, FakeTickets

ID = {persona.key: persona.national_id for persona in PERSONAS}
NOBODY = "1900999994"  # well formed, and not in the population

_messages = itertools.count(1)


def message() -> str:
    return f"message-{next(_messages)}"


def citizen(uow: UnitOfWork, persona: str) -> Citizen:
    return uow.session.scalars(select(Citizen).where(Citizen.national_id == ID[persona])).one()


def case_numbers(uow: UnitOfWork, persona: str) -> list[str]:
    return [case.number for case in uow.cases.cases_of(citizen(uow, persona).id)]


def speaks(uow: UnitOfWork, persona: str, conversation: str = "c1") -> str:
    """Verified without a code; gives the number of the persona's first case."""
    verification.start(uow, conversation, citizen(uow, persona).id)
    uow.commit()
    return next(iter(case_numbers(uow, persona)), "")


def count(uow: UnitOfWork, table: Any, **where: Any) -> int:
    return uow.session.scalar(select(func.count()).select_from(table).filter_by(**where))


def one_debtor(engine: Engine, national_id: str = ID["one_case"]) -> str:
    """In an empty database: a citizen with a case that is ready for everything, verified in c1. Its number."""
    now = dt.datetime.now(dt.timezone.utc)
    long_ago = now.date() - dt.timedelta(days=60)
    case = Case(
        number="4500000001",
        kind="court",
        state="in_force",
        opened_on=long_ago,
        court="محكمة التنفيذ بالرياض",
        creditor="مؤسسة ركن الواحة للتجارة",
        claim=Decimal("5000.50"),
        referred_on=long_ago,
        decision_34_on=long_ago,
        measures=[Measure(kind="travel_ban", ordered_on=long_ago)],
    )
    debtor = Citizen(national_id=national_id, name="نورة سالم", mobile="+966500000001", cases=[case])
    with UnitOfWork(engine, sms=FakeSms()) as uow:
        uow.session.add(debtor)
        uow.session.flush()
        verification.start(uow, "c1", debtor.id)
        uow.commit()
        return case.number


def at_once(engine: Engine, sms: FakeSms, *calls: Callable[[UnitOfWork], Any]) -> list[Any]:
    """Each call in a thread and a unit of work of its own, begun together; what each returned or raised."""
    ready, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int, call: Callable[[UnitOfWork], Any]) -> None:
        try:
            with UnitOfWork(engine, sms=sms, tickets=FakeTickets(), background=call_now) as uow:
                ready.wait(timeout=10)
                results[place] = call(uow)
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def how_many(engine: Engine, table: Any, **where: Any) -> int:
    with Session(engine, future=True) as session:
        return session.scalar(select(func.count()).select_from(table).filter_by(**where))

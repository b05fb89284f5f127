"""Files that a citizen sends before a request is filed: each waits, then goes with the request or is dropped.

The bytes lie outside the database (bot/delivery/documents.py); here stands whose they are and what they belong to.
Waiting files belong to one conversation, citizen, case and kind of request: what was sent for one is never filed
with another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.sql import Select

from actions.case_db.models import Document, Request
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.errors import BadValue, NotFound
from actions.services.journal import record
from actions.services.outcomes import once
from actions.services.verification import require_citizen, verified_id

MOST = 5
"""Documents of one request."""
WAITS = dt.timedelta(hours=24)
"""How long a file waits for its request: longer than any verification holds, and no longer."""
RETENTION = dt.timedelta(days=90)
"""How long documents are kept once their request was decided: time to ask again or to object with the same papers.
No law that we know names a period for them, so it is the shortest that serves the citizen."""


@dataclass(frozen=True)
class DocumentAdded:
    number: int
    """Which one it is for its request, from 1."""


@once("add_document")
def add_document(
    uow: UnitOfWork,
    *,
    conversation: str,
    message_id: str,
    case_number: str,
    request_kind: str,
    document_id: str,
    kind: str,
    size: int,
) -> DocumentAdded:
    """`kind` and `size` are what the door found in the content, not what was said of it."""
    citizen = require_citizen(uow, conversation=conversation)
    case = uow.cases.case(citizen.id, case_number, lock=True)
    if case is None:
        raise NotFound
    before = _count(uow, _waiting(conversation, citizen.id, case.id, request_kind))
    if before >= MOST:
        raise BadValue("documents")
    uow.session.add(
        Document(
            id=document_id,
            citizen_id=citizen.id,
            case_id=case.id,
            request_kind=request_kind,
            conversation=conversation,
            kind=kind,
            size=size,
            received_at=uow.now(),
        )
    )
    record(uow, conversation, "document_received", case, document=document_id, kind=kind, size=size)
    return DocumentAdded(before + 1)


def waiting(uow: UnitOfWork, *, conversation: str, case_number: str, request_kind: str) -> int:
    """How many would go with the request now."""
    citizen_id = verified_id(uow, conversation)
    case = uow.cases.case(citizen_id, case_number) if citizen_id else None
    return _count(uow, _waiting(conversation, citizen_id, case.id, request_kind)) if case else 0


def drop(uow: UnitOfWork, *, conversation: str) -> None:
    """Nothing is filed after all. The same call twice is one."""
    drop_waiting(uow, conversation)
    uow.commit()


# in the caller's transaction


def attach(uow: UnitOfWork, conversation: str, request: Request) -> int:
    """Everything that waits for this request goes with it; how many."""
    case = request.case
    ids = list(uow.session.scalars(_waiting(conversation, case.citizen_id, case.id, request.kind)))
    attached = update(Document).where(Document.id.in_(ids)).values(request_id=request.id)
    uow.session.execute(attached.execution_options(synchronize_session="fetch"))
    return len(ids)


def drop_waiting(uow: UnitOfWork, conversation: str, citizen_id: int | None = None) -> None:
    """Of a conversation, and of the citizen where she is known: what waits there goes with nothing any more."""
    owned = [Document.conversation == conversation]
    if citizen_id is not None:
        owned.append(Document.citizen_id == citizen_id)
    dropped = update(Document).where(or_(*owned), Document.request_id.is_(None), Document.dropped_at.is_(None))
    uow.session.execute(dropped.values(dropped_at=uow.now()).execution_options(synchronize_session="fetch"))


# what the bytes are removed by


def overdue(uow: UnitOfWork, *, most: int) -> list[str]:
    """Documents that are kept for nothing any more: dropped, waiting too long, or of a request decided long ago."""
    now = uow.now()
    found = (
        select(Document.id)
        .outerjoin(Request, Request.id == Document.request_id)
        .where(
            or_(
                Document.dropped_at.is_not(None),
                Document.request_id.is_(None) & (Document.received_at < now - WAITS),
                Request.decided_at < now - RETENTION,
            )
        )
        .limit(most)
    )
    return list(uow.session.scalars(found))


def known(uow: UnitOfWork, *, document_ids: Iterable[str]) -> set[str]:
    """Those of them that have a row."""
    return set(uow.session.scalars(select(Document.id).where(Document.id.in_(list(document_ids)))))


def remove(uow: UnitOfWork, *, document_ids: Iterable[str]) -> None:
    """The rows; the files must be gone by then, since the rows are what they are found by."""
    gone = delete(Document).where(Document.id.in_(list(document_ids)))
    uow.session.execute(gone.execution_options(synchronize_session=False))
    uow.commit()


def _waiting(conversation: str, citizen_id: int, case_id: int, request_kind: str) -> Select:
    return select(Document.id).where(
        Document.conversation == conversation,
        Document.citizen_id == citizen_id,
        Document.case_id == case_id,
        Document.request_kind == request_kind,
        Document.request_id.is_(None),
        Document.dropped_at.is_(None),
    )


def _count(uow: UnitOfWork, query: Select) -> int:
    return uow.session.scalar(select(func.count()).select_from(query.subquery()))

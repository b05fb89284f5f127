"""Who changed what, and who looked at what. Neither holds a national ID or a code."""

from __future__ import annotations

from actions.case_db.models import Access, Case, Journal
from actions.case_db.unit_of_work import UnitOfWork


def record(uow: UnitOfWork, actor: str, action: str, case: Case | None = None, **details: object) -> None:
    """Beside a change, in its transaction."""
    case_id = case.id if case else None
    uow.session.add(Journal(at=uow.now(), actor=actor, action=action, case_id=case_id, details=details))


def looked(uow: UnitOfWork, conversation: str, citizen_id: int, what: str, case: Case | None = None) -> None:
    case_id = case.id if case else None
    uow.session.add(Access(at=uow.now(), conversation=conversation, citizen_id=citizen_id, what=what, case_id=case_id))

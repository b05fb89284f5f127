"""Where somebody is: guide and step, chosen case, bank, a form half filled in. It belongs to the citizen once she is
verified, so that it waits for her in another conversation, and to the conversation before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, or_, select

from actions.case_db.models import Case, Outcome, Position
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.errors import NotFound, NotVerified
from actions.services.outcomes import once, retried
from actions.services.verification import verified_id

CHANGEABLE = frozenset({"guide", "step", "case_number", "bank", "draft"})


@dataclass(frozen=True)
class PositionView:
    guide: str | None = None
    step: int | None = None
    case_number: str | None = None
    bank: str | None = None
    draft: dict[str, Any] = field(default_factory=dict)
    personal: bool = False
    """Belongs to a verified citizen, not to the conversation."""


@dataclass(frozen=True)
class Walked:
    guide: str | None
    """None when no guide is open here."""
    step: int = 0
    at_the_edge: bool = False
    """Back from the first step, or on from the last: the guide stays at 1, or has ended."""


def position(uow: UnitOfWork, *, conversation: str) -> PositionView:
    citizen_id = verified_id(uow, conversation)
    row = _find(uow, conversation, citizen_id)
    return _view(uow, row) if row else PositionView(personal=citizen_id is not None)


def remember(uow: UnitOfWork, *, conversation: str, **changes: Any) -> PositionView:
    """Set what is named. A guide begins at step 1 when no step is named and ends with None; `draft` is merged, a None
    in it takes the answer out. The values are absolute: the same call twice is one."""
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"a position has no {', '.join(sorted(unknown))}")

    def attempt() -> PositionView:
        citizen_id = verified_id(uow, conversation, touch=True)
        case_id = _case_id(uow, citizen_id, changes.get("case_number"))
        row = _find(uow, conversation, citizen_id)
        if row is None:
            row = Position(draft={}, **_owner(conversation, citizen_id))
            uow.session.add(row)
        row.updated_at = uow.now()
        if "guide" in changes:
            begins = changes["guide"] is not None and changes["guide"] != row.guide
            row.guide = changes["guide"]
            row.step = None if row.guide is None else 1 if begins else row.step
        if changes.get("step") is not None:
            row.step = changes["step"]
        if "case_number" in changes:
            row.case_id = case_id
        if "bank" in changes:
            row.bank = changes["bank"]
        if "draft" in changes:
            merged = {**row.draft, **changes["draft"]}
            row.draft = {name: value for name, value in merged.items() if value is not None}
        view = _view(uow, row)
        uow.commit()
        return view

    return retried(uow, attempt)


def set_step(uow: UnitOfWork, *, conversation: str, guide: str, step: int) -> PositionView:
    return remember(uow, conversation=conversation, guide=guide, step=step)


@once("walk")
def walk(uow: UnitOfWork, *, conversation: str, message_id: str, by: int, length: int) -> Walked:
    """One step on (`by` 1) or back (-1) in the open guide of `length` steps; on from the last step ends it."""
    row = _find(uow, conversation, verified_id(uow, conversation, touch=True))
    if row is None or row.guide is None:
        return Walked(None)
    guide, target = row.guide, row.step + by
    row.updated_at = uow.now()
    if target > length:
        row.guide, row.step, row.draft = None, None, {}
        return Walked(guide, length, at_the_edge=True)
    row.step = max(target, 1)
    return Walked(guide, row.step, at_the_edge=target < 1)


def walked_before(uow: UnitOfWork, *, message_id: str) -> bool:
    return uow.session.get(Outcome, (message_id, "walk")) is not None


def leave(uow: UnitOfWork, *, conversation: str) -> PositionView:
    """Out of the guide and the form; the chosen case and the bank stay."""

    def attempt() -> PositionView:
        citizen_id = verified_id(uow, conversation, touch=True)
        row = _find(uow, conversation, citizen_id)
        if row is None:
            return PositionView(personal=citizen_id is not None)
        row.guide, row.step, row.draft, row.updated_at = None, None, {}, uow.now()
        view = _view(uow, row)
        uow.commit()
        return view

    return retried(uow, attempt)


def move_to_citizen(uow: UnitOfWork, conversation: str, citizen_id: int) -> None:
    """On verification: what the conversation says goes over what stood for the citizen, the rest of hers stands."""
    row = _find(uow, conversation, None)
    if row is None:
        return
    own = _find(uow, conversation, citizen_id)
    if own is None:
        row.conversation, row.citizen_id, row.updated_at = None, citizen_id, uow.now()
        return
    if row.guide:
        own.guide, own.step = row.guide, row.step
    own.bank = row.bank or own.bank
    own.draft = row.draft if row.draft.get("goal") else own.draft  # what was begun now, not what was left once
    own.updated_at = uow.now()
    uow.session.delete(row)


def end_guide(uow: UnitOfWork, citizen_id: int, guide: str, case_id: int) -> None:
    """What the guide leads to happened by itself, for the case that it was about."""
    row = _find(uow, "", citizen_id)
    if row is not None and row.guide == guide and row.case_id in (case_id, None):
        row.guide, row.step, row.updated_at = None, None, uow.now()


def clear(uow: UnitOfWork, conversation: str, citizen_id: int | None) -> None:
    owners = [Position.conversation == conversation]
    if citizen_id is not None:
        owners.append(Position.citizen_id == citizen_id)
    uow.session.execute(delete(Position).where(or_(*owners)))


def _owner(conversation: str, citizen_id: int | None) -> dict[str, Any]:
    return {"conversation": conversation} if citizen_id is None else {"citizen_id": citizen_id}


def _find(uow: UnitOfWork, conversation: str, citizen_id: int | None) -> Position | None:
    return uow.session.scalars(select(Position).filter_by(**_owner(conversation, citizen_id))).first()


def _case_id(uow: UnitOfWork, citizen_id: int | None, number: str | None) -> int | None:
    if number is None:
        return None
    if citizen_id is None:
        raise NotVerified
    case = uow.cases.case(citizen_id, number)
    if case is None:
        raise NotFound
    return case.id


def _view(uow: UnitOfWork, row: Position) -> PositionView:
    case = uow.session.get(Case, row.case_id) if row.case_id else None
    return PositionView(
        guide=row.guide,
        step=row.step,
        case_number=case.number if case else None,
        bank=row.bank,
        draft=dict(row.draft),
        personal=row.citizen_id is not None,
    )

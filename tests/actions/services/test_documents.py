from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from actions.case_db.models import Document, Journal, Request
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import documents, identity
from actions.services.errors import BadValue, NotFound, NotVerified
from actions.services.requests import RequestFiled, advance_request, file_grace_request, file_lift_request
from tests.actions.services.people import at_once, case_numbers, count, how_many, message, one_debtor, speaks
from tests.fakes import Clock, FakeSms


def send(uow: UnitOfWork, number: str, conversation: str = "c1", request_kind: str = "lift", **given: str) -> int:
    """A file, as the turn gives it to the service; which number it is."""
    return documents.add_document(
        uow,
        conversation=conversation,
        message_id=given.get("message_id") or message(),
        case_number=number,
        request_kind=request_kind,
        document_id=given.get("document_id") or f"{message():0>32}",
        kind="application/pdf",
        size=1234,
    ).number


def lift(uow: UnitOfWork, number: str, conversation: str = "c1", message_id: str = "") -> RequestFiled:
    return file_lift_request(
        uow, conversation=conversation, message_id=message_id or message(), case_number=number, reason="سداد كامل"
    )


def waiting(uow: UnitOfWork, number: str, conversation: str = "c1", request_kind: str = "lift") -> int:
    return documents.waiting(uow, conversation=conversation, case_number=number, request_kind=request_kind)


def states(uow: UnitOfWork) -> list[str]:
    """Of each document, in the order in which they came."""
    rows = uow.session.scalars(select(Document).order_by(Document.received_at, Document.id))
    return ["attached" if row.request_id else "dropped" if row.dropped_at else "waiting" for row in rows]


# sent


def test_files_are_counted_for_their_request_and_sent_with_it(uow: UnitOfWork) -> None:
    number = speaks(uow, "paid_invoice")
    assert [send(uow, number), send(uow, number)] == [1, 2]
    assert waiting(uow, number) == 2
    filed = lift(uow, number)
    assert filed.documents == 2
    request = uow.session.scalars(select(Request).where(Request.number == filed.request.number)).one()
    assert count(uow, Document, request_id=request.id, citizen_id=request.case.citizen_id, case_id=request.case_id) == 2
    assert waiting(uow, number) == 0


def test_a_request_without_files_says_none(uow: UnitOfWork) -> None:
    assert lift(uow, speaks(uow, "paid_invoice")).documents == 0


@pytest.mark.parametrize("conversation", ["c1", "c2"])
def test_only_who_is_verified_here_sends_files_and_only_for_a_case_of_hers(uow: UnitOfWork, conversation: str) -> None:
    number = next(iter(case_numbers(uow, "paid_invoice")))
    with pytest.raises(NotVerified):
        send(uow, number, conversation)
    speaks(uow, "one_case", conversation)
    with pytest.raises(NotFound):
        send(uow, number, conversation)
    assert count(uow, Document) == 0


def test_a_lapsed_verification_takes_no_file(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "paid_invoice")
    clock.move(minutes=31)
    with pytest.raises(NotVerified):
        send(uow, number)
    assert count(uow, Document) == 0


def test_a_request_takes_five_and_another_one_takes_its_own_five(uow: UnitOfWork) -> None:
    number = speaks(uow, "one_case")
    assert [send(uow, number) for _ in range(5)] == [1, 2, 3, 4, 5]
    with pytest.raises(BadValue, match="documents"):
        send(uow, number)
    assert send(uow, number, request_kind="grace") == 1
    assert count(uow, Document) == 6


def test_the_same_message_again_adds_nothing_and_says_the_same_number(uow: UnitOfWork) -> None:
    number = speaks(uow, "paid_invoice")
    send(uow, number)
    assert [send(uow, number, message_id="again", document_id="d" * 32) for _ in range(2)] == [2, 2]
    assert count(uow, Document) == 2
    assert count(uow, Journal, action="document_received") == 2


def test_filed_again_by_the_same_message_it_tells_of_the_same_files(uow: UnitOfWork) -> None:
    number = speaks(uow, "paid_invoice")
    send(uow, number)
    assert lift(uow, number, message_id="yes") == lift(uow, number, message_id="yes")


def test_eight_at_once_are_five_with_a_number_each(either_engine: Engine) -> None:
    number, sms = one_debtor(either_engine), FakeSms()
    results = at_once(either_engine, sms, *[lambda uow: send(uow, number)] * 8)
    assert sorted(result for result in results if isinstance(result, int)) == [1, 2, 3, 4, 5]
    assert [str(result) for result in results if not isinstance(result, int)] == ["documents"] * 3
    assert how_many(either_engine, Document) == 5


# what they do not go with


def test_files_go_with_no_other_case_kind_conversation_or_citizen(uow: UnitOfWork) -> None:
    speaks(uow, "three_cases")
    first, second, _ = case_numbers(uow, "three_cases")
    speaks(uow, "three_cases", "other phone")
    send(uow, first)
    assert lift(uow, second).documents == 0
    assert lift(uow, first, "other phone").documents == 0
    months = {"months": 6, "reason": "تعثر مؤقت"}
    assert not file_grace_request(uow, conversation="c1", message_id=message(), case_number=first, **months).documents
    assert states(uow) == ["waiting"]


def test_where_a_request_stands_already_they_are_dropped(uow: UnitOfWork) -> None:
    number = speaks(uow, "paid_invoice")
    lift(uow, number)
    send(uow, number)
    again = lift(uow, number)
    assert not again.new and not again.documents
    assert states(uow) == ["dropped"]


def test_dropped_files_are_not_counted_and_go_with_nothing(uow: UnitOfWork) -> None:
    number = speaks(uow, "paid_invoice")
    send(uow, number)
    documents.drop(uow, conversation="c1")
    documents.drop(uow, conversation="c1")
    assert send(uow, number) == 1
    assert lift(uow, number).documents == 1
    documents.drop(uow, conversation="c1")
    assert states(uow) == ["dropped", "attached"]


def test_forget_me_drops_what_waits_and_leaves_what_was_sent(uow: UnitOfWork) -> None:
    number = speaks(uow, "paid_invoice")
    send(uow, number)
    lift(uow, number)
    send(uow, number, request_kind="grace")
    speaks(uow, "paid_invoice", "other phone")
    send(uow, number, "other phone", request_kind="grace")
    identity.forget(uow, conversation="c1", message_id=message())
    assert sorted(states(uow)) == ["attached", "dropped", "dropped"]


# how long they are kept


@pytest.mark.parametrize(("hours", "over"), [(23, False), (25, True)])
def test_a_file_waits_a_day_for_its_request(uow: UnitOfWork, clock: Clock, hours: int, over: bool) -> None:
    send(uow, speaks(uow, "paid_invoice"))
    clock.move(hours=hours)
    assert bool(documents.overdue(uow, most=10)) == over


def test_a_dropped_file_waits_for_nothing(uow: UnitOfWork) -> None:
    send(uow, speaks(uow, "paid_invoice"), document_id="d" * 32)
    assert documents.overdue(uow, most=10) == []
    documents.drop(uow, conversation="c1")
    assert documents.overdue(uow, most=10) == ["d" * 32]


def test_a_sent_file_is_kept_until_ninety_days_after_the_decision(uow: UnitOfWork, clock: Clock) -> None:
    number = speaks(uow, "paid_invoice")
    send(uow, number)
    lift(uow, number)
    clock.move(days=400)
    assert documents.overdue(uow, most=10) == [], "not decided yet"
    for _ in range(2):
        advance_request(uow, event_id=message(), case_number=number, actor="authority")
    clock.move(days=89)
    assert documents.overdue(uow, most=10) == []
    clock.move(days=2)
    (overdue,) = documents.overdue(uow, most=10)
    documents.remove(uow, document_ids=[overdue])
    assert count(uow, Document) == 0
    assert count(uow, Request, kind="lift", state="granted") >= 1, "the request itself stays"

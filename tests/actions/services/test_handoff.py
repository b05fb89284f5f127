from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from actions.case_db.models import GatewayFailure, Journal, Ticket
from actions.case_db.unit_of_work import UnitOfWork
from actions.services.handoff import HandedOver, hand_over
from tests.actions.services.people import citizen, count, message, speaks
from tests.fakes import Clock, FakeTickets

SUNDAY_NOON = dt.datetime(2026, 11, 22, 9, tzinfo=dt.timezone.utc)
FRIDAY = dt.datetime(2026, 11, 27, 9, tzinfo=dt.timezone.utc)
TALK = [{"who": "citizen", "text": "أبغى أكلم موظف"}]


def ask(uow: UnitOfWork, message_id: str | None = None, topic: str = "payment") -> HandedOver:
    return hand_over(uow, conversation="c1", message_id=message_id or message(), topic=topic, transcript=TALK)


def test_anybody_gets_a_reference_and_the_desk_the_conversation(uow: UnitOfWork, tickets: FakeTickets) -> None:
    handed = ask(uow)
    ticket = uow.session.scalars(select(Ticket)).one()
    assert handed.reference == ticket.reference and ticket.reference.startswith("51") and len(ticket.reference) == 8
    assert (ticket.conversation, ticket.topic, ticket.transcript, ticket.citizen_id) == ("c1", "payment", TALK, None)
    assert tickets.opened == [handed.reference]
    assert count(uow, Journal, action="handed_over", actor="c1") == 1


def test_the_desk_learns_who_it_is_when_that_was_proved(uow: UnitOfWork) -> None:
    speaks(uow, "one_case")
    ask(uow)
    assert uow.session.scalars(select(Ticket.citizen_id)).one() == citizen(uow, "one_case").id


def test_it_says_whether_somebody_is_there_and_else_from_when(uow: UnitOfWork, clock: Clock) -> None:
    clock.now = SUNDAY_NOON
    assert (ask(uow).open_now, ask(uow).opens_at) == (True, None)
    clock.now = FRIDAY
    handed = ask(uow)
    assert (handed.open_now, handed.opens_at) == (False, dt.datetime(2026, 11, 29, 5, tzinfo=dt.timezone.utc))


def test_the_same_message_opens_one_ticket(uow: UnitOfWork, tickets: FakeTickets) -> None:
    assert ask(uow, "m1") == ask(uow, "m1")
    assert count(uow, Ticket) == len(tickets.opened) == 1


def test_it_is_kept_when_the_desk_is_away(uow: UnitOfWork, tickets: FakeTickets) -> None:
    tickets.fails = True
    assert ask(uow).reference
    assert count(uow, Ticket) == 1
    assert count(uow, GatewayFailure, name="tickets") == 1


def test_a_long_topic_is_cut(uow: UnitOfWork) -> None:
    ask(uow, topic="س" * 500)
    assert len(uow.session.scalars(select(Ticket.topic)).one()) == 60

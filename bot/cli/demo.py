"""العرض التجريبي — the demonstration: who one can be, and what the bank and the authority do.

    bot demo people [--json]     the invented people one can be, and what to try as each
    bot demo code 1900100015     the last code sent to that person
    bot demo pay 700012345678    the bank reports this invoice as paid in full
    bot demo advance 4500123456  the authority moves this case on: its payment, its request, or its stage

Refused with BOT_ENV=production.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actions.case_db.models import Case
    from actions.case_db.unit_of_work import UnitOfWork

HELP = "be an invented person, play the bank and the authority"
ACTOR = "demo"
HAPPENED = {
    "payment": "the payment reached stage {} of 5.",
    "request": "the request is {}.",
    "stage": "the suspension is at stage {} of 3.",
    "lifted": "lifted.",
}
"""What `advance_case` says, for people."""


def arguments(parser: argparse.ArgumentParser) -> None:
    whats = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    people = whats.add_parser("people", help="whom one can be; example: bot demo people --json")
    people.add_argument("--json", action="store_true", help="for programs")
    code = whats.add_parser("code", help="the last code sent to a person; example: bot demo code 1900100015")
    code.add_argument("id", metavar="ID")
    pay = whats.add_parser("pay", help="play the bank; example: bot demo pay 700012345678")
    pay.add_argument("invoice", metavar="INVOICE")
    advance = whats.add_parser("advance", help="play the authority; example: bot demo advance 4500123456")
    advance.add_argument("case", metavar="CASE")


class Refused(Exception):
    """What was asked cannot be done; the message is for the person who asked."""


def run(options: argparse.Namespace) -> int:
    from actions.case_db.unit_of_work import unit_of_work
    from actions.services.errors import ServiceError, Unavailable
    from actions.settings import SettingsError, demo_only, settings

    command = {"people": _people, "code": _code, "pay": _pay, "advance": _advance}[options.what]
    from bot.text.clean import clean
    from bot.text.digits import to_western

    for given in ("id", "invoice", "case"):  # as copied from a chat, direction marks and all
        if hasattr(options, given):
            setattr(options, given, to_western(clean(getattr(options, given))))
    try:
        demo_only(settings(), f"bot demo {options.what}")
        with unit_of_work() as uow:
            print(command(uow, options))
    except (Refused, SettingsError) as error:
        print(error, file=sys.stderr)
    except Unavailable as error:
        print(f"{error.reason}: away. Is CASE_DATABASE_URL right, and was `bot db upgrade` run?", file=sys.stderr)
    except ServiceError as error:
        refusal = f"{type(error).__name__} {error.reason}".strip()
        print(f"The authority's side refused `{options.what}`: {refusal}.", file=sys.stderr)
    else:
        return 0
    return 1


def listing() -> str:
    """Whom one can be, for people."""
    from actions.case_db.seed import PERSONAS

    head = "أشخاص التجربة، وكلهم مخترعون (every one of them is invented):"
    return "\n".join([head, *(f"  {p.national_id}  {p.name} — {p.try_this}" for p in PERSONAS)])


def _people(uow: UnitOfWork, options: argparse.Namespace) -> str:
    from actions.case_db.seed import PERSONAS

    if not options.json:
        return listing()
    people = {}
    for persona in PERSONAS:
        citizen = uow.cases.find_citizen(persona.national_id)
        if citizen is None:
            raise Refused("The demonstration people are not there; run `bot db seed`.")
        people[persona.key] = {
            "id": citizen.national_id,
            "name": citizen.name,
            "mobile": citizen.mobile,
            "cases": [_as_json(case) for case in uow.cases.cases_of(citizen.id)],
        }
    return json.dumps(people, ensure_ascii=False, indent=2)


def _as_json(case: Case) -> dict:
    standing = [invoice for invoice in case.invoices if invoice.state == "issued"]
    invoice = (standing or case.invoices or [None])[-1]
    lift_request = next((request for request in reversed(case.requests) if request.kind == "lift"), None)
    return {
        "number": case.number,
        "kind": case.kind,
        "amount": None if case.claim is None else str(case.claim),
        "creditor": case.creditor,
        "court": case.court,
        "invoice": invoice and {"number": invoice.number, "amount": str(invoice.amount), "state": invoice.state},
        "lift_request": lift_request and {"number": lift_request.number, "state": lift_request.state},
    }


def _code(uow: UnitOfWork, options: argparse.Namespace) -> str:
    from actions.gateways.sms import PretendSms

    if not isinstance(uow.sms, PretendSms):
        raise Refused("SMS_API_URL is set: codes go out by SMS and are not kept here.")
    citizen = uow.cases.find_citizen(options.id)
    code = uow.sms.last_code(citizen.mobile) if citizen else None
    if code is None:
        raise Refused("No code was sent to that ID. Give it to the assistant first (bot chat).")
    return code


def _pay(uow: UnitOfWork, options: argparse.Namespace) -> str:
    from actions.case_db import repository
    from actions.services import payments

    invoice = repository.invoice_by_number(uow.session, options.invoice)
    if invoice is None:
        raise Refused(f"There is no invoice {options.invoice}. `bot demo people --json` shows the numbers.")
    if invoice.payment:
        raise Refused(f"Invoice {options.invoice} was paid before.")
    if invoice.state == "cancelled":
        raise Refused(f"Invoice {options.invoice} is cancelled; a new one has to be issued.")
    paid = payments.record_payment(
        uow,
        event_id=f"demo-{uuid.uuid4()}",
        invoice_number=invoice.number,
        amount=invoice.amount,
        reference=f"DEMO-{invoice.number}",
        paid_at=uow.now(),
        actor=ACTOR,
    )
    return (
        f"Invoice {paid.invoice_number} is paid: {paid.amount} riyals, stage 1 of 5."
        f" Next: bot demo advance {paid.case_number}"
    )


def _advance(uow: UnitOfWork, options: argparse.Namespace) -> str:
    from actions.case_db import repository
    from actions.services import requests

    case = repository.case_by_number(uow.session, options.case)
    if case is None:
        raise Refused(f"There is no case {options.case}. `bot demo people --json` shows the numbers.")
    if case.state == "lifted":
        raise Refused(f"Case {options.case} is lifted: nothing is left to move.")
    word = requests.advance_case(uow, event_id=f"demo-{uuid.uuid4()}", case_number=case.number, actor=ACTOR)
    if word == "nothing":
        raise Refused(f"Nothing travels in case {options.case}: pay its invoice first, or file a request.")
    what, _, where = word.partition("_")
    return f"Case {options.case}: " + HAPPENED[what].format(where.replace("_", " "))

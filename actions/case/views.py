"""How a case is told: who ordered it first, then what comes next, which differs by kind and state."""

from __future__ import annotations

from dataclasses import asdict

from actions.base import Say
from actions.services.cases import CaseView
from actions.services.invoices import InvoiceView
from actions.services.requests import OPEN


def case_card(case: CaseView) -> dict:
    return {**asdict(case), "kind": "case", "case_kind": case.kind}


def invoice_card(invoice: InvoiceView) -> dict:
    return {
        "kind": "invoice",
        "number": invoice.number,
        "case": invoice.case_number,
        "amount": invoice.amount,
        "due_on": invoice.due_on,
    }


def say_case(say: Say, case: CaseView) -> None:
    say(answer_for(case), card=case_card(case), **case_values(case))


def say_lines(say: Say, shown: list[CaseView], mine: list[CaseView]) -> None:
    """A line and a button each; the place is the one among all of hers, whichever are shown."""
    places = {case.number: place for place, case in enumerate(mine, 1)}
    for case in shown:
        say(f"utter_case_line_{case.kind}", place=places[case.number], number=case.number, creditor=case.creditor,
            body=case.body, remaining=case.remaining, state=case.state, stage=case.stage)  # fmt: skip


def answer_for(case: CaseView) -> str:
    if case.state == "lifted":
        return "utter_case_lifted"
    if case.kind == "government":
        return "utter_case_government"
    if case.state == "grace":
        return "utter_case_court_grace"
    if case.invoice is not None and case.invoice.state == "issued":
        return "utter_case_court_invoiced"
    if case.lift_request is not None and case.lift_request.state in OPEN:
        return "utter_case_court_lifting"
    if case.payment is not None:
        return "utter_case_court_paid"
    return "utter_case_court"


def case_values(case: CaseView) -> dict:
    return {
        "number": case.number,
        "case_number": case.number,
        "court": case.court,
        "circuit": case.circuit,
        "creditor": case.creditor,
        "claim": case.claim,
        "deposited": case.deposited,
        "remaining": case.remaining,
        "decisions": [n for n, on in (("34", case.decision_34_on), ("46", case.decision_46_on)) if on] or None,
        "measures": case.measures or None,
        "grace_until": case.grace_until,
        "body": case.body,
        "basis": case.basis,
        "stage": case.stage,
        "stage_since": case.stage_since,
        "stage_until": case.stage_until,
        "services": case.services_stopped or None,
        "lifted_at": case.lifted_at,
        "invoice_number": case.invoice.number if case.invoice else None,
        "due_on": case.invoice.due_on if case.invoice else None,
        "request_number": case.lift_request.number if case.lift_request else None,
        "paid_stage": case.payment.stage if case.payment else None,
    }

"""The one table from what a service refused to the answer that says so."""

from __future__ import annotations

from actions.services.errors import ServiceError

ANSWERS = {
    "NotVerified": "utter_error_not_verified",
    "NotFound": "utter_error_not_found",
    "NotApplicable": "utter_error_government_case",
    "ChooseCase": "utter_ask_case__choice",
    "NoCases": "utter_no_cases",
    "NoCases:no_request": "utter_no_requests",
    "NothingToPay": "utter_error_nothing_to_pay",
    "NothingToPay:lifted": "utter_error_already_lifted",
    "NotReady:referral": "utter_error_not_ready_referral",
    "NotReady:decision_34": "utter_error_not_ready_decision",
    "BadValue:amount": "utter_error_amount",
    "BadValue:months": "utter_error_months",
    "BadValue:documents": "utter_error_documents",
    "Unavailable": "utter_error_unavailable",
}
"""By the error's name, or by name and reason where the reason has words of its own."""


def answer_to(error: ServiceError) -> str:
    name = type(error).__name__
    return ANSWERS.get(f"{name}:{error.reason}") or ANSWERS.get(name, ANSWERS["Unavailable"])

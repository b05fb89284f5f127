"""What lift and grace requests share: how one is told, and how a yes is heard."""

from __future__ import annotations

import re

from actions.base import Heard, Say
from actions.services.requests import OPEN, RequestView
from bot.text.mask import mask
from bot.text.yes_no import parse_yes_no

LONGEST_REASON = 500
NEGATION = re.compile(r"\b(?:لا|ما|مو|مب|مش|not|no|don.?t)\b", re.IGNORECASE)


def request_card(request: RequestView) -> dict:
    return {
        "kind": "request",
        "number": request.number,
        "case": request.case_number,
        "state": request.state,
        "earliest": request.earliest,
        "latest": request.latest,
    }


def say_request(say: Say, name: str, request: RequestView) -> None:
    """No window is told while money is owed."""
    unpaid = request.kind == "lift" and request.unpaid and request.state in OPEN
    say(
        f"{name}_unpaid" if unpaid else name,
        card=request_card(request),
        request_number=request.number,
        case_number=request.case_number,
        filed_at=request.filed_at,
        decided_at=request.decided_at,
        earliest=None if unpaid else request.earliest,
        latest=None if unpaid else request.latest,
        months=request.months,
    )


def say_open_request(say: Say, request: RequestView | None, name: str) -> bool:
    """Tell of a request that is still open; False when there is none."""
    if request is None or request.state not in OPEN:
        return False
    say_request(say, name, request)
    return True


def reason(heard: Heard) -> dict:
    """The draft's reason, without numbers that tell who she is."""
    return {"reason": mask(heard.text.strip())[:LONGEST_REASON]}


def confirmation(heard: Heard) -> dict | None:
    """The draft's answer to "shall it be sent?". A yes with a no in it is asked about again, not sent."""
    said = parse_yes_no(heard.text)
    if said is None and heard.intent == "deny":
        said = False
    if said is None and heard.intent == "affirm" and (heard.pressed or not NEGATION.search(heard.text)):
        said = True
    return None if said is None else {"confirmed": said}

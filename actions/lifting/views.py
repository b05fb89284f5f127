"""What lift and grace requests share: how one is told, and how a yes is heard."""

from __future__ import annotations

import hashlib
import json
import re

from actions.base import Heard, Say
from actions.case_db.unit_of_work import UnitOfWork
from actions.replies import answer_to
from actions.services import documents, positions
from actions.services.errors import BadValue, NotVerified
from actions.services.positions import PositionView
from actions.services.requests import OPEN, RequestFiled, RequestView
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


def say_filed(say: Say, name: str, filed: RequestFiled) -> None:
    """How many documents went with it, where any did, then the request."""
    if filed.documents:
        say("utter_documents_sent", documents=filed.documents)
    say_request(say, name, filed.request)


def take_document(uow: UnitOfWork, heard: Heard, say: Say, request_kind: str) -> bool:
    """A file for the request that waits for its yes; it is asked for that yes again."""
    try:
        added = documents.add_document(
            uow,
            conversation=heard.conversation,
            message_id=heard.message_id,
            case_number=positions.position(uow, conversation=heard.conversation).case_number or "",
            request_kind=request_kind,
            document_id=heard.entity("document") or "",
            kind=heard.entity("document_kind") or "",
            size=int(heard.entity("document_size") or 0),
        )
    except NotVerified:
        say("utter_document_lapsed")
    except BadValue as error:
        say(answer_to(error))
    else:
        say("utter_document_received", number=added.number)
    return True


def summary(where: PositionView) -> str:
    """Stands for what a confirmation shows: a button of it sends that and nothing else."""
    shown = [where.case_number, where.draft.get("months"), where.draft.get("reason")]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


def replaced(uow: UnitOfWork, heard: Heard, say: Say) -> bool:
    """Whether the button is one of a confirmation that showed something else; says so."""
    pressed = heard.entity("summary")
    if not pressed or pressed == summary(positions.position(uow, conversation=heard.conversation)):
        return False
    say("utter_offer_over")
    return True


def confirmation(heard: Heard) -> dict | None:
    """The draft's answer to "shall it be sent?". A yes with a no in it is asked about again, not sent."""
    said = parse_yes_no(heard.text)
    if said is None and heard.intent == "deny":
        said = False
    if said is None and heard.intent == "affirm" and (heard.pressed or not NEGATION.search(heard.text)):
        said = True
    return None if said is None else {"confirmed": said}

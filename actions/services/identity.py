"""Proving who one is: an ID, a code by SMS to the mobile registered for it, the code typed back.

What can be learnt here about an ID is the same whether anybody has it or not, in words and in time: an unknown one goes
through the same questions and the same hashing, gets a row of its own and can never be confirmed. The ID is kept
nowhere but as a keyed hash, the code nowhere but in the SMS.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass

from sqlalchemy import func, select, update

from actions.case_db.models import Citizen, Code, GatewayFailure
from actions.case_db.unit_of_work import UnitOfWork
from actions.gateways.sms import send_or_probe
from actions.services import positions, verification
from actions.services.documents import drop_waiting
from actions.services.errors import BadValue
from actions.services.journal import record
from actions.services.outcomes import once
from actions.services.verification import Person, person, require_citizen
from actions.settings import settings
from bot.text.digits import to_western

__all__ = [
    "CodeChecked",
    "Forgotten",
    "IdGiven",
    "Person",
    "check_code",
    "code_pending",
    "forget",
    "give_id",
    "person",
    "require_citizen",
    "resend_code",
]

CODE_DIGITS = 6
CODE_LASTS = dt.timedelta(minutes=5)
TRIES = 3
BETWEEN_CODES = dt.timedelta(seconds=60)
LAST_ID_KNOWN = dt.timedelta(minutes=30)
"""How long "send it again" knows whom it is for."""

SPENT_CODES, BLOCKED_FOR = 3, dt.timedelta(minutes=30)
SMS_PER_PERSON = ((dt.timedelta(hours=1), 5), (dt.timedelta(days=1), 10))
IDS_PER_CONVERSATION = 5
SMS_REST = dt.timedelta(minutes=2)
"""After the gateway failed nobody is sent a code for so long."""

SCRYPT = {"n": 2**13, "r": 8, "p": 1, "dklen": 64}  # about 20 ms and 8 MB

SMS = {
    "ar": (
        "{service}: رمز التحقق {code} لعرض قضاياك هنا، صالح 5 دقائق. لن يتصل بك أحد ليطلبه، فلا يُعطى لأحد."
        " إن لم يكن الطلب منك فتُهمل الرسالة."
    ),
    "en": (
        "{service}: your code is {code}, to see your cases in this assistant. Valid for 5 minutes."
        " Nobody will call you for it; share it with no one. If you did not ask for it, ignore this message."
    ),
}


@dataclass(frozen=True)
class IdGiven:
    state: str
    """sent, too_soon, blocked, sms_down or no_id (nothing to send again). `sent` is also said where nothing was."""
    wait_minutes: int = 0
    wait_seconds: int = 0


@dataclass(frozen=True)
class CodeChecked:
    state: str
    """verified, wrong, spent, expired or none (no code waits)."""
    tries_left: int = 0


@dataclass(frozen=True)
class Forgotten:
    was_verified: bool


@once("give_id")
def give_id(uow: UnitOfWork, *, conversation: str, message_id: str, national_id: str, language: str = "ar") -> IdGiven:
    """`national_id` is well formed: ten western digits, check digit right."""
    asked_for = _keyed(national_id)
    _one_at_a_time(uow, conversation)
    citizen = uow.cases.find_citizen(national_id)
    return _refusal(uow, conversation, asked_for) or _send(uow, conversation, asked_for, citizen, language)


@once("resend_code")
def resend_code(uow: UnitOfWork, *, conversation: str, message_id: str, language: str = "ar") -> IdGiven:
    _one_at_a_time(uow, conversation)
    last = _newest(uow, conversation)
    if last is None or _is_over(last) or last.sent_at <= uow.now() - LAST_ID_KNOWN:
        return IdGiven("no_id")
    citizen = uow.cases.citizen(last.citizen_id or 0)  # asked in both cases: the same time
    return _refusal(uow, conversation, last.asked_for) or _send(uow, conversation, last.asked_for, citizen, language)


@once("check_code")
def check_code(uow: UnitOfWork, *, conversation: str, message_id: str, code: str) -> CodeChecked:
    """Compare with every open code of the conversation for the ID given last; a wrong one costs each of them a try."""
    code = to_western(code.strip())
    if len(code) != CODE_DIGITS or not code.isdecimal():
        raise BadValue("code")
    _one_at_a_time(uow, conversation)
    waiting = _open_codes(uow, conversation)
    if not waiting:
        return CodeChecked(_why_none(uow, conversation))
    matching = [row for row in waiting if hmac.compare_digest(_hashed(code, row.salt), row.code_hash)]
    if matching:
        _verify(uow, conversation, matching[0].citizen_id)
        return CodeChecked("verified")
    for row in waiting:
        row.tries_left -= 1
        if row.tries_left == 0:
            row.used_at = uow.now()
    record(uow, conversation, "code_wrong")
    tries_left = max(row.tries_left for row in waiting)
    return CodeChecked("wrong" if tries_left else "spent", tries_left)


def code_pending(uow: UnitOfWork, *, conversation: str) -> bool:
    return bool(_open_codes(uow, conversation))


@once("forget")
def forget(uow: UnitOfWork, *, conversation: str, message_id: str) -> Forgotten:
    """End the verification, the codes, the positions and the files not yet filed, of the conversation, and of the
    citizen while verified."""
    citizen_id = verification.verified_id(uow, conversation)
    verification.end(uow, conversation)
    _void_codes(uow, conversation)
    positions.clear(uow, conversation, citizen_id)
    drop_waiting(uow, conversation, citizen_id)
    record(uow, conversation, "forgotten")
    return Forgotten(was_verified=citizen_id is not None)


def _refusal(uow: UnitOfWork, conversation: str, asked_for: str) -> IdGiven | None:
    """Why no code is sent now, where it is said; nothing is spent."""
    now = uow.now()
    if blocked_until := _blocked_until(uow, conversation):
        return IdGiven("blocked", wait_minutes=math.ceil((blocked_until - now).total_seconds() / 60))
    failure = uow.session.get(GatewayFailure, "sms")
    if failure and now < failure.failed_at + SMS_REST:
        return IdGiven("sms_down", wait_minutes=math.ceil(SMS_REST.total_seconds() / 60))
    last = select(func.max(Code.sent_at)).where(Code.conversation == conversation, Code.asked_for == asked_for)
    sent_at = uow.session.scalar(last)
    if sent_at and now < sent_at + BETWEEN_CODES:
        return IdGiven("too_soon", 1, math.ceil((sent_at + BETWEEN_CODES - now).total_seconds()))
    return None


def _send(uow: UnitOfWork, conversation: str, asked_for: str, citizen: Citizen | None, language: str) -> IdGiven:
    _one_at_a_time(uow, asked_for)  # always after the conversation's: two callers never wait for each other
    now = uow.now()
    within_limits = _within_limits(uow, conversation, asked_for)
    code, salt = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}", secrets.token_bytes(16)
    code_hash = _hashed(code, salt)  # computed for everybody, kept only where it was sent
    to_be_sent = citizen is not None and within_limits
    uow.session.add(
        Code(
            conversation=conversation,
            citizen_id=citizen.id if citizen else None,
            asked_for=asked_for,
            salt=salt,
            code_hash=code_hash if to_be_sent else secrets.token_bytes(SCRYPT["dklen"]),
            sms=within_limits,
            sent_at=now,
            expires_at=now + CODE_LASTS,
            tries_left=TRIES,
        )
    )
    record(uow, conversation, "code_asked")
    if to_be_sent:
        text = SMS.get(language, SMS["en"]).format(service=settings().service_name, code=code)
        uow.after_commit(lambda sms=uow.sms, mobile=citizen.mobile: send_or_probe(sms, mobile, text))
    else:
        uow.after_commit(uow.sms.probe)  # so that an outage shows for this ID as for one that exists
    return IdGiven("sent")


def _within_limits(uow: UnitOfWork, conversation: str, asked_for: str) -> bool:
    now = uow.now()
    for period, most in SMS_PER_PERSON:
        sent = select(func.count()).where(Code.asked_for == asked_for, Code.sms, Code.sent_at > now - period)
        if uow.session.scalar(sent) >= most:
            return False
    ids = (
        select(Code.asked_for)
        .where(Code.conversation == conversation, Code.sent_at > now - dt.timedelta(days=1))
        .group_by(Code.asked_for)
        .order_by(func.min(Code.id))
        .limit(IDS_PER_CONVERSATION)
    )
    first_ids = uow.session.scalars(ids).all()
    return asked_for in first_ids or len(first_ids) < IDS_PER_CONVERSATION


def _blocked_until(uow: UnitOfWork, conversation: str) -> dt.datetime | None:
    spent = (
        select(Code.used_at)
        .where(Code.conversation == conversation, Code.tries_left == 0, Code.used_at.is_not(None))
        .order_by(Code.used_at.desc())
        .limit(SPENT_CODES)
    )
    times = uow.session.scalars(spent).all()
    if len(times) < SPENT_CODES or times[-1] <= times[0] - BLOCKED_FOR:
        return None
    until = times[0] + BLOCKED_FOR
    return until if uow.now() < until else None


def _newest(uow: UnitOfWork, conversation: str) -> Code | None:
    newest = select(Code).where(Code.conversation == conversation).order_by(Code.id.desc()).limit(1)
    return uow.session.scalars(newest).first()


def _open_codes(uow: UnitOfWork, conversation: str) -> list[Code]:
    last = _newest(uow, conversation)
    if last is None:
        return []
    rows = select(Code).where(
        Code.conversation == conversation,
        Code.asked_for == last.asked_for,
        Code.used_at.is_(None),
        Code.tries_left > 0,
        Code.expires_at > uow.now(),
    )
    return list(uow.session.scalars(rows))


def _why_none(uow: UnitOfWork, conversation: str) -> str:
    last = _newest(uow, conversation)
    if last is None or _is_over(last):
        return "none"
    return "spent" if last.tries_left == 0 else "expired"


def _is_over(code: Code) -> bool:
    """Used, or voided by another's use or on "forget my data"; not one whose tries are used up."""
    return code.used_at is not None and code.tries_left > 0


def _verify(uow: UnitOfWork, conversation: str, citizen_id: int) -> None:
    _void_codes(uow, conversation)
    verification.start(uow, conversation, citizen_id)
    positions.move_to_citizen(uow, conversation, citizen_id)
    record(uow, conversation, "verified", citizen_id=citizen_id)


def _void_codes(uow: UnitOfWork, conversation: str) -> None:
    not_over = update(Code).where(Code.conversation == conversation, Code.used_at.is_(None))
    uow.session.execute(not_over.values(used_at=uow.now()).execution_options(synchronize_session="fetch"))


def _one_at_a_time(uow: UnitOfWork, what: str) -> None:
    """Hold off, until the commit, whoever does the same for `what`: limits are counted, then used. On SQLite every
    transaction is alone anyway."""
    if uow.session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big", signed=True)
        uow.session.execute(select(func.pg_advisory_xact_lock(number)))


def _keyed(national_id: str) -> str:
    return hmac.new(settings().code_hash_key.encode(), national_id.encode(), hashlib.sha256).hexdigest()


def _hashed(code: str, salt: bytes) -> bytes:
    """Keyed as well: a million codes would be tried in hours by who has only the database."""
    return hashlib.scrypt(code.encode() + settings().code_hash_key.encode(), salt=salt, **SCRYPT)

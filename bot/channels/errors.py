"""What may go wrong at the door. One family, and one place that turns it into a status and words:

    DoorError
    ├── BadRequest          400  not what the contract says
    ├── NotProved           401  who speaks cannot be told
    │   ├── NoToken
    │   ├── TokenExpired
    │   └── TokenInvalid
    ├── OtherConversation   403  a good token, of somebody else
    ├── OriginRefused       403  a page that may not carry the widget
    ├── NotSigned           403  a webhook that its provider did not sign
    ├── NotFound            404
    ├── MethodNotAllowed    405
    ├── TooSlow             408  the body did not arrive in time
    ├── NotAskedFor         409  a document that nobody waits for
    ├── OtherEvent          409  an event under an id that another one has
    ├── TooLarge            413
    ├── WrongKind           415  a file that is no PDF, JPEG or PNG
    ├── TooMany             429  says after how many seconds to try again
    └── Unavailable         503  the same again, under the same id, is right

An answer never repeats what was sent, and a log line holds the type of an error, not its text.
"""

from __future__ import annotations

import logging
import math
import traceback
from typing import Any

from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json

log = logging.getLogger(__name__)


class DoorError(Exception):
    """`detail`: for whoever programs against the door; English, and nothing of what was sent."""

    status: int
    code: str
    arabic: str
    english: str

    def __init__(self, detail: str = "", **headers: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class BadRequest(DoorError):
    status, code = 400, "bad_request"
    arabic = "لم يصل الطلب بالصيغة المطلوبة."
    english = "The request is not what was expected"


class NotProved(DoorError):
    status = 401

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, WWW_Authenticate="Bearer")


class NoToken(NotProved):
    code = "no_token"
    arabic = "يلزم بدء محادثة أولًا."
    english = "A conversation has to be started first: there is no token"


class TokenExpired(NotProved):
    code = "token_expired"
    arabic = "انتهت مدة هذه المحادثة، ويمكن بدء محادثة جديدة."
    english = "This conversation is over; a new one can be started"


class TokenInvalid(NotProved):
    code = "token_invalid"
    arabic = "تعذر التعرف على هذه المحادثة، ويمكن بدء محادثة جديدة."
    english = "This is no token of ours; a new conversation can be started"


class OtherConversation(DoorError):
    status, code = 403, "other_conversation"
    arabic = "هذه محادثة أخرى."
    english = "The token is of another conversation"


class OriginRefused(DoorError):
    status, code = 403, "origin_refused"
    arabic = "هذا الموقع غير مسموح له بعرض المساعد."
    english = "This site may not carry the assistant"


class NotSigned(DoorError):
    status, code = 403, "not_signed"
    arabic = "لم يثبت مصدر الطلب."
    english = "This does not bear the provider's signature"


class NotFound(DoorError):
    status, code = 404, "not_found"
    arabic = "لا شيء في هذا العنوان."
    english = "There is nothing here"


class MethodNotAllowed(DoorError):
    status, code = 405, "method_not_allowed"
    arabic = "هذه الطريقة غير متاحة لهذا العنوان."
    english = "This method is not for this address"


class TooSlow(DoorError):
    status, code = 408, "too_slow"
    arabic = "انقطع الإرسال قبل اكتماله، وتكفي إعادة المحاولة."
    english = "It did not arrive in time; trying again is enough"


class NotAskedFor(DoorError):
    status, code = 409, "not_asked_for"
    arabic = "لا يُنتظر مستند في هذه المحادثة الآن."
    english = "No document is waited for in this conversation now"


class OtherEvent(DoorError):
    status, code = 409, "other_event"
    arabic = "هذا المعرّف لحدث آخر."
    english = "This id belongs to another event"


class TooLarge(DoorError):
    status, code = 413, "too_large"
    arabic = "الحجم أكبر من المسموح."
    english = "It is larger than allowed"


class WrongKind(DoorError):
    status, code = 415, "wrong_kind"
    arabic = "نوع الملف غير مقبول. المقبول: PDF أو JPEG أو PNG."
    english = "This kind of file is not taken: PDF, JPEG or PNG"


class TooMany(DoorError):
    status, code = 429, "too_many"
    arabic = "طلبات كثيرة في وقت قصير. تلزم مهلة قصيرة، ثم إعادة المحاولة."
    english = "Too many in a short time; please wait a little"

    def __init__(self, seconds: float) -> None:
        super().__init__(Retry_After=str(max(1, math.ceil(seconds))))


class Unavailable(DoorError):
    status, code = 503, "unavailable"
    arabic = "الخدمة غير متاحة الآن، وتكفي إعادة المحاولة بعد قليل."
    english = "Not available now; trying again in a little while is enough"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, Retry_After="5")


BY_STATUS: dict[int, type[DoorError]] = {
    kind.status: kind for kind in (BadRequest, NotFound, MethodNotAllowed, TooSlow, TooLarge, Unavailable)
}
"""For what Sanic raises by itself."""


def add_errors(app: Sanic) -> None:
    app.exception(Exception)(answer)


def answer(request: Request | None, error: Exception) -> HTTPResponse:
    ours = _ours(request, error)
    english = f"{ours.english}: {ours.detail}." if ours.detail else f"{ours.english}."
    body = {"error": {"code": ours.code, "message": f"{ours.arabic}\n{english}"}}
    return json(body, status=ours.status, headers=ours.headers, ensure_ascii=False)


def _ours(request: Request | None, error: Exception) -> DoorError:
    if isinstance(error, DoorError):
        return error
    if isinstance(error, SanicException):
        status = getattr(error, "status_code", 500)
        allowed = getattr(error, "headers", {}).get("Allow") if status == 405 else None
        kind = BY_STATUS.get(status, Unavailable if status >= 500 else BadRequest)
        return MethodNotAllowed(Allow=allowed) if allowed else kind()
    if request is None or request.method == "NONE" or isinstance(error, UnicodeError):
        return BadRequest("no HTTP")  # Sanic could not even read it
    log.error("the door failed: %s", described(error))
    return Unavailable()


def described(error: BaseException) -> str:
    """The type of an error and where it came from: its text may hold what somebody wrote."""
    frames: list[Any] = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"

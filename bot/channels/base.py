"""To add a channel: write `bot/channels/<name>.py` with one class derived from `Channel`, and one line in
`bot/channels/connected.py` that makes it from its settings. docs/channels.md shows a whole one.

What every messenger needs stands once, and is not the channel's to write: raw bodies of webhooks, one answer for a
message that comes twice, who writes from which address (bot/channels/webhook.py, bot/delivery/received.py); how answers
become messages within the channel's limits (bot/channels/pieces.py); in which order they go out, what is tried again
and when, what became of them (bot/delivery/deliveries.py, bot/delivery/sender.py).

A channel says four things: whether a request is its provider's (`prove`), what is in it (`read`), how one message goes
out (`send`, over `post`), and what a refusal means (`NotSent`, one table from the provider's codes to a `Remedy`).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import aiohttp

TIME_OUT = aiohttp.ClientTimeout(total=12, sock_connect=5)
"""Of one request to a provider; shorter than the sender's patience."""
LONGEST_ID = 512

# what comes in


@dataclass(frozen=True)
class Person:
    """The provider's names for one person, the strongest first: ("user", "SA.1349…"), ("phone", "+9665…"). A weaker one
    may pass to somebody else, who then has another stronger one."""

    ids: tuple[tuple[str, str], ...]

    def get(self, kind: str) -> str | None:
        return dict(self.ids).get(kind)


@dataclass(frozen=True)
class Media:
    """Something that is no text. `kind`: voice, audio, image, video, document, sticker, location, contacts, order or
    unsupported. `id`: what `Channel.fetch` needs, for those that are files."""

    kind: str
    id: str | None = None
    mime: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Said:
    """A message that the dialogue answers: text, a pressed button (the id of our offer), or media, which may bring a
    text of its own. `given`: the provider's id, the same when it delivers again. `at`: when she sent it, UTC.

    Raises ValueError for what none of these can be, so that it fails while it is read and takes nothing along."""

    given: str
    person: Person
    at: dt.datetime
    text: str | None = None
    button: str | None = None
    media: Media | None = None

    def __post_init__(self) -> None:
        _check((self.given, *(value for _, value in self.person.ids)), self.text, self.button)
        if not self.person.ids or (self.text is None and self.button is None and self.media is None):
            raise ValueError("nobody, or nothing said")


@dataclass(frozen=True)
class Progress:
    """What became of a message of ours: `state` is sent, delivered, read or failed. `opaque`: what we sent along;
    `given`: the provider's id of it; one of both is there. `remedy`, `code`: of a failed one. Raises ValueError as Said
    does."""

    state: str
    at: dt.datetime
    opaque: str | None = None
    given: str | None = None
    remedy: Remedy | None = None
    code: str | None = None

    def __post_init__(self) -> None:
        _check([given for given in (self.opaque, self.given) if given is not None], self.code)
        if self.state not in ("sent", "delivered", "read", "failed") or not (self.opaque or self.given):
            raise ValueError("no state, or of nothing")


@dataclass(frozen=True)
class Moved:
    """This address is hers no longer since `at`: nothing may be sent to it."""

    kind: str
    value: str
    at: dt.datetime


@dataclass(frozen=True)
class Noted:
    """What is no turn, kept for some days: `kind` says why, `raw` is what came."""

    kind: str
    raw: Any


Incoming = Said | Progress | Moved | Noted


def _check(ids: Iterable[Any], *texts: Any) -> None:
    if not all(isinstance(given, str) and 0 < len(given) <= LONGEST_ID and given.isprintable() for given in ids):
        raise ValueError("no id")
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ValueError("no text")


# what goes out


@dataclass(frozen=True)
class Limits:
    """Of one message; lengths in UTF-16 units, which is how messengers count."""

    text: int
    """Longest text without choices."""
    buttons: int = 0
    """At most so many choices as buttons; 0: the channel has none."""
    button_title: int = 0
    buttons_text: int = 0
    """Longest text above buttons."""
    rows: int = 0
    """At most so many choices as rows of a list; 0: the channel has none."""
    row_title: int = 0
    row_description: int = 0
    list_text: int = 0
    """Longest text above a list."""


@dataclass(frozen=True)
class Choice:
    """`id`: what comes back when it is chosen. `description`: the whole title, where a row is too narrow for it."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Piece:
    """One message as it leaves: `kind` is text, buttons or list. A text that names its choices by numbers has none.
    `opens`, `heading`: of a list, the words on what opens it and those over its rows."""

    kind: str
    text: str
    choices: tuple[Choice, ...] = ()
    language: str = "ar"
    opens: str = ""
    heading: str = ""


class Remedy(str, Enum):
    """What to do about a message that was not sent."""

    LATER = "later"
    """The same again, after growing pauses."""
    SOME = "some"
    """The same again, a few times."""
    SLOW = "slow"
    """The same again, and all others wait as well."""
    STOP = "stop"
    """Nothing can be sent to anybody: wait, tell the operator, keep everything."""
    UNSURE = "unsure"
    """It may have been accepted: wait for word of it, then send it again."""
    INVITE = "invite"
    """Too long since she wrote: keep it until she writes again, and ask her to where the channel can."""
    PLAIN = "plain"
    """This form of it was refused: the same as plain text."""
    FINAL = "final"
    """This message will never be delivered."""

    @classmethod
    def of_status(cls, status: int) -> Remedy:
        """By the HTTP status, where the provider's own code says nothing: something on the way may have answered."""
        if 300 <= status < 400 or status in (401, 403, 404):  # we knock at the wrong door, or with the wrong key
            return cls.STOP
        return cls.SLOW if status == 429 else cls.UNSURE if status >= 500 else cls.FINAL


class NotSent(Exception):
    """`code`: the provider's, or a word of ours; never what was to be sent."""

    def __init__(self, remedy: Remedy, code: str) -> None:
        super().__init__(code)
        self.remedy = remedy
        self.code = code


class MediaGone(Exception):
    """The provider no longer has the file, or it is larger than we take."""


class Channel(ABC):
    name: str
    limits: Limits
    window: dt.timedelta | None = None
    """How long after her last message one may write freely; None: always."""
    invites: bool = False
    """Whether `invite` can ask her to write once the window has closed."""
    largest_body: int = 3 * 1024 * 1024
    """Bytes of one request."""
    _http: aiohttp.ClientSession | None = None

    def handshake(self, query: Mapping[str, str]) -> str:
        """What to answer to the provider's GET, bare; raises errors.NotSigned. Some providers have none."""
        from bot.channels.errors import MethodNotAllowed

        raise MethodNotAllowed(Allow="POST")

    @abstractmethod
    def prove(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises errors.NotSigned unless the provider sent these very bytes."""

    @abstractmethod
    def read(self, body: bytes) -> list[Incoming]:
        """Everything in a proved request, in its order; what cannot be read is Noted and takes nothing else with it.
        Raises errors.BadRequest when it is not even the provider's format."""

    @abstractmethod
    async def send(self, to: Person, piece: Piece, opaque: str) -> str | None:
        """One message; the provider's id of it. `opaque` comes back with its Progress. Raises NotSent."""

    async def invite(self, to: Person, language: str, opaque: str) -> str | None:
        """Ask her to write, after the window has closed. Raises NotSent; FINAL where the channel cannot."""
        raise NotSent(Remedy.FINAL, "no_invitation")

    async def seen(self, to: Person, given: str, typing: bool) -> None:
        """Show her that message `given` was read, and that an answer is being written. Raises NotSent."""
        return

    async def fetch(self, media: Media) -> AsyncIterator[bytes]:
        """The bytes of a file that she sent. Raises MediaGone, NotSent."""
        raise MediaGone
        yield b""  # raised to whoever reads the bytes, not to whoever asks for them

    async def close(self) -> None:
        """End what was opened."""
        if self._http is not None:
            await self._http.close()

    # for channels to use

    @staticmethod
    def is_signed(secret: bytes, body: bytes, given: str) -> bool:
        """Whether `given` is the HMAC-SHA256 of these very bytes, in hex."""
        right = hmac.new(secret, body, hashlib.sha256).hexdigest()
        # as bytes: text that is not ASCII would raise
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())

    def session(self) -> aiohttp.ClientSession:
        """Made when it is first asked for, ended by `close`."""
        if self._http is None or self._http.closed:
            self._http = aiohttp.ClientSession(timeout=TIME_OUT)
        return self._http

    async def post(self, url: str, content: Any, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The status of the provider's answer to this JSON, and the object in it, an empty one if there is none. Raises
        NotSent: LATER where nothing left us, UNSURE where no answer came."""
        try:
            async with self.session().post(url, json=content, headers=headers, allow_redirects=False) as response:
                status, body = response.status, await response.read()
        except aiohttp.ClientConnectorError as error:
            raise NotSent(Remedy.LATER, type(error).__name__) from None
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise NotSent(Remedy.UNSURE, type(error).__name__) from None
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        return status, answer if isinstance(answer, dict) else {}

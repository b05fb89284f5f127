"""What every gateway shares: each call is timed and logged without what it carried, and whatever goes wrong becomes
`Unavailable(<gateway>)`."""

from __future__ import annotations

import http.client
import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from actions.services.errors import Unavailable

log = logging.getLogger(__name__)

TIMEOUT = 5
"""Seconds an outgoing call may take to connect, and between two pieces of its answer."""


@contextmanager
def call(gateway: str, what: str) -> Iterator[None]:
    """Around one outgoing call. An error's text is not logged: it may hold a number or a URL with a token."""
    started = time.monotonic()
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = f"HTTP {error.code}" if isinstance(error, urllib.error.HTTPError) else type(error).__name__
        log.error("%s %s failed after %.0f ms: %s", gateway, what, _ms_since(started), cause)
        raise Unavailable(gateway) from error
    log.info("%s %s took %.0f ms", gateway, what, _ms_since(started))


def _ms_since(started: float) -> float:
    return (time.monotonic() - started) * 1000


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another place."""

    def redirect_request(self, *args: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def post_json(url: str, token: str, body: dict, *, timeout: float = TIMEOUT) -> None:
    """POST `body`; any answer but 2xx raises."""
    request = urllib.request.Request(  # noqa: S310 - the URL is a setting, https in production
        url,
        data=json.dumps(body, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        method="POST",
    )
    with _opener.open(request, timeout=timeout):
        pass


def reach(url: str, *, timeout: float = TIMEOUT) -> None:
    """Raise when nobody answers at `url`, or only with a server's error; what is answered does not matter."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the URL is a setting, https in production
    try:
        with _opener.open(request, timeout=timeout):
            pass
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise

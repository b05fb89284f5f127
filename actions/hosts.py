"""Which `Host` a listener of this machine alone answers to.

Listening on 127.0.0.1 keeps other machines out, but not a web page: a site may give its own name the address
127.0.0.1 (DNS rebinding), and the browser of somebody at this machine then takes our answers for that site's own and
lets its scripts read them. Such a request still carries the site's name in `Host`.
"""

from __future__ import annotations

import re

from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)


def is_loopback(request: Request) -> bool:
    """Whether the request names this machine, once, and nobody else."""
    named = request.headers.getall("host", [])
    return len(named) == 1 and bool(LOOPBACK.fullmatch(named[0]))


def check_host(app: Sanic | Blueprint) -> None:
    """Refuse what was meant for another name, before any route runs; of a blueprint, before its own routes."""

    @app.middleware("request")
    async def refuse_other_hosts(request: Request) -> HTTPResponse | None:
        return None if is_loopback(request) else json({"error": "this host is not served here"}, status=403)

"""Which pages may use the web API from a browser: those of our own origin and of `WEB_ORIGINS`, by exact comparison.

No cookie is involved: a page can do nothing here that it could not do with a token of its own. Refusing other origins
keeps the assistant from being carried by sites that pretend to be somebody. Programs send no `Origin` and are let in.
"""

from __future__ import annotations

from collections.abc import Collection

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels import errors

PREFIX = "/web/"
ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID, X-File-Name"
REMEMBERED = "7200"
"""Seconds that a browser may keep the answer to its preflight; the most that Chromium accepts."""


def add_origins(app: Sanic, origins: Collection[str]) -> None:
    @app.middleware("request")
    async def refuse_other_origins(request: Request) -> HTTPResponse | None:
        if is_api(request) and not _allowed(request, origins):
            return errors.answer(request, errors.OriginRefused())
        return None

    @app.middleware("response")
    async def name_the_origin(request: Request, response: HTTPResponse) -> None:
        if not is_api(request):
            return
        response.headers["Vary"] = "Origin"
        origin = request.headers.get("origin")
        if origin and _allowed(request, origins):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Retry-After"


def preflight(*methods: str) -> HTTPResponse:
    allowed = ", ".join([*methods, "OPTIONS"])
    return HTTPResponse(
        status=204,
        headers={
            "Allow": allowed,
            "Access-Control-Allow-Methods": allowed,
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": REMEMBERED,
        },
    )


def is_api(request: Request) -> bool:
    try:
        return request.path.startswith(PREFIX)
    except UnicodeDecodeError:
        return False


def _allowed(request: Request, origins: Collection[str]) -> bool:
    named = request.headers.getall("origin", [])
    own = f"{request.scheme}://{request.host}"
    return all(origin == own or origin in origins for origin in named)

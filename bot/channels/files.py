"""The widget's files, and in a demonstration a host page that carries it.

They are read once, at the start, so a path can lead nowhere else. Whatever bears `demo` in front of its name is of the
invented host site and is not served to real people.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from actions.hosts import is_loopback
from bot.channels import errors

WIDGET = Path(__file__).parent.parent / "widget"
KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none';"
    " require-trusted-types-for 'script'"
)
"""What a strict host site demands; the demonstration's page is one, so that the widget proves itself there."""
DEMO = "demo"


@dataclass(frozen=True)
class File:
    kind: str
    body: bytes
    packed: bytes
    tag: str


def add_files(app: Sanic, demo: bool, folder: Path = WIDGET) -> None:
    files = _read(folder, demo)

    @app.route("/widget/<name:path>", methods=["GET", "HEAD"], name="widget_file")
    async def widget_file(request: Request, name: str) -> HTTPResponse:
        if name not in files:
            raise errors.NotFound
        # any site may load them: they are the same for everybody
        shared = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
        return _answer(request, files[name], shared)

    if demo and f"{DEMO}.html" in files:

        @app.route("/", methods=["GET", "HEAD"], name="demo_page")
        async def demo_page(request: Request) -> HTTPResponse:
            if not is_loopback(request):
                raise errors.NotFound  # whatever is pretended is for this machine alone
            return _answer(request, files[f"{DEMO}.html"], {"Content-Security-Policy": POLICY})


def _answer(request: Request, file: File, headers: dict[str, str]) -> HTTPResponse:
    pack = "gzip" in request.headers.get("accept-encoding", "")
    tag = f'"{file.tag}{"-gzip" if pack else ""}"'
    headers = {
        **headers,
        "ETag": tag,
        "Cache-Control": "no-cache",  # kept, and asked about: a new version is there at once
        "Vary": "Accept-Encoding",
    }
    if tag in [known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")]:
        return HTTPResponse(status=304, headers=headers)
    if pack:
        headers["Content-Encoding"] = "gzip"
    return HTTPResponse(file.packed if pack else file.body, headers=headers, content_type=file.kind)


def _read(folder: Path, demo: bool) -> dict[str, File]:
    paths = [path for path in folder.rglob("*") if path.suffix in KINDS]
    return {
        path.relative_to(folder).as_posix(): _file(path) for path in paths if demo or not path.name.startswith(DEMO)
    }


def _file(path: Path) -> File:
    body = path.read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:24]
    return File(KINDS[path.suffix], body, gzip.compress(body, 9, mtime=0), tag)

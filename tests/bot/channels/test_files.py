"""The widget's files and the demonstration's page."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sanic import Sanic
from yarl import URL

from bot.channels.errors import add_errors
from bot.channels.files import WIDGET, add_files
from tests.bot.channels.served import Reply, running
from tests.scenarios.runner import free_port
from tests.servers import listening


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "widget"
    (made / "sub").mkdir(parents=True)
    for name, text in {
        "widget.js": "export const سلام = 1;" * 50,
        "widget.css": ":host {}",
        "sub/card.js": "",
        "demo.html": "<!doctype html>",
        "demo.css": "",
        "README.md": "not served",
        ".hidden.js~": "",
    }.items():
        (made / name).write_text(text, encoding="utf-8")
    (tmp_path / "secret.js").write_text("outside")
    return made


class Site:
    def __init__(self, http: ClientSession, url: str) -> None:
        self.http, self.url = http, url

    async def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        headers = {"Accept-Encoding": "identity", **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.http.request(method, self.url + path, headers=headers) as response:
            return Reply(response.status, response.headers, await response.read())


@asynccontextmanager
async def site(folder: Path, demo: bool) -> AsyncIterator[Site]:
    app = Sanic(f"files-{uuid.uuid4().hex}", configure_logging=False)
    app.config.MOTD = False
    add_errors(app)
    add_files(app, demo, folder)
    port = free_port()
    async with listening(app, port), ClientSession(auto_decompress=False) as http:
        yield Site(http, f"http://127.0.0.1:{port}")


@running
async def test_any_site_may_load_the_widget(folder: Path) -> None:
    async with site(folder, demo=False) as files:
        for name, kind in (
            ("widget.js", "text/javascript"),
            ("widget.css", "text/css"),
            ("sub/card.js", "text/javascript"),
        ):
            reply = await files.get(f"/widget/{name}", Origin="https://somebody.example")
            assert reply.status == 200
            assert reply.body == (folder / name).read_bytes()
            assert reply.headers["Content-Type"].split(";")[0] == kind
            assert reply.headers["Access-Control-Allow-Origin"] == "*"
            assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@running
async def test_a_browser_that_has_a_file_is_told_so(folder: Path) -> None:
    async with site(folder, demo=False) as files:
        for packing in ("identity", "gzip, br"):
            first = await files.get("/widget/widget.js", Accept_Encoding=packing)
            again = await files.get("/widget/widget.js", Accept_Encoding=packing, If_None_Match=first.headers["ETag"])
            other = await files.get("/widget/widget.js", Accept_Encoding=packing, If_None_Match='"other"')
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
            assert (other.status, other.body) == (200, first.body)


@running
async def test_files_are_packed_for_whoever_can_unpack(folder: Path) -> None:
    async with site(folder, demo=False) as files:
        reply = await files.get("/widget/widget.js", Accept_Encoding="br, gzip")
        assert reply.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(reply.body) == (folder / "widget.js").read_bytes()
        assert "Accept-Encoding" in reply.headers["Vary"]
        head = await files.get("/widget/widget.js", "HEAD")
        assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        ".hidden.js~",
        "../secret.js",
        "%2e%2e/secret.js",
        "..%2fsecret.js",
        "sub",
        "",
        "nothing.js",
        "sub/../../secret.js",
    ],
)
@running
async def test_nothing_else_is_served(folder: Path, path: str) -> None:
    async with site(folder, demo=True) as files:
        response = await files.http.get(URL(f"{files.url}/widget/{path}", encoded=True))
        assert response.status == 404


@running
async def test_the_host_site_is_for_demonstrations(folder: Path) -> None:
    async with site(folder, demo=True) as files:
        page = await files.get("/")
        assert (page.status, page.body) == (200, b"<!doctype html>")
        policy = page.headers["Content-Security-Policy"]
        for rule in (
            "default-src 'none'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ):
            assert rule in policy.split("; ")
        assert (await files.get("/widget/demo.css")).status == 200
    async with site(folder, demo=False) as files:
        for path in ("/", "/widget/demo.css", "/widget/demo.html"):
            assert (await files.get(path)).status == 404


@running
async def test_the_real_widget_is_there() -> None:
    async with site(WIDGET, demo=True) as files:
        assert (await files.get("/widget/widget.js")).status == 200

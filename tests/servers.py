"""A Sanic application as a real server, asked as a browser would, whatever stands in `Host`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sanic import Sanic


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@asynccontextmanager
async def listening(app: Sanic, port: int) -> AsyncIterator[None]:
    server = await app.create_server(host="127.0.0.1", port=port, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


async def ask(
    port: int, path: str, host: str | None, *headers: tuple[str, str], body: bytes | None = None, patience: float = 10
) -> Reply:
    named = [("Host", host)] if host is not None else []
    sized = [("Content-Length", str(len(body)))] if body is not None else []
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in [*named, ("Connection", "close"), *sized, *headers]]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        answer = await asyncio.wait_for(reader.read(), patience)
    finally:
        writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    first, *named = head.decode().split("\r\n")
    pairs = (line.split(":", 1) for line in named)
    return Reply(int(first.split()[1]), {name.lower(): value.strip() for name, value in pairs}, rest)

"""The body of a request, of which only so much is taken."""

from __future__ import annotations

import asyncio

from sanic.request import Request

from bot.channels.errors import TooLarge, TooSlow

LONGEST_BODY_TIME = 30.0
"""Seconds in which a request has to arrive."""


async def read_body(request: Request, most: int) -> bytes:
    """All of it, or TooLarge once the rest was read, so that the refusal can be heard; TooSlow."""
    try:
        return await asyncio.wait_for(_read(request, most), LONGEST_BODY_TIME)
    except asyncio.TimeoutError:
        raise TooSlow from None


async def _read(request: Request, most: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream:
        size += len(part)
        if size <= most:
            parts.append(part)
        elif size > 2 * most:
            break
    if size > most:
        raise TooLarge(f"body: at most {most} bytes")
    return b"".join(parts)

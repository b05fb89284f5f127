"""Whoever waits is woken by a commit of another process, and only by what concerns him."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator

import pytest

from bot.delivery.bell import Bell
from bot.delivery.engine import make_engine, upgrade
from bot.keys import Keys
from bot.project import ROOT
from tests.bot.delivery.conftest import Post

SOON = 10.0
ELSEWHERE = """
import sys
from sqlalchemy.orm import Session
from bot.delivery import inbox, outbox
from bot.delivery.engine import make_engine
from bot.keys import Keys
url, conversation = sys.argv[1:]
engine, keys = make_engine(url), Keys(("a secret of the tests, long enough for one",))
inbox.accept(engine, keys, conversation=conversation, given_id="from elsewhere", text="x")
with Session(engine, future=True) as session:
    outbox.say(session, keys, conversation, [{"name": "utter_said", "text": "x", "buttons": []}])
    session.commit()
"""


def with_bell(post: Post, body: Callable[[Bell], Awaitable[None]]) -> None:
    async def run() -> None:
        bell = Bell(post.engine)
        bell.start()
        await asyncio.sleep(0.3)
        bell.inbox.clear()
        try:
            await body(bell)
        finally:
            await bell.stop()

    asyncio.run(run())


async def write_elsewhere(post: Post, conversation: str) -> None:
    url = post.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", ELSEWHERE, url, conversation]
    await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=True)


def test_another_process_s_commit_is_heard(post: Post) -> None:
    async def body(bell: Bell) -> None:
        with bell.listening(post.hers) as hers, bell.listening(post.his) as his:
            await write_elsewhere(post, post.hers)
            await asyncio.wait_for(bell.inbox.wait(), SOON)
            await asyncio.wait_for(hers.wait(), SOON)
            assert not his.is_set()

    with_bell(post, body)


def test_nothing_is_kept_of_whoever_listens_no_more(post: Post) -> None:
    async def body(bell: Bell) -> None:
        with bell.listening(post.hers), bell.listening(post.hers):
            pass
        assert not bell._listeners

    with_bell(post, body)


@pytest.fixture
def on_postgresql(postgres_url: str, keys: Keys) -> Iterator[Post]:
    upgrade(postgres_url)
    engine = make_engine(postgres_url)
    yield Post(engine, keys)
    engine.dispose()


def test_a_lost_connection_is_made_again_and_whoever_waits_looks_for_himself(on_postgresql: Post) -> None:
    post = on_postgresql

    async def body(bell: Bell) -> None:
        with bell.listening(post.hers) as hers:
            with post.engine.connect() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                connection.commit()
            await asyncio.wait_for(hers.wait(), SOON)
            await asyncio.sleep(1.5)
            hers.clear()
            await write_elsewhere(post, post.hers)
            await asyncio.wait_for(hers.wait(), SOON)

    with_bell(post, body)

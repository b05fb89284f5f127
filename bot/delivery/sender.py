"""Sends what waits for a messenger: conversations side by side, each in its order.

What a refusal means says the channel (`Remedy`); what becomes of the message says `bot/delivery/deliveries.py`. What is
decided here is when nothing more is sent for a while: after word that concerns everybody, one message tries again.
While the database is away, what has left is remembered, and nothing more leaves.
"""

from __future__ import annotations

import asyncio
import logging
import time

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import logs, metrics
from bot.channels.base import Channel, NotSent, Piece, Remedy
from bot.channels.door import Door
from bot.channels.pieces import as_text, words
from bot.delivery import deliveries, inbox, staging
from bot.delivery.deliveries import Parcel
from bot.delivery.engine import reading
from bot.delivery.received import hashed

log = logging.getLogger(__name__)

SIDE_BY_SIDE = 24
"""Messages on their way at the same time."""
PACE = 0.025
"""Seconds between two looks at the least: several rings are one look, and one transaction."""
LOOK_EVERY = 0.25
"""Seconds between two looks when nothing rings: pauses end, leases end."""
LOST_EVERY = 5.0
"""Seconds between two looks for what a sender that died had in hand."""
LONGEST_SEND = 20.0
"""Seconds; shorter than a lease."""
LONGEST_SEEN = 3.0
"""The same of a read mark: an answer may wait behind it."""
FIRST_STOP, LONGEST_STOP = 15.0, 600.0
SLOWED = 5.0
"""Seconds that everybody waits after word that we send too much; doubled while it goes on."""
UNSAYABLE_WAITS = 600.0
"""Seconds; for lines that cannot be made into messages."""
FAREWELL = 10.0


class Sender:
    def __init__(self, door: Door, channel: Channel) -> None:
        self.door, self.channel = door, channel
        self.owner = inbox.new_owner()
        self._at_work: dict[asyncio.Task, Parcel] = {}
        self._left: list[tuple[Parcel, str | None]] = []
        """Accepted by the provider under this (hashed) id, and not noted yet."""
        self._unsayable: set[str] = set()
        self._unsayable_since = time.monotonic()
        self._paused_until = 0.0
        self._pause = 0.0

    async def run(self, over: asyncio.Event) -> None:
        """Until `over`; what is on its way then is waited for."""
        metrics.STOPPED.labels(self.channel.name).set(0)
        looked = -LOST_EVERY
        ending = asyncio.create_task(over.wait())
        try:
            while not over.is_set():
                self.door.bell.outgoing.clear()
                try:
                    await self.look()
                    if time.monotonic() >= looked + LOST_EVERY:  # after it: what left is noted by then
                        looked = time.monotonic()
                        await asyncio.to_thread(deliveries.lost, self.door.engine, self.channel.name, [self.owner])
                except SQLAlchemyError as error:
                    log.error("the outbox cannot be read: %s", type(error).__name__)
                await asyncio.sleep(PACE)
                ringing = asyncio.create_task(self.door.bell.outgoing.wait())
                await asyncio.wait([ringing, ending], timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
                ringing.cancel()
        finally:
            ending.cancel()
            await self._finish()

    async def look(self) -> int:
        """Note what has left, make messages of new lines, start sending what may leave; how many were started."""
        if time.monotonic() > self._unsayable_since + UNSAYABLE_WAITS:
            self._unsayable, self._unsayable_since = set(), time.monotonic()
        room = SIDE_BY_SIDE - len(self._at_work)
        if self._pause:  # one tries, all others wait
            room = 1 if time.monotonic() >= self._paused_until and not self._at_work else 0
        left = list(self._left)
        parcels = await asyncio.to_thread(self._note_stage_and_claim, left, room)
        del self._left[: len(left)]
        for parcel in parcels:
            task = asyncio.create_task(self._work(parcel))
            self._at_work[task] = parcel
            task.add_done_callback(self._done)
        return len(parcels)

    def _note_stage_and_claim(self, left: list[tuple[Parcel, str | None]], room: int) -> list[Parcel]:
        """One transaction, and none where there is nothing to do: SQLite has one writer."""
        engine, keys, channel = self.door.engine, self.door.keys, self.channel
        with Session(reading(engine), future=True) as session:
            staged = staging.stage(session, keys, channel, self.door.answers(), self._unsayable)
            if not (left or staged or (room > 0 and deliveries.are_waiting(session, channel.name))):
                return []
        with Session(engine, future=True) as session:
            staging.put(session, staged)
            deliveries.sent(session, left)
            parcels = deliveries.claim(session, keys, channel.name, self.owner, room) if room > 0 else []
            session.commit()
        return parcels

    async def settle(self, patience: float = 20.0) -> None:
        """Until nothing is left to send, or so many seconds have gone; for tests and tools."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            await self.look()
            if self._at_work:
                await asyncio.wait(list(self._at_work), timeout=patience)
            elif not self._left and not (await asyncio.to_thread(deliveries.depth, self.door.engine))["to_send"]:
                return
            else:
                await asyncio.sleep(0.02)

    def _done(self, task: asyncio.Task) -> None:
        self._at_work.pop(task, None)
        self.door.bell.outgoing.set()  # the next one of this conversation may be waiting

    async def _work(self, parcel: Parcel) -> None:
        longest = LONGEST_SEEN if parcel.kind == "seen" else LONGEST_SEND
        with logs.bound(conversation=parcel.conversation):
            try:
                given = await asyncio.wait_for(self._send(parcel), longest)
            except NotSent as refused:
                await self._refused(parcel, refused)
            except asyncio.TimeoutError:
                await self._refused(parcel, NotSent(Remedy.UNSURE, "time_out"))
            except Exception as error:
                log.error("a message cannot be sent: %s", logs.place(error))
                await self._refused(parcel, NotSent(Remedy.SOME, "our_error"))
            else:
                self._accepted(parcel, given)

    async def _send(self, parcel: Parcel) -> str | None:
        if parcel.content is None:
            raise NotSent(Remedy.FINAL, "sealed_with_a_lost_secret")
        if parcel.person is None:
            raise NotSent(Remedy.FINAL, "no_address")
        is_open = deliveries.window_open(self.channel, parcel)
        if parcel.kind == "invitation":
            if is_open and parcel.heard_at > parcel.created_at:  # the provider's clock may have closed it before ours
                raise NotSent(Remedy.INVITE, "she_wrote")
            return await self.channel.invite(parcel.person, parcel.language, parcel.opaque)
        if parcel.kind == "seen":
            if deliveries.is_late(parcel):
                raise NotSent(Remedy.FINAL, "late")
            return await self.channel.seen(parcel.person, parcel.content["given"], typing=parcel.being_answered)
        if not is_open:
            raise NotSent(Remedy.INVITE, "window_closed")
        return await self.channel.send(parcel.person, await self._shown(parcel), parcel.opaque)

    async def _shown(self, parcel: Parcel) -> Piece:
        """What was kept long is not said to whoever holds the phone now, unless she proved it."""
        if not deliveries.is_hidden(self.channel, parcel):
            return parcel.piece
        of = parcel.content["of"]
        if await asyncio.to_thread(self.door.verified, parcel.conversation) == of["citizen"]:
            return parcel.piece
        answers = await asyncio.to_thread(self.door.answers)
        return Piece("text", answers.hidden(of["name"], parcel.language)["text"], language=parcel.language)

    def _accepted(self, parcel: Parcel, given: str | None) -> None:
        if self._pause and time.monotonic() >= self._paused_until:  # not one that had left before the word came
            log.warning("%s: sending goes on", self.channel.name)
            self._pause = 0.0
            metrics.STOPPED.labels(self.channel.name).set(0)
        metrics.SENT.labels(self.channel.name, "sent" if parcel.kind == "message" else parcel.kind).inc()
        self._left.append((parcel, given and hashed(given)))

    async def _refused(self, parcel: Parcel, refused: NotSent) -> None:
        if refused.remedy in (Remedy.STOP, Remedy.SLOW):
            self._hold_all(refused)
        plain = await self._plain(parcel) if refused.remedy is Remedy.PLAIN else []
        try:
            state = await asyncio.to_thread(
                deliveries.not_sent, self.door.engine, self.door.keys, self.channel, parcel, refused.remedy,
                refused.code, plain,
            )  # fmt: skip
        except SQLAlchemyError as error:
            log.error("a message that was not sent could not be noted: %s", type(error).__name__)
            return
        metrics.SENT.labels(self.channel.name, state).inc()
        with logs.bound(provider_code=refused.code):
            if state == "failed":
                log.error("%s: a message will not be delivered", self.channel.name)
            elif parcel.kind == "message" and state in ("ready", "unsure"):
                log.warning("%s: a message waits: state=%s", self.channel.name, state)

    async def _plain(self, parcel: Parcel) -> list[Piece]:
        if parcel.kind != "message" or not parcel.content or parcel.piece.kind == "text":
            return []
        answers = await asyncio.to_thread(self.door.answers)
        return as_text(parcel.piece, words(answers.labels, parcel.language), self.channel.limits)

    def _hold_all(self, refused: NotSent) -> None:
        stop = refused.remedy is Remedy.STOP
        first = FIRST_STOP if stop else SLOWED
        tried = time.monotonic() >= self._paused_until  # else it had left before, and brings the same word again
        self._pause = min(max(first, self._pause * (2 if tried else 1)), LONGEST_STOP)
        if stop:
            metrics.STOPPED.labels(self.channel.name).set(1)
            with logs.bound(provider_code=refused.code):
                log.error(
                    "%s: nothing can be sent. All is kept; next try in %.0f seconds (docs/whatsapp.md)",
                    self.channel.name,
                    self._pause,
                )
        else:
            log.warning("%s: too much at once; next try in %.0f seconds", self.channel.name, self._pause)
        self._paused_until = time.monotonic() + self._pause

    async def _finish(self) -> None:
        if self._at_work:
            await asyncio.wait(list(self._at_work), timeout=FAREWELL)
        for task in list(self._at_work):  # its lease ends: unsure whether it was sent
            task.cancel()
        try:
            await asyncio.to_thread(self._note_stage_and_claim, self._left, 0)
        except SQLAlchemyError as error:  # a status says that it was sent
            log.error("sent messages could not be noted: %s", type(error).__name__)

"""The door of the bank and the authority: who is believed, what is kept, and what is said to whoever programs it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
import yaml
from jsonschema import Draft7Validator
from sanic import Sanic
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from actions.case_db.models import Event
from actions.case_db.unit_of_work import UnitOfWork
from actions.settings import SettingsError
from bot.channels import events
from bot.channels.errors import add_errors
from bot.project import DATA, ROOT
from bot.settings import read
from tests.fakes import FakeSms
from tests.scenarios.runner import free_port
from tests.servers import listening


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


BANK, OLD, AUTHORITY = new_secret(), new_secret(), new_secret()
PAID = {
    "type": "payment.received",
    "version": 1,
    "data": {
        "invoice": "700012345678",
        "amount": "2400.00",
        "currency": "SAR",
        "reference": "FT-1",
        "paid_at": "2026-11-23T10:15:00+03:00",
    },
}
LIFTED = {"type": "case.lifted", "version": 1, "data": {"case": "4500123456"}}


def signed(secret: str, given: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """As the specification says it, without the library that the door uses."""
    told = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, given.encode() + b"." + told.encode() + b"." + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": given, "webhook-timestamp": told, "webhook-signature": signature}


class Desk:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.url = ""

    async def post(self, body: Any = None, *, topic: str = "payments", **headers: str) -> tuple[int, dict[str, Any]]:
        """`body`: an event, or bytes. Signed by the bank unless headers say otherwise."""
        raw = body if isinstance(body, bytes) else json.dumps(PAID if body is None else body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**signed(BANK, uuid.uuid4().hex, raw), **given}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.url}/events/{topic}", data=raw, headers=sent) as response,
        ):
            return response.status, await response.json()

    def kept(self) -> list[Event]:
        with UnitOfWork(self.engine, sms=FakeSms()) as uow:
            return list(uow.session.scalars(select(Event).order_by(Event.number)))


@pytest.fixture
def play(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(Sanic, "test_mode", True)
    monkeypatch.setattr(events, "unit_of_work", lambda: UnitOfWork(engine, sms=FakeSms()))
    desk = Desk(engine)

    def play(scene: Any, **known: tuple[str, ...]) -> Desk:
        async def on_stage() -> None:
            app, port = Sanic(f"events-{uuid.uuid4().hex}", configure_logging=False), free_port()
            app.config.MOTD = False
            add_errors(app)
            events.add_events(app, known or {"payments": (BANK, OLD), "cases": (AUTHORITY,)})
            desk.url = f"http://127.0.0.1:{port}"
            async with listening(app, port):
                await scene(desk)

        asyncio.run(asyncio.wait_for(on_stage(), 60))
        return desk

    return play


def test_an_event_is_kept_before_it_is_acknowledged_and_once(play: Any) -> None:
    raw = json.dumps(PAID).encode()

    async def scene(desk: Desk) -> None:
        for _ in range(3):
            assert await desk.post(raw, **_of(signed(BANK, "e1", raw))) == (202, {"id": "e1", "state": "received"})
            assert len(desk.kept()) == 1
        assert (await desk.post(LIFTED, topic="cases", **_of(signed(AUTHORITY, "e1", json.dumps(LIFTED).encode()))))[
            0
        ] == 202

    kept = play(scene).kept()
    assert [(event.topic, event.event_id, event.type, event.subject) for event in kept] == [
        ("payments", "e1", "payment.received", "700012345678"),
        ("cases", "e1", "case.lifted", "4500123456"),
    ]
    assert kept[0].body == PAID


def test_ten_at_once_are_one(play: Any) -> None:
    raw = json.dumps(PAID).encode()

    async def scene(desk: Desk) -> None:
        told = await asyncio.gather(*(desk.post(raw, **_of(signed(BANK, "e1", raw))) for _ in range(10)))
        assert {status for status, _ in told} == {202}

    assert len(play(scene).kept()) == 1


def test_an_id_that_another_event_has_is_refused(play: Any) -> None:
    raw, other = (json.dumps(body).encode() for body in (PAID, {**PAID, "data": {**PAID["data"], "amount": "1.00"}}))

    async def scene(desk: Desk) -> None:
        assert (await desk.post(raw, **_of(signed(BANK, "e1", raw))))[0] == 202
        status, told = await desk.post(other, **_of(signed(BANK, "e1", other)))
        assert (status, told["error"]["code"]) == (409, "other_event")

    assert [event.body for event in play(scene).kept()] == [PAID]


def test_while_a_secret_is_changed_both_are_believed_and_one_of_several_signatures_is_enough(play: Any) -> None:
    raw = json.dumps(PAID).encode()

    async def scene(desk: Desk) -> None:
        assert (await desk.post(raw, **_of(signed(OLD, "e1", raw))))[0] == 202
        strange, ours = signed(new_secret(), "e2", raw), signed(BANK, "e2", raw)
        both = f"v1a,AAAA {strange['webhook-signature']} {ours['webhook-signature']}"
        assert (await desk.post(raw, **{**_of(ours), "webhook_signature": both}))[0] == 202

    assert len(play(scene).kept()) == 2


RAW = json.dumps(PAID).encode()


def changed(name: str, value: str) -> Callable[[], dict[str, str]]:
    return lambda: {**signed(BANK, "e1", RAW), name: value}


NOT_SIGNED: dict[str, Callable[[], dict[str, str]]] = {
    "another secret": lambda: signed(new_secret(), "e1", RAW),
    "the authority's secret": lambda: signed(AUTHORITY, "e1", RAW),
    "another body": lambda: signed(BANK, "e1", RAW + b" "),
    "another id": changed("webhook-id", "e2"),
    "six minutes old": lambda: signed(BANK, "e1", RAW, time.time() - 360),
    "in six minutes": lambda: signed(BANK, "e1", RAW, time.time() + 360),
    "no time": changed("webhook-timestamp", "soon"),
    "not a number": changed("webhook-timestamp", "nan"),
    "endless": changed("webhook-timestamp", "1e400"),
    "no signature": changed("webhook-signature", ""),
    "half a signature": changed("webhook-signature", "v1"),
    "no base64": changed("webhook-signature", "v1,%%%"),
    "commas": changed("webhook-signature", "v1,,,"),
    "not ASCII": changed("webhook-signature", "v1,\u0633"),
    "another version": lambda: {
        **signed(BANK, "e1", RAW),
        "webhook-signature": signed(BANK, "e1", RAW)["webhook-signature"].replace("v1", "v2"),
    },
}
"""Made when they are sent: they would grow old."""


@pytest.mark.parametrize("headers", NOT_SIGNED.values(), ids=NOT_SIGNED)
def test_who_did_not_sign_these_bytes_now_is_not_believed(play: Any, headers: Callable[[], dict[str, str]]) -> None:
    async def scene(desk: Desk) -> None:
        status, told = await desk.post(RAW, **_of(headers()))
        assert (status, told["error"]["code"]) == (403, "not_signed")

    assert play(scene).kept() == []


@pytest.mark.parametrize("twice", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_stands_twice_is_not_believed(play: Any, twice: str) -> None:
    """One would be proved and the other kept."""

    async def scene(desk: Desk) -> None:
        headers = [(twice, "another"), *signed(BANK, "e1", RAW).items()]
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{desk.url}/events/payments", data=RAW, headers=headers) as response,
        ):
            assert response.status == 403

    assert play(scene).kept() == []


def test_two_senders_have_two_secrets() -> None:
    with pytest.raises(SettingsError, match="in common") as refused:
        read({"PAYMENT_EVENTS_SECRETS": f"{OLD},{BANK}", "CASE_EVENTS_SECRETS": BANK})
    assert BANK not in str(refused.value)


def test_every_altered_byte_of_a_signature_or_body_is_noticed() -> None:
    from standardwebhooks import Webhook

    from bot.channels.errors import NotSigned

    signers = [Webhook(BANK), Webhook(OLD)]
    headers = signed(BANK, "e1", RAW)
    events.prove(signers, headers, RAW)
    for place in range(len(RAW)):
        for bit in (1, 128):
            altered = bytearray(RAW)
            altered[place] ^= bit
            with pytest.raises(NotSigned):
                events.prove(signers, headers, bytes(altered))
    signature = headers["webhook-signature"]
    for place in range(3, len(signature) - 2):  # the last letter holds spare bits
        letter = "A" if signature[place] != "A" else "B"
        with pytest.raises(NotSigned):
            events.prove(
                signers, {**headers, "webhook-signature": signature[:place] + letter + signature[place + 1 :]}, RAW
            )


def _data(**changed: Any) -> dict[str, Any]:
    return {**PAID, "data": {**PAID["data"], **changed}}


BAD: dict[str, tuple[Any, str]] = {
    "no JSON": (b"{", "body: JSON"),
    "deep": (b"[" * 50_000, "body: JSON"),
    "no object": ([1], "body: type: object"),
    "nothing": ({}, "body: required: type, version, data"),
    "an unknown type": ({**PAID, "type": "payment.lost"}, "body.type: enum: payment.received, payment.stage"),
    "a case's type": ({**PAID, "type": "case.lifted"}, "body.type: enum: payment.received, payment.stage"),
    "type is a list": ({**PAID, "type": []}, "body.type: enum: payment.received, payment.stage"),
    "another version": ({**PAID, "version": 2}, "body.version: enum: 1"),
    "true for a version": ({**PAID, "version": True}, "body.version: enum: 1"),
    "more": ({**PAID, "more": 1}, "body: additionalProperties: False"),
    "more data": (_data(name="نورة"), "body.data: additionalProperties: False"),
    "a number for a sum": (_data(amount=2400), "body.data.amount: type: string"),
    "no decimals": (_data(amount="2400"), "body.data.amount: pattern"),
    "less than nothing": (_data(amount="-1.00"), "body.data.amount: pattern"),
    "Arabic digits": (_data(amount="٢٤٠٠.٠٠"), "body.data.amount: pattern"),
    "a line feed behind": (_data(invoice="700012345678\n"), "body: quotes"),
    "NUL": (_data(reference="FT\0"), "body: quotes"),
    "half a character": (_data(reference="\ud83d"), "body.data.reference: pattern"),
    "no offset": (_data(paid_at="2026-11-23T10:15:00"), "body.data.paid_at: pattern"),
    "stage 1": (
        {"type": "payment.stage", "version": 1, "data": {"invoice": "700012345678", "stage": 1}},
        "body.data.stage: enum: 2, 3, 4",
    ),
}


@pytest.mark.parametrize(("body", "wrong"), BAD.values(), ids=BAD)
def test_what_the_schema_does_not_know_is_refused_by_its_place(play: Any, body: Any, wrong: str) -> None:
    async def scene(desk: Desk) -> None:
        status, told = await desk.post(body)
        assert (status, told["error"]["code"]) == (400, "bad_request")
        assert wrong in told["error"]["message"]
        assert "نورة" not in told["error"]["message"]

    assert play(scene).kept() == []


def test_bytes_that_are_no_text_are_nobody_s(play: Any) -> None:
    async def scene(desk: Desk) -> None:
        assert (await desk.post(b'{"type": "\xff"}'))[0] == 403

    assert play(scene).kept() == []


@pytest.mark.parametrize("given", ["", " ", "e 1", "x" * 101])
def test_an_id_that_cannot_be_kept_is_refused(play: Any, given: str) -> None:
    async def scene(desk: Desk) -> None:
        assert (await desk.post(RAW, **_of(signed(BANK, given, RAW))))[0] in (400, 403)

    assert play(scene).kept() == []


def test_a_body_without_end_is_refused(play: Any) -> None:
    async def scene(desk: Desk) -> None:
        assert (await desk.post(b" " * (events.LARGEST + 1)))[0] == 413

    assert play(scene).kept() == []


def test_while_the_case_database_is_away_nothing_is_acknowledged(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(events.events, "take", away)

    async def scene(desk: Desk) -> None:
        assert (await desk.post())[0] == 503

    assert play(scene).kept() == []


def test_without_a_secret_there_is_no_address(play: Any) -> None:
    async def scene(desk: Desk) -> None:
        assert (await desk.post())[0] == 404
        assert (await desk.post(LIFTED, topic="cases", **_of(signed(AUTHORITY, "e1", json.dumps(LIFTED).encode()))))[
            0
        ] == 202

    assert len(play(scene, payments=(), cases=(AUTHORITY,)).kept()) == 1


@pytest.mark.parametrize("secret", ["short", "whsec_" + "A" * 16, "whsec_%%%", BANK.removeprefix("whsec_")])
def test_a_secret_that_is_none_is_named_at_the_start_and_not_repeated(secret: str) -> None:
    for name in ("PAYMENT_EVENTS_SECRETS", "CASE_EVENTS_SECRETS"):
        with pytest.raises(SettingsError, match=name) as refused:
            read({name: f"{BANK},{secret}"})
        assert secret not in str(refused.value)
    assert read({"PAYMENT_EVENTS_SECRETS": f"{BANK}, {OLD}"}).events == {"payments": (BANK, OLD), "cases": ()}
    assert BANK not in repr(read({"PAYMENT_EVENTS_SECRETS": BANK}))


def test_schemas_are_schemas_and_every_example_of_the_description_fits(engine: Engine) -> None:
    described = yaml.safe_load((ROOT / "docs" / "events-api.yml").read_text(encoding="utf-8"))
    for topic in ("payments", "cases"):
        schema = json.loads((DATA / "events" / f"{topic}.json").read_text(encoding="utf-8"))
        Draft7Validator.check_schema(schema)
        content = described["paths"][f"/events/{topic}"]["post"]["requestBody"]["content"]["application/json"]
        assert content["schema"] == {"$ref": f"../data/events/{topic}.json"}
        for example in content["examples"].values():
            Draft7Validator(schema).validate(example["value"])
            assert events.read(topic, json.dumps(example["value"]).encode()) == example["value"]


def _of(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}

"""The pretend Graph API answers, refuses, tells and fails as the real one does."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout, ServerDisconnectedError
from sanic import Sanic

from bot.phone import deliveries
from bot.phone.graph import PREFIX, Fault, PretendGraph, wire
from tests.bot.channels.served import running
from tests.bot.phone.staged import HER, HIDDEN, NUMBER, SECRET, TOKEN, Stage, said, staged

READ = {
    "messaging_product": "whatsapp",
    "status": "read",
    "message_id": "wamid.1",
    "typing_indicator": {"type": "text"},
}


async def until(met: Any, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


@running
async def test_an_accepted_message_is_told_of_three_times_with_what_was_sent_along() -> None:
    async with staged() as stage:
        status, answer = await stage.post(said(biz_opaque_callback_data="ab" * 16))
        wamid = answer["messages"][0]["id"]
        assert status == 200 and wamid.startswith("wamid.")
        assert answer["contacts"] == [{"input": HER.phone, "wa_id": "966500000011"}]
        await until(lambda: len(stage.statuses()) == 3)
        told = stage.statuses()
        assert [each["status"] for each in told] == ["sent", "delivered", "read"]
        assert {(each["id"], each["biz_opaque_callback_data"]) for each in told} == {(wamid, "ab" * 16)}
        assert {(each["recipient_id"], each["recipient_user_id"]) for each in told} == {("966500000011", HER.user_id)}
        assert stage.graph.messages[0]["state"] == "read"
        assert [(call["status"], call["wamid"]) for call in stage.graph.calls] == [(200, wamid)]


@running
async def test_somebody_without_a_number_is_told_of_by_her_user_id_alone() -> None:
    async with staged() as stage:
        message = said(recipient=HIDDEN.user_id)
        del message["to"]
        _, answer = await stage.post(message)
        assert answer["contacts"] == [{"input": HIDDEN.user_id, "user_id": HIDDEN.user_id}]
        await until(lambda: stage.statuses())
        assert stage.statuses()[0]["recipient_user_id"] == HIDDEN.user_id
        assert "recipient_id" not in stage.statuses()[0]


@running
async def test_a_number_without_plus_gets_the_country_in_front_and_is_somebody_else() -> None:
    async with staged() as stage:
        _, answer = await stage.post(said(to="966500000011"))
        assert answer["contacts"][0]["wa_id"] == "966966500000011"


@running
async def test_deliveries_are_ascii_with_escaped_slashes_signed_over_the_very_bytes() -> None:
    async with staged() as stage:
        assert await stage.graph.deliver(deliveries.text(HER, "كم بقي؟ https://najiz.sa")) == 200
        [(body, signature)] = stage.received
        assert body.isascii() and b"\\u0643" in body and b"https:\\/\\/najiz.sa" in body
        assert signature == "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        value = json.loads(body)["entry"][0]["changes"][0]["value"]
        assert value["metadata"]["phone_number_id"] == NUMBER


@running
async def test_a_delivery_can_be_unsigned_wrongly_signed_raw_many_times_or_of_another_field() -> None:
    async with staged() as stage:
        value = deliveries.text(HER, "مرة")
        await stage.graph.deliver(value, signature="none")
        await stage.graph.deliver(value, signature="wrong")
        await stage.graph.deliver(body=b"no JSON", signature="sha256=\u00e9")
        right = "sha256=" + hmac.new(SECRET.encode(), stage.received[1][0], hashlib.sha256).hexdigest()
        assert [signature for _, signature in stage.received[:1]] == [None]
        assert stage.received[1][1] not in (None, right)
        assert stage.received[2][0] == b"no JSON"
        stage.answers = [200, 403, 200]
        assert await stage.graph.deliver(value, times=3) == 403
        assert len(stage.received) == 6
        await stage.graph.deliver(deliveries.staff_echo(HER, "نحن"))
        await stage.graph.deliver([value, value], field="account_update")
        fields = [
            [change["field"] for change in json.loads(body)["entry"][0]["changes"]] for body, _ in stage.received[6:]
        ]
        assert fields == [["smb_message_echoes"], ["account_update"] * 2]


@running
async def test_statuses_are_delivered_again_until_the_webhook_takes_them() -> None:
    async with staged() as stage:
        stage.answers = [500, 503]
        await stage.post(said())
        await until(lambda: len(stage.received) == 5)
        assert [each["status"] for each in stage.statuses()] == ["sent", "sent", "sent", "delivered", "read"]


@running
async def test_statuses_can_be_switched_off() -> None:
    async with staged() as stage:
        stage.graph.statuses = False
        await stage.post(said())
        await asyncio.sleep(0.2)
        assert stage.received == []


@running
async def test_nobody_sends_without_the_token_or_from_another_number() -> None:
    async with staged() as stage:
        for token in ("", "another", "a tokén"):
            status, answer = await stage.post(said(), token=token)
            assert (status, answer["error"]["code"]) == (401, 190)
        status, answer = await stage.post(said(), number="1002")
        assert (status, answer["error"]["code"]) == (400, 100)
        for body in (b"", b"[]", b"{", b"\xff"):
            status, answer = await stage.post(body)
            assert (status, answer["error"]["code"]) == (400, 100)
        assert stage.graph.messages == []
        assert [call["code"] for call in stage.graph.calls] == [190] * 3 + [100] * 5


@running
async def test_a_refusal_has_the_providers_shape_and_is_kept_with_its_payload() -> None:
    async with staged() as stage:
        status, answer = await stage.post(said("x" * 4097))
        assert status == 400
        assert set(answer["error"]) == {"message", "type", "code", "error_data", "fbtrace_id"}
        assert set(answer["error"]["error_data"]) == {"messaging_product", "details"}
        assert stage.graph.calls[0]["payload"] == said("x" * 4097)


@running
async def test_read_marks_are_taken_and_are_no_messages() -> None:
    async with staged() as stage:
        stage.graph.faults = [Fault("http", status=502)]
        assert await stage.post(READ) == (200, {"success": True})
        assert stage.graph.calls[0]["kind"] == "read" and stage.graph.messages == []
        assert (await stage.post({**READ, "typing_indicator": {"type": "voice"}}))[0] == 400
        assert len(stage.graph.faults) == 1, "trouble is for messages unless asked for"
        stage.graph.faults = [Fault("error", reads=True)]
        assert (await stage.post(READ))[1]["error"]["code"] == 131056


@running
async def test_an_error_and_a_proxys_trouble_are_each_for_one_message() -> None:
    async with staged() as stage:
        stage.graph.faults = [Fault("error", status=429, code=130429), Fault("http", status=502)]
        status, answer = await stage.post(said())
        assert (status, answer["error"]["code"]) == (429, 130429)
        with pytest.raises(json.JSONDecodeError):
            await stage.post(said())
        assert (await stage.post(said()))[0] == 200
        assert [(call["status"], call["code"]) for call in stage.graph.calls] == [
            (429, 130429),
            (502, None),
            (200, None),
        ]
        assert len(stage.graph.messages) == 1


@running
async def test_whoever_hangs_up_before_the_answer_has_sent_nothing() -> None:
    async with staged() as stage:
        stage.graph.faults = [Fault("hang", seconds=30), Fault("hang", seconds=0.1)]
        with pytest.raises(asyncio.TimeoutError):
            await stage.post(said(), timeout=ClientTimeout(total=0.2))
        assert (await stage.post(said()))[0] == 200
        assert len(stage.graph.messages) == 1


@running
async def test_a_connection_cut_before_leaves_nothing_behind() -> None:
    async with staged() as stage:
        stage.graph.faults = [Fault("drop_before")]
        with pytest.raises((ServerDisconnectedError, ClientError)):
            await stage.post(said())
        await asyncio.sleep(0.2)
        assert stage.graph.messages == [] and stage.received == []
        assert stage.graph.calls[0]["status"] is None


@running
@pytest.mark.parametrize("after", [0.2, None])
async def test_a_connection_cut_after_has_sent_it_and_is_told_of_late_or_never(after: float | None) -> None:
    async with staged() as stage:
        stage.graph.faults = [Fault("drop_after", status_after=after)]
        with pytest.raises((ServerDisconnectedError, ClientError)):
            await stage.post(said(biz_opaque_callback_data="x"))
        assert len(stage.graph.messages) == 1
        assert stage.graph.calls[0]["status"] is None and stage.graph.calls[0]["wamid"]
        await asyncio.sleep(0.1)
        assert stage.statuses() == []
        await asyncio.sleep(0.6)
        assert [each["status"] for each in stage.statuses()] == ([] if after is None else ["sent", "delivered", "read"])


@running
async def test_what_was_accepted_may_fail_later() -> None:
    async with staged() as stage:
        stage.graph.faults = [Fault("failed", code=131047)]
        assert (await stage.post(said()))[0] == 200
        await until(lambda: stage.statuses())
        [told] = stage.statuses()
        assert told["status"] == "failed" and told["errors"][0]["code"] == 131047
        assert (stage.graph.messages[0]["state"], stage.graph.messages[0]["code"]) == ("failed", 131047)


@running
@pytest.mark.parametrize("closed", [HER.phone, HER.user_id])
async def test_after_24_hours_only_a_template_goes(closed: str) -> None:
    async with staged() as stage:
        stage.graph.window_closed = {closed}
        assert (await stage.post(said()))[1]["error"]["code"] == 131047
        template = {"name": "news", "language": {"code": "ar"}}
        message = {"messaging_product": "whatsapp", "to": HER.phone, "type": "template", "template": template}
        assert (await stage.post(message))[0] == 200
        stage.graph.templates = {"other": "نص"}
        assert (await stage.post(message))[1]["error"]["code"] == 132001
        stage.graph.templates = {"news": "عن {{1}}"}
        assert (await stage.post(message))[1]["error"]["code"] == 132000
        stage.graph.window_closed = set()
        assert (await stage.post(said()))[0] == 200


async def get(stage: Stage, url: str, token: str = TOKEN) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"}
    async with ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, await response.read()


@running
async def test_a_file_is_fetched_by_its_id_in_two_steps_with_the_token() -> None:
    async with staged() as stage:
        media_id = stage.graph.add_media(b"%PDF-1.4", "application/pdf", stated=5)
        about = f"{stage.url}{PREFIX}/v26.0/{media_id}"
        assert (await get(stage, about, "another"))[0] == 401
        status, body = await get(stage, about)
        told = json.loads(body)
        assert status == 200
        assert (told["id"], told["mime_type"], told["file_size"]) == (media_id, "application/pdf", 5)
        assert told["sha256"] == hashlib.sha256(b"%PDF-1.4").hexdigest()
        assert (await get(stage, told["url"], "another"))[0] == 401
        assert await get(stage, told["url"]) == (200, b"%PDF-1.4")
        assert stage.graph.fetched == [media_id]
        assert (await get(stage, about + "1"))[0] == 400
        stage.graph.media_faults = [Fault("http", status=503)]
        assert (await get(stage, about))[0] == 503


def test_several_applications_in_one_process_may_each_have_one() -> None:
    for _ in range(3):
        app = Sanic(f"several-{uuid.uuid4().hex}", configure_logging=False)
        app.blueprint(PretendGraph("1", "t", "s", "http://127.0.0.1/").blueprint())
        app.blueprint(PretendGraph("2", "t", "s", "http://127.0.0.1/").blueprint("/second"))
        app.router.finalize()


def test_escaping_leaves_what_is_said_as_it_is() -> None:
    for said_text in ("a/b", "\\/", '"/"', "\U0001f600", "\ud800"):
        assert json.loads(wire({"body": said_text})) == {"body": said_text}

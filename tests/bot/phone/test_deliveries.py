"""The shapes of what is delivered, as the contract describes them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bot.phone import deliveries
from bot.phone.deliveries import Value, late
from tests.bot.phone.staged import HER, HIDDEN

MADE = time.time()
EVERY: dict[str, Value] = {
    "text": deliveries.text(HER, "نص"),
    "interactive/button_reply": deliveries.button_reply(HER, "b1", "زر"),
    "interactive/list_reply": deliveries.list_reply(HER, "r1", "صف", "وصفه"),
    "interactive/nfm_reply": deliveries.nfm_reply(HER, {"a": 1}),
    "interactive/": deliveries.empty_interactive(HER),
    "button": deliveries.template_button(HER, "b1", "زر"),
    "image": deliveries.image(HER, "11", "صورة"),
    "video": deliveries.video(HER, "11"),
    "document": deliveries.document(HER, "11", "قرار.pdf"),
    "sticker": deliveries.sticker(HER, "11"),
    "audio": deliveries.audio(HER, "11"),
    "location": deliveries.location(HER, name="الرياض"),
    "contacts": deliveries.contacts(HER, "خالد المخترع", "+966500000099"),
    "reaction": deliveries.reaction(HER, "wamid.1"),
    "order": deliveries.order(HER),
    "unsupported": deliveries.unsupported(HER),
    "system/user_changed_number": deliveries.user_changed_number(HER, "+966500000012", "SA.2"),
    "system/user_changed_user_id": deliveries.user_changed_user_id(HER, "SA.2"),
    "edit": deliveries.edit(HER, "wamid.1", "نص آخر"),
    "revoke": deliveries.revoke(HER, "wamid.1"),
    "hologram": deliveries.unknown(HER),
}


def only(value: Value) -> dict[str, Any]:
    [message] = value["messages"]
    return message


@pytest.mark.parametrize("name", EVERY)
def test_each_kind_bears_its_content_under_its_own_name(name: str) -> None:
    value, (kind, _, inner) = EVERY[name], name.partition("/")
    message = only(value)
    assert value["messaging_product"] == "whatsapp"
    assert set(value["metadata"]) == {"display_phone_number", "phone_number_id"}
    assert message["type"] == kind and kind in message
    assert message["id"].startswith("wamid.") and abs(int(message["timestamp"]) - MADE) < 30
    assert (message["from"], message["from_user_id"]) == ("966500000011", HER.user_id)
    if inner:
        assert message[kind]["type"] == inner
    if inner and kind == "interactive":
        assert inner in message[kind] and message["context"]["id"].startswith("wamid.")
    assert ("contacts" in value) == (kind != "system")
    if kind in ("image", "video", "document", "sticker", "audio"):
        assert {"id", "mime_type", "sha256", "url"} <= set(message[kind])


def test_every_delivery_has_an_id_of_its_own() -> None:
    assert len({only(deliveries.text(HER, "نص"))["id"] for _ in range(50)}) == 50


def test_somebody_with_a_username_and_no_number_has_no_number_anywhere() -> None:
    value = deliveries.text(HIDDEN, "نص")
    assert "from" not in only(value) and only(value)["from_user_id"] == HIDDEN.user_id
    profile = {"name": "سارة", "username": "sara"}
    assert value["contacts"] == [{"profile": profile, "user_id": HIDDEN.user_id}]
    status = deliveries.status(HIDDEN, "wamid.1", "read")["statuses"][0]
    assert "recipient_id" not in status and status["recipient_user_id"] == HIDDEN.user_id


def test_what_stands_around_a_text() -> None:
    reply = only(deliveries.text(HER, "نص", reply_to="wamid.1"))
    assert reply["context"] == {"from": deliveries.DISPLAY_NUMBER, "id": "wamid.1"}
    assert only(deliveries.text(HER, "نص", forwarded=True))["context"] == {"forwarded": True}
    assert only(deliveries.text(HER, "نص", often_forwarded=True))["context"] == {"frequently_forwarded": True}
    assert only(deliveries.from_advertisement(HER, "نص"))["referral"]["source_type"] == "ad"
    assert only(deliveries.group_message(HER, "نص"))["group_id"]
    assert 6 * 86400 <= time.time() - int(only(deliveries.text(HER, "نص", at=late()))["timestamp"]) < 6 * 86400 + 60


def test_a_voice_note_says_so_and_a_song_does_not() -> None:
    assert [only(made(HER, "1"))["audio"]["voice"] for made in (deliveries.voice, deliveries.audio)] == [True, False]


def test_a_reaction_taken_back_has_no_emoji() -> None:
    assert only(deliveries.reaction(HER, "wamid.1", None))["reaction"] == {"message_id": "wamid.1"}


def test_an_echo_of_our_staff_is_no_message_of_hers() -> None:
    value = deliveries.staff_echo(HER, "نحن")
    assert "messages" not in value and value["message_echoes"][0]["from"] == deliveries.DISPLAY_NUMBER


def test_a_failed_status_has_its_error() -> None:
    status = deliveries.status(HER, "wamid.1", "failed", "opaque", 131026)["statuses"][0]
    assert status["errors"][0]["code"] == 131026 and status["biz_opaque_callback_data"] == "opaque"


def test_a_batch_keeps_the_order_and_names_each_sender_once() -> None:
    made = [deliveries.text(person, str(n)) for n, person in enumerate([HER, HIDDEN, HER])]
    batch = deliveries.joined(*made, deliveries.status(HER, "wamid.1", "read"))
    assert [message["text"]["body"] for message in batch["messages"]] == ["0", "1", "2"]
    assert len(batch["contacts"]) == 2 and len(batch["statuses"]) == 1

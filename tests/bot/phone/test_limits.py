"""Each limit of the provider: as much as it allows is taken, one more is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from bot.phone.limits import INVALID, MISSING, WRONG_VALUE, Refused, check_message, check_read
from tests.bot.phone.staged import HER, said

Message = dict[str, Any]


def sent(kind: str, content: Any) -> Message:
    return {"messaging_product": "whatsapp", "to": HER.phone, "type": kind, kind: content}


def buttons(count: int = 2, body: str = "نص", **reply: str) -> Message:
    made = [{"type": "reply", "reply": {"id": f"b{n}", "title": f"زر {n}"}} for n in range(count)]
    if made:
        made[0]["reply"] |= reply
    return sent("interactive", {"type": "button", "body": {"text": body}, "action": {"buttons": made}})


def rows(*counts: int, body: str = "نص", button: str = "القائمة", section: str = "قسم", **row: str) -> Message:
    ids = iter(range(100))
    sections = [
        {"title": section, "rows": [{"id": f"r{next(ids)}", "title": "صف"} for _ in range(count)]} for count in counts
    ]
    sections[0]["rows"][0] |= row
    action = {"button": button, "sections": sections}
    return sent("interactive", {"type": "list", "body": {"text": body}, "action": action})


def link(text: str = "فتح", url: str = "https://najiz.sa", body: str = "نص") -> Message:
    action = {"name": "cta_url", "parameters": {"display_text": text, "url": url}}
    return sent("interactive", {"type": "cta_url", "body": {"text": body}, "action": action})


def with_parts(message: Message, **parts: Any) -> Message:
    message["interactive"] |= parts
    return message


def document(**more: Any) -> Message:
    return sent("document", {"link": "https://example.invalid/a.pdf", **more})


LENGTHS: list[tuple[str, int, Callable[[str], Message]]] = [
    ("text", 4096, said),
    ("opaque data", 512, lambda text: said(biz_opaque_callback_data=text)),
    ("button title", 20, lambda text: buttons(title=text)),
    ("button id", 256, lambda text: buttons(id=text)),
    ("text above buttons", 1024, lambda text: buttons(body=text)),
    ("header", 60, lambda text: with_parts(buttons(), header={"type": "text", "text": text})),
    ("footer", 60, lambda text: with_parts(rows(1), footer={"text": text})),
    ("text above a list", 4096, lambda text: rows(1, body=text)),
    ("list button", 20, lambda text: rows(1, button=text)),
    ("section title", 24, lambda text: rows(1, section=text)),
    ("row title", 24, lambda text: rows(1, title=text)),
    ("row id", 200, lambda text: rows(1, id=text)),
    ("row description", 72, lambda text: rows(1, description=text)),
    ("link title", 20, lambda text: link(text=text)),
    ("text above a link", 1024, lambda text: link(body=text)),
    ("caption", 1024, lambda text: document(caption=text)),
]


def refused(message: Message) -> int | None:
    try:
        check_message(message, {"1234"})
    except Refused as refusal:
        assert refusal.status == 400
        return refusal.code
    return None


@pytest.mark.parametrize(("most", "made"), [each[1:] for each in LENGTHS], ids=[each[0] for each in LENGTHS])
def test_lengths_at_the_limit_and_one_over(most: int, made: Callable[[str], Message]) -> None:
    assert refused(made("س" * most)) is None
    assert refused(made("س" * (most + 1))) in (INVALID, WRONG_VALUE)
    assert refused(made("  ")) in (INVALID, WRONG_VALUE)


def test_an_emoji_counts_twice() -> None:
    assert refused(buttons(title="\U0001f600" * 10)) is None
    assert refused(buttons(title="\U0001f600" * 10 + "س")) == WRONG_VALUE


def test_one_to_three_buttons() -> None:
    assert [refused(buttons(count)) for count in (0, 1, 3, 4)] == [MISSING, None, None, WRONG_VALUE]


def test_ten_rows_in_all_in_at_most_ten_sections() -> None:
    assert refused(rows(10)) is None and refused(rows(*[1] * 10)) is None and refused(rows(4, 6)) is None
    assert refused(rows(11)) == refused(rows(5, 6)) == refused(rows(*[1] * 11)) == WRONG_VALUE
    assert refused(rows(1, 0)) == MISSING


def test_ids_and_titles_are_told_apart() -> None:
    assert refused(buttons(id="b1")) == refused(buttons(title="زر 1")) == WRONG_VALUE
    assert refused(rows(2, id="r1")) == WRONG_VALUE
    assert refused(rows(1, 1, id="r1")) == WRONG_VALUE, "in two sections"
    assert refused(buttons(id=" b")) == WRONG_VALUE


@pytest.mark.parametrize("message", [
    {"type": "text"}, {"text": {}}, {"text": {"body": None}}, {"text": {"body": 1}}, {"text": "نص"},
    {"text": {"body": "نص", "bold": True}}, {"text": {"body": "نص", "preview_url": "yes"}}, {"type": ["text"]},
    {"type": "hologram"}, {"to": None}, {"to": "0500000011x"}, {"to": 966500000011}, {"recipient": "1349"},
    {"messaging_product": "telegram"}, {"recipient_type": "group"}, {"priority": "high"}, {"context": {}},
    {"context": "wamid.1"}, {"biz_opaque_callback_data": 5},
])  # fmt: skip
def test_what_is_missing_or_odd_is_refused(message: Message) -> None:
    whole = said() | message
    if message == {"type": "text"}:
        del whole["text"]
    assert refused(whole) in (INVALID, MISSING, WRONG_VALUE)


def test_a_message_needs_somebody_by_phone_or_user_id() -> None:
    message = said()
    del message["to"]
    assert refused(message) == INVALID
    assert refused({**message, "recipient": "SA.1349000000000001"}) is None
    assert refused({**message, "recipient": "SA." + "1" * 129}) == INVALID


@pytest.mark.parametrize("path", [
    ("body",), ("body", "text"), ("action",), ("action", "button"), ("action", "sections"),
    ("action", "sections", 0, "rows"), ("action", "sections", 0, "title"), ("action", "sections", 0, "rows", 0, "id"),
    ("action", "sections", 0, "rows", 0, "title"),
], ids=str)  # fmt: skip
def test_each_part_of_a_list_is_needed(path: tuple[Any, ...]) -> None:
    message = copy.deepcopy(rows(1))
    part = message["interactive"]
    for name in path[:-1]:
        part = part[name]
    del part[path[-1]]
    assert refused(message) == MISSING


def test_files_come_by_link_or_by_id_of_one_that_is_there() -> None:
    assert refused(document(filename="قرار.pdf")) is None
    assert refused(sent("document", {"id": "1234"})) is None
    assert refused(sent("document", {"id": "9"})) == INVALID
    assert refused(document(id="1234")) == refused(sent("document", {})) == INVALID
    assert refused(document(link="ftp://x")) == WRONG_VALUE
    assert refused(sent("sticker", {"id": "1234", "caption": "x"})) == INVALID


@pytest.mark.parametrize("template", [
    {"name": "News", "language": {"code": "ar"}}, {"name": "news"}, {"name": "news", "language": {"code": "Arabic"}},
    {"language": {"code": "ar"}}, {"name": "news", "language": {"code": "ar"}, "components": {}},
    {"name": "news", "language": {"code": "ar"}, "components": [{"type": "tail"}]},
])  # fmt: skip
def test_a_template_has_a_name_and_a_language(template: Message) -> None:
    assert refused(sent("template", template)) in (INVALID, MISSING, WRONG_VALUE)


def test_whole_ones_are_taken() -> None:
    body = {"type": "body", "parameters": [{"type": "text", "text": "نص"}]}
    template = {"name": "news", "language": {"code": "ar"}, "components": [body]}
    assert refused(sent("template", template)) is None
    assert refused(link()) is None
    assert refused(said(recipient_type="individual", context={"message_id": "wamid.1"})) is None
    assert refused(sent("reaction", {"message_id": "wamid.1", "emoji": ""})) is None


@pytest.mark.parametrize("more", [
    {"status": "delivered"}, {"message_id": ""}, {"message_id": "1"}, {"typing_indicator": {}}, {"to": "+966500000011"},
    {"messaging_product": ""},
])  # fmt: skip
def test_a_read_mark_is_exact(more: Message) -> None:
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}
    check_read(mark)
    check_read({**mark, "typing_indicator": {"type": "text"}})
    with pytest.raises(Refused):
        check_read({**mark, **more})

"""What WhatsApp delivers, and what becomes of it: deliveries and expectations are in tests/fixtures/whatsapp."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import yaml

from bot.channels.base import Incoming, Media, Moved, Noted, Person, Progress, Remedy, Said
from bot.channels.errors import BadRequest
from bot.channels.whatsapp import WhatsApp
from bot.project import ROOT

FOLDER = ROOT / "tests" / "fixtures" / "whatsapp"
EXPECTED = yaml.safe_load((FOLDER / "expected.yml").read_text(encoding="utf-8"))
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
RECEIVED = dt.datetime.max
"""Stands for the time of receipt."""
SENT = dt.datetime(2026, 4, 12, 13, 20, tzinfo=dt.timezone.utc)
OUR_NUMBER = "100200300400500"
NO_TURN = {"reaction", "edit", "revoke", "group", "echo", "system", "unknown_type"} | {
    "field", "account_error", "malformed", "no_sender", "other_number",
}  # fmt: skip
MEDIA = {"voice", "audio", "image", "video", "document", "sticker", "location", "contacts", "order", "unsupported"}


@pytest.fixture(scope="module")
def whatsapp() -> WhatsApp:
    return WhatsApp(OUR_NUMBER, "token", "secret", "verify", "v26.0", "https://graph.example.org")


def recorded(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def wire(body: Any) -> bytes:
    """As Meta writes it."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


# deliveries as they come


@pytest.mark.parametrize("name", NAMES)
def test_becomes_what_is_expected(whatsapp: WhatsApp, name: str) -> None:
    before = now()
    items = whatsapp.read(recorded(name))
    assert [told(item, before) for item in items] == list(expected(name))


def told(item: Incoming, before: dt.datetime) -> Incoming | str:
    """To compare with what is expected: of a note its kind, and RECEIVED for a time that is not the sender's."""
    if isinstance(item, Noted):
        return item.kind
    if isinstance(item, Said | Progress) and before <= item.at <= now():
        return dataclasses.replace(item, at=RECEIVED)
    return item


def expected(name: str) -> Iterator[Incoming | str]:
    for entry in EXPECTED["deliveries"][name]:
        ((kind, what),) = entry.items()
        if kind == "noted":
            yield what
        elif kind == "moved":
            yield from (Moved(*address, SENT) for address in what.items())
        else:
            yield update(kind, {"given": what.get("given") or first_id(name), "at": SENT, **what})


def update(kind: str, what: dict[str, Any]) -> Said | Progress:
    at = what.pop("at")
    at = RECEIVED if at == "received" else at.replace(tzinfo=dt.timezone.utc)
    if kind == "progress":
        remedy = what.pop("remedy", None)
        return Progress(at=at, remedy=remedy and Remedy(remedy), **what)
    who = EXPECTED["people"][what.pop("who", "noura")]
    person = Person(tuple((kind, who[kind]) for kind in ("user", "phone") if kind in who))
    media = what.pop("media", None)
    return Said(person=person, at=at, media=media and Media(**media), **what)


def first_id(name: str) -> str:
    value = json.loads(recorded(name))["entry"][0]["changes"][0]["value"]
    return (value.get("messages") or value.get("statuses"))[0]["id"]


def now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


@pytest.mark.parametrize("name", NAMES)
def test_loses_nothing_that_came(whatsapp: WhatsApp, name: str) -> None:
    """Each message and each status is answered, followed or at least kept."""
    kept = json.dumps([vars(item) for item in whatsapp.read(recorded(name))], default=str)
    for given in ids(json.loads(recorded(name))):
        assert json.dumps(given)[1:-1] in kept


def ids(body: Any) -> Iterator[str]:
    for holder, key in places(body):
        if key in ("messages", "statuses") and isinstance(holder[key], list):
            updates = (update for update in holder[key] if isinstance(update, dict))
            yield from (update["id"] for update in updates if isinstance(update.get("id"), str))


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        *((code, Remedy.LATER) for code in (2, 4, 131000, 131016, 131056, 131057, 133004, 2494100)),
        (1, Remedy.SOME),
        *((code, Remedy.SLOW) for code in (80007, 130429, 131048)),
        *((code, Remedy.STOP) for code in (0, 3, 10, 33, 190, 200, 299, 368)),
        *((code, Remedy.STOP) for code in (131005, 131031, 131042, 131045, 133010)),
        *((code, Remedy.FINAL) for code in (130472, 130497, 131021, 131026, 131030, 131037, 131049, 131050, 131062)),
        (131047, Remedy.INVITE),
    ],
)
def test_a_failure_says_what_to_do(whatsapp: WhatsApp, code: int, remedy: Remedy) -> None:
    body = recorded("status_failed").replace(b'"code":131026', b'"code":%d' % code)
    (item,) = whatsapp.read(body)
    assert isinstance(item, Progress)
    assert (item.state, item.code, item.remedy) == ("failed", str(code), remedy)


# as many as come at once


@pytest.mark.parametrize(
    ("entries", "changes", "messages"), [(1, 1, 1000), (1, 1000, 1), (1000, 1, 1), (10, 10, 10)]
)  # fmt: skip
def test_reads_a_thousand_updates_in_their_order(whatsapp: WhatsApp, entries: int, changes: int, messages: int) -> None:
    body, given = thousand(entries, changes, messages)
    items = whatsapp.read(body)
    assert [item.given for item in items if isinstance(item, Said | Progress)] == given
    assert len(items) == len(given) == 1000
    assert {item.text for item in items if isinstance(item, Said)} == {"السلام عليكم"}


def thousand(entries: int, changes: int, messages: int) -> tuple[bytes, list[str]]:
    """Of 50 people, every tenth update the status of a message of ours; and the ids in their order."""
    ids = iter(f"wamid.{number:04d}" for number in range(1000))
    given: list[str] = []

    def made() -> dict[str, Any]:
        given.append(next(ids))
        return {"id": given[-1], "timestamp": str(int(SENT.timestamp()) + len(given))}

    def change(number: int) -> dict[str, Any]:
        value: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "966110000000", "phone_number_id": OUR_NUMBER},
        }
        if messages == 1 and number % 10 == 9:
            value["statuses"] = [{**made(), "status": "delivered", "recipient_id": "966500000001"}]
        else:
            value["messages"] = [
                {
                    **made(),
                    "from": f"9665000000{len(given) % 50:02d}",
                    "type": "text",
                    "text": {"body": "السلام عليكم"},
                }
                for _ in range(messages)
            ]
        return {"value": value, "field": "messages"}

    listed = [
        {"id": "200300400500600", "changes": [change(entry * changes + number) for number in range(changes)]}
        for entry in range(entries)
    ]
    return wire({"object": "whatsapp_business_account", "entry": listed}), given


# what nobody should send


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b'{"object":', b"\xff\xfe", b"null", b"true", b"17", b'"text"', b"[]", b'[{"object":1}]'],
)
def test_refuses_what_is_no_json_object(whatsapp: WhatsApp, body: bytes) -> None:
    with pytest.raises(BadRequest):
        whatsapp.read(body)


@pytest.mark.parametrize(
    "odd", [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"9" * 10_000]
)
def test_survives_what_readers_of_json_give_up_at(whatsapp: WhatsApp, odd: bytes) -> None:
    with suppress(BadRequest):
        items = whatsapp.read(b'{"object":"whatsapp_business_account","entry":[' + odd + b"]}")
        assert [type(item) for item in items] == [Noted]


@pytest.mark.parametrize("name", NAMES)
def test_makes_nothing_impossible_of_what_is_odd(whatsapp: WhatsApp, name: str) -> None:
    """Every fixture with random places left out or replaced; the same ones in every run."""
    chance = random.Random(name)  # noqa: S311
    for _ in range(200):
        spoilt = json.loads(recorded(name))
        for _ in range(chance.randint(1, 3)):
            spoil(chance, spoilt)
        body = on_the_wire(spoilt)
        try:
            items = whatsapp.read(body)
        except Exception as error:
            pytest.fail(f"{type(error).__name__} {error}: {body[:3000]!r}")
        for item in items:
            assert is_possible(item), f"{item} of {body[:3000]!r}"


@pytest.mark.parametrize("place", range(5))
def test_a_spoilt_message_takes_no_other_with_it(whatsapp: WhatsApp, place: int) -> None:
    names = ["text", "button_reply", "document", "location", "from_a_username_without_number"]
    recordings = [json.loads(recorded(name)) for name in names]
    value = recordings[0]["entry"][0]["changes"][0]["value"]
    value["messages"] = [one["entry"][0]["changes"][0]["value"]["messages"][0] for one in recordings]
    untouched = whatsapp.read(wire(recordings[0]))
    assert len(untouched) == len(names)
    assert all(isinstance(item, Said) for item in untouched)
    chance = random.Random(place)  # noqa: S311
    for _ in range(200):
        spoilt = json.loads(wire(recordings[0]))
        messages = spoilt["entry"][0]["changes"][0]["value"]["messages"]
        if chance.random() < 0.1:
            messages[place] = odd(chance)
        else:
            spoil(chance, messages[place])
        items = whatsapp.read(on_the_wire(spoilt))
        assert len(items) >= len(names)
        others = [*untouched[:place], *untouched[place + 1 :]]
        assert [item for item in items if item in others] == others, f"{on_the_wire(spoilt)!r}"


def is_possible(item: Incoming) -> bool:
    """Whether what takes it further can rely on what base.py says of it."""
    if isinstance(item, Said):
        return (
            is_name(item.given)
            and [kind for kind, _ in item.person.ids] in (["user"], ["phone"], ["user", "phone"])
            and all(is_name(value) for _, value in item.person.ids)
            and re.fullmatch(r"\+[0-9]+", item.person.get("phone") or "+0") is not None
            and is_time(item.at)
            and all(value is None or isinstance(value, str) for value in (item.text, item.button))
            and (item.media is None or is_media(item.media))
            and (item.text, item.button, item.media) != (None, None, None)
        )
    if isinstance(item, Progress):
        return (
            item.state in ("sent", "delivered", "read", "failed")
            and is_time(item.at)
            and (item.opaque, item.given) != (None, None)
            and all(value is None or is_name(value) for value in (item.opaque, item.given, item.code))
            and (isinstance(item.remedy, Remedy) if item.state == "failed" else item.remedy is None)
        )
    if isinstance(item, Moved):
        return item.kind in ("user", "phone") and is_name(item.value)
    return item.kind in NO_TURN and bool(json.dumps(item.raw))


def is_name(value: Any) -> bool:
    """Fit for a column of a database, and for a header."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= 512
        and "\0" not in value
        and not re.search("[\ud800-\udfff]", value)
    )


def is_time(at: dt.datetime) -> bool:
    return at.utcoffset() == dt.timedelta(0) and at <= now()


def is_media(media: Media) -> bool:
    words = (media.id, media.mime, media.name)
    return media.kind in MEDIA and all(word is None or isinstance(word, str) for word in words)


def spoil(chance: random.Random, body: Any) -> None:
    """Leave out or replace one place of it."""
    found = list(places(body))
    if not found:
        return
    holder, key = chance.choice(found)
    if chance.random() < 0.3:
        del holder[key]
    elif chance.random() < 0.3:
        other, its = chance.choice(found)
        holder[key] = json.loads(json.dumps(other[its]))
    else:
        holder[key] = odd(chance)


def places(body: Any) -> Iterator[tuple[Any, Any]]:
    keys = body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ()
    for key in keys:
        yield body, key
        yield from places(body[key])


ODD: list[Any] = [
    None, True, False, 0, -1, 7, 1776000000, 1776000000.5, -0.0, 10**30, "@1e400@", "@-1e400@",
    "", " ", "\0", "\ud800", "+", "+966", "0", "-1", "1e400", "\u0663", "text", "button", "system", "messages",
    "\u0627" * 6000,    [], [[]], [None], ["966500000001"], {}, {"id": {}}, {"": None}, {"body": 1}, {"type": "text"},
]  # fmt: skip


def odd(chance: random.Random) -> Any:
    return json.loads(json.dumps(chance.choice(ODD)))


def on_the_wire(body: Any) -> bytes:
    """JSON has numbers that Python cannot write."""
    return re.sub(rb'"@(-?1e400)@"', rb"\1", wire(body))


# the fixtures themselves


def test_each_delivery_has_its_expectation_and_each_expectation_its_delivery() -> None:
    assert sorted(EXPECTED["deliveries"]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_fixtures_are_written_as_meta_writes(name: str) -> None:
    """Escaped, lower-case, on one line: the signature is made over these very bytes."""
    body = recorded(name)
    assert body.isascii()
    assert not re.search(rb"(?<!\\)/|\\u[0-9a-f]*[A-F]|[\n\t]|\": |, \"", re.sub(rb'\\\\|\\"', b"", body))


@pytest.mark.parametrize("name", NAMES)
def test_fixtures_hold_invented_people_only(name: str) -> None:
    body = recorded(name).decode()
    assert set(re.findall(r"966(?: ?\d){6,}", body)) <= {
        "966500000001", "966500000002", "966500000003", "966 50 000 0002", "966 50 000 0003",
        "966110000000", "966110000009",
    }  # fmt: skip
    assert all(number.startswith("1349000000000000000") for number in re.findall(r"SA\.(?:ENT\.)?(\d+)", body))

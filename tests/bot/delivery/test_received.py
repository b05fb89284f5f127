"""What a messenger delivered: who writes, once each, in order, and nobody's name in clear."""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import URL, Engine
from sqlalchemy.orm import Session

from bot.channels.base import Media, Moved, Noted, Person, Progress
from bot.delivery import deliveries, outbox, received
from bot.delivery.models import Address, Base, Conversation, Delivery, Inbox, WebhookNote
from bot.keys import Keys, SealBroken
from tests.bot.delivery.line import HER, HIM, KEYS, Line, emptied, migrated_postgres, now, person, said, sqlite_engine

PHONE, USER = HER.get("phone"), HER.get("user")
ONLY_PHONE, ONLY_USER = person(phone=PHONE), person(user=USER)
OLD, NEW = "an old secret of the tests, long enough", "a new secret of the tests, long enough"


@pytest.fixture(scope="module")
def postgres(postgres_server: URL) -> Iterator[Engine]:
    yield from migrated_postgres(postgres_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    """On each of the two databases."""
    sqlite = request.param == "sqlite"
    engine = sqlite_engine(tmp_path) if sqlite else emptied(request.getfixturevalue("postgres"))
    yield Line(engine)
    if sqlite:
        engine.dispose()


def addresses(line: Line, conversation: str) -> dict[str, str]:
    with Session(line.engine, future=True) as session:
        rows = session.scalars(select(Address).where(Address.conversation == conversation)).all()
    assert len({row.kind for row in rows}) == len(rows), "two names of one kind: which is written to is chance"
    return {row.kind: line.keys.unseal(row.sealed) for row in rows}


def reached(line: Line, conversation: str) -> Person | None:
    """Where the sender would write to."""
    line.say(conversation, "جواب")
    line.stage()
    parcels = [parcel for parcel in line.claim_to_send() if parcel.conversation == conversation]
    return parcels[-1].person


# who writes


@pytest.mark.parametrize("who", [ONLY_PHONE, ONLY_USER, HER], ids=["phone", "user id", "both"])
def test_whoever_writes_again_is_in_the_same_conversation(line: Line, who: Person) -> None:
    first = line.hear(who)
    assert line.hear(who) == first
    assert line.hear(HIM) != first
    assert addresses(line, first) == dict(who.ids)


@pytest.mark.parametrize("before", [ONLY_PHONE, ONLY_USER], ids=["by phone", "by user id"])
def test_a_name_that_is_learnt_later_is_added(line: Line, before: Person) -> None:
    first = line.hear(before)
    assert line.hear(HER) == first
    assert line.hear(ONLY_PHONE) == line.hear(ONLY_USER) == first
    assert reached(line, first).get("phone") == PHONE


def test_a_number_that_passes_to_somebody_else_begins_a_new_conversation(line: Line) -> None:
    hers = line.hear(HER)
    other = person(PHONE, "SA.77")
    theirs = line.hear(other)
    assert theirs != hers
    assert line.hear(ONLY_PHONE) == theirs, "the number is theirs now"
    assert line.hear(ONLY_USER) == hers, "she keeps hers"
    assert reached(line, hers) == ONLY_USER, "nothing of hers goes to the number"
    assert dict(reached(line, theirs).ids) == dict(other.ids)


def test_her_new_number_takes_the_place_of_the_old_one(line: Line) -> None:
    hers = line.hear(HER)
    moved = person("+966500000099", USER)
    assert line.hear(moved) == hers
    assert addresses(line, hers) == dict(moved.ids)
    assert line.hear(ONLY_PHONE) != hers, "the old number may be anybody's"


def test_a_new_person_met_eight_times_at_once_has_one_conversation(line: Line) -> None:
    together = threading.Barrier(8)

    def send(number: int) -> int:
        together.wait(5)
        return line.take(said(HER, f"{number}"))["message"]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(send, range(8))) == [1] * 8
    with Session(line.engine, future=True) as session:
        assert session.query(Conversation).count() == 1
        assert session.query(Address).count() == 2
        assert session.query(Inbox).count() == 8


def test_names_kept_under_an_older_secret_are_found_and_renewed(line: Line) -> None:
    line.keys = Keys((OLD,))
    first = line.hear(HER)
    line.keys = Keys((NEW, OLD))
    assert line.hear(HER) == first
    line.keys = Keys((NEW,))
    assert line.hear(HER) == first, "the older secret may be dropped now"
    assert addresses(line, first) == dict(HER.ids)


def test_nobody_s_name_stands_in_clear(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wamid = f"wamid.HBgM{PHONE[1:]}FQIA"
    secret = [PHONE[1:], USER, wamid, "كلام سري"]
    item = said(HER, "كلام سري", given=wamid)
    line.take(item, item, Noted("odd", {"from": PHONE[1:], "from_user_id": USER, "id": wamid}))
    conversation = line.hear(HER)
    line.say(conversation, "كلام سري")
    line.stage()
    for parcel in line.claim_to_send():
        line.sent(parcel, wamid)
    line.take(Progress("delivered", now(), given=wamid), Progress("failed", now(), opaque=wamid))
    line.take(Moved("phone", PHONE, now()), Moved("user", "SA.unknown", now()))
    stored = everything(line.engine)
    assert len(stored) > 500
    assert [each for each in secret if each.encode() in stored] == []
    assert [each for each in secret if each in caplog.text] == []


def everything(engine: Engine) -> bytes:
    """All that the database's files (or tables) hold."""
    if engine.dialect.name == "sqlite":
        file = Path(engine.url.database)
        return b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
    with engine.connect() as connection:
        rows = [
            connection.execute(text(f"SELECT t::text FROM {table} t")).scalars().all()  # noqa: S608 - our own names
            for table in Base.metadata.tables
        ]
    return "\n".join(row for table in rows for row in table).encode()


def test_an_address_that_is_hers_no_longer_is_written_to_no_more(line: Line) -> None:
    hers, his = line.hear(HER), line.hear(HIM)
    line.take(Moved("phone", PHONE, now()))
    assert reached(line, hers) == ONLY_USER
    line.take(Moved("user", USER, now()), Moved("phone", "+966599999999", now()))
    with Session(line.engine, future=True) as session:
        session.query(Delivery).delete()
        session.commit()
    assert reached(line, hers) is None
    assert dict(reached(line, his).ids) == dict(HIM.ids)
    assert line.hear(HER) != hers, "whoever has the number now is somebody new"


def test_somebody_who_wrote_from_there_since_keeps_the_address(line: Line) -> None:
    """Word of a number that passed comes late, or beside the first message of who has it now."""
    hers = line.hear(HER, at=now() - dt.timedelta(hours=1))
    other = person(PHONE, "SA.77")
    moved = Moved("phone", PHONE, now() - dt.timedelta(minutes=30))
    line.take(said(other), moved)
    theirs = line.turns()[-1].conversation
    assert theirs != hers
    assert dict(reached(line, theirs).ids) == dict(other.ids)


# messages


def test_messages_of_a_batch_wait_in_their_order_beside_those_of_others(line: Line) -> None:
    batch = [said((HER, HIM)[number % 2], f"{number}") for number in range(20)]
    assert line.take(*batch) == {"message": 20}
    by_person: dict[str, list[str]] = {}
    for message in line.turns():
        by_person.setdefault(message.conversation, []).append(message.text)
    evens, odds = ([f"{number}" for number in range(start, 20, 2)] for start in (0, 1))
    assert list(by_person.values()) == [evens, odds]


def test_what_is_delivered_again_changes_nothing(line: Line) -> None:
    item = said(HER, "نعم")
    assert line.take(item, item)["message"] == 1
    assert line.take(item)["message"] == 0
    (done,) = line.turns()
    assert done.text == "نعم"
    assert line.take(item)["message"] == 0, "neither when it was answered"
    assert line.turns() == []
    assert len(line.rows("seen")) == 1


def test_what_comes_again_when_she_is_met_under_another_name_is_known(line: Line) -> None:
    item = said(HER, "نعم")
    line.take(item)
    line.take(said(person(PHONE, "SA.77"), "مرحبا"))
    again = said(ONLY_PHONE, "نعم", given=item.given)
    assert line.take(again)["message"] == 0


def test_what_others_wrote_or_she_took_back_is_not_kept(line: Line) -> None:
    line.take(*(Noted(kind, {"text": "كلام"}) for kind in ("group", "echo", "revoke", "edit", "reaction", "system")))
    with Session(line.engine, future=True) as session:
        assert [note.kind for note in session.query(WebhookNote) if note.sealed] == ["system"]


def test_delivered_ten_times_at_once_it_is_taken_once(line: Line) -> None:
    items = [said(HER, "نعم"), said(HIM, "لا")]
    together = threading.Barrier(10)

    def send(_: int) -> int:
        together.wait(5)
        return line.take(*items)["message"]

    with ThreadPoolExecutor(10) as threads:
        assert sorted(threads.map(send, range(10))) == [0] * 9 + [2]
    assert sorted(message.text for message in line.turns()) == ["لا", "نعم"]


def test_when_she_wrote_last_never_goes_back(line: Line) -> None:
    newest, older = now(), now() - dt.timedelta(days=6)
    conversation = line.hear(at=older)
    assert line.conversation(conversation).heard_at == older
    line.take(said(at=newest), said(at=older))
    assert line.conversation(conversation).heard_at == newest
    line.hear(at=older)
    assert line.conversation(conversation).heard_at == newest


def test_only_the_newest_message_of_a_batch_is_marked_as_read(line: Line) -> None:
    newest = said(HER, at=now())
    older = [said(HER, at=now() - dt.timedelta(seconds=after)) for after in (30, 20)]
    his = said(HIM)
    line.take(older[0], newest, older[1], his)
    marks = [line.keys.unseal(row.sealed) for row in line.rows("seen")]
    assert {mark["given"] for mark in marks} == {newest.given, his.given}
    assert len(marks) == 2


def test_what_was_held_goes_when_she_writes_but_not_for_word_that_is_six_days_late(line: Line) -> None:
    conversation = line.hear(HER)
    line.say(conversation, "جواب")
    line.say(line.hear(HIM), "جوابه")
    line.stage()
    hold_all(line)
    line.hear(HER, at=now() - dt.timedelta(days=6))
    assert line.states() == ["held", "held"]
    line.hear(HER)
    assert line.states() == ["ready", "held"], "hers alone"


def hold_all(line: Line) -> None:
    with Session(line.engine, future=True) as session:
        session.query(Delivery).update({"state": "held"})
        session.commit()


def test_each_kind_of_message_reaches_the_worker_as_it_was(line: Line) -> None:
    at = dt.datetime(2026, 11, 2, 9, 30, tzinfo=dt.timezone.utc)
    file = Media("document", "900", "application/pdf", "حكم.pdf")
    line.take(
        said(text="نعم", at=at),
        said(text=None, button="b" * 16),
        said(text="هذا الحكم", media=file),
        said(text=None, media=Media("voice", "901", "audio/ogg")),
    )
    text, button, document, voice = line.turns()
    assert (text.text, text.button, text.media, text.sent_at) == ("نعم", None, None, at)
    assert (button.text, button.button) == (None, "b" * 16)
    assert (document.text, document.media) == ("هذا الحكم", {**vars(file)})
    assert (voice.text, voice.media) == (None, {"kind": "voice", "id": "901", "mime": "audio/ogg"})


def test_a_pressed_button_is_shown_by_its_title_only_in_its_own_conversation(line: Line) -> None:
    conversation, other = line.hear(HER), line.hear(HIM)
    line.say(conversation, "نكمل؟", buttons=("نكمل",))
    (offered,) = line_buttons(line, conversation)
    line.hear(HER, None, button=offered)
    line.hear(HIM, None, button=offered)
    with Session(line.engine, future=True) as session:
        shown = {row.conversation: row.shown for row in session.query(Inbox) if row.id > 2}
    assert line.keys.unseal(shown[conversation]) == "نكمل"
    assert shown[other] is None


def line_buttons(line: Line, conversation: str) -> list[str]:
    (said_last,) = outbox.read(line.engine, line.keys, conversation)
    return [button["payload"] for button in said_last.body["buttons"]]


def test_a_batch_is_stored_whole_or_not_at_all(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    items = [said(HER), Noted("edit", {}), said(HIM)]
    monkeypatch.setattr(deliveries, "heard", broken)
    with pytest.raises(RuntimeError):
        line.take(*items)
    with Session(line.engine, future=True) as session:
        assert not any(session.query(table).count() for table in (Conversation, Address, Inbox, Delivery, WebhookNote))
    monkeypatch.undo()
    assert line.take(*items) == {"message": 2, "note_edit": 1}


# what is no turn


def test_what_is_no_turn_is_kept_sealed_for_eight_days(line: Line) -> None:
    line.take(Noted("unknown", {"emoji": "👍"}), Noted("x" * 99, "y" * 99_000), Noted("odd", {"n": "\ud83d"}))
    with Session(line.engine, future=True) as session:
        notes = session.query(WebhookNote).order_by(WebhookNote.id).all()
        assert json.loads(KEYS.unseal(notes[0].sealed)) == {"emoji": "👍"}
        assert [len(note.kind) for note in notes] == [7, 40, 3]
        assert max(len(note.sealed) for note in notes) < 50_000
        with pytest.raises(SealBroken):
            Keys((OLD,)).unseal(notes[0].sealed)
    assert received.purge(line.engine) == 0
    with Session(line.engine, future=True) as session:
        session.query(WebhookNote).filter(WebhookNote.id > notes[0].id).update(
            {"received_at": now() - dt.timedelta(days=8, seconds=1)}
        )
        session.commit()
    assert received.purge(line.engine) == 2
    assert line.turns() == []


@pytest.mark.parametrize("kind", ["edit", "revoke", "reaction", "group", "echo", "other_number"])
def test_of_what_others_wrote_or_she_took_back_only_the_kind_is_kept(line: Line, kind: str) -> None:
    line.take(Noted(kind, {"text": "سرّ"}))
    with Session(line.engine, future=True) as session:
        assert [(note.kind, note.sealed) for note in session.query(WebhookNote)] == [(kind, None)]


def test_a_number_change_that_is_delivered_again_takes_nothing_from_whoever_has_the_number_now(line: Line) -> None:
    changed = Moved("phone", PHONE, now() - dt.timedelta(minutes=5))
    line.hear(person(PHONE), at=now() - dt.timedelta(minutes=9))
    line.take(changed)
    hers = line.hear(person(PHONE))
    line.take(changed)
    assert line.hear(person(PHONE)) == hers


def test_a_message_that_comes_again_under_another_name_is_known(line: Line) -> None:
    """By its second delivery the number belongs to somebody else."""
    message = said(person(PHONE))
    line.take(message)
    line.hear(person(PHONE, "SA.1"))
    line.hear(person(PHONE, "SA.2"))
    assert line.take(message) == {}

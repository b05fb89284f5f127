from __future__ import annotations

import datetime as dt
import re
import statistics
import time

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from actions.case_db.models import Base, Citizen, Code, GatewayFailure, Journal, Outcome, Verification
from actions.case_db.unit_of_work import UnitOfWork
from actions.services import identity, positions
from actions.services.errors import BadValue, Unavailable
from actions.services.identity import CodeChecked, Forgotten, IdGiven, code_pending, person, require_citizen
from actions.settings import settings
from tests.actions.services.people import ID, NOBODY, at_once, citizen, count, how_many, message, one_debtor, speaks
from tests.fakes import Clock, FakeSms

SENT = IdGiven("sent")
OTHERS = ["1900999986", "1900999978", "1900999960", "1900999952", "1900999945"]  # nobody has them


def give(uow: UnitOfWork, national_id: str = ID["one_case"], conversation: str = "c1", **more: str) -> IdGiven:
    return identity.give_id(uow, conversation=conversation, message_id=message(), national_id=national_id, **more)


def resend(uow: UnitOfWork, conversation: str = "c1") -> IdGiven:
    return identity.resend_code(uow, conversation=conversation, message_id=message())


def check(uow: UnitOfWork, code: str, conversation: str = "c1") -> CodeChecked:
    return identity.check_code(uow, conversation=conversation, message_id=message(), code=code)


def wrong(sms: FakeSms) -> str:
    """Six digits that were never sent."""
    sent = " ".join(text for _, text in sms.sent)
    return next(code for code in ("111111", "222222", "333333") if code not in sent)


def spend(uow: UnitOfWork, sms: FakeSms, conversation: str = "c1") -> None:
    for _ in range(3):
        check(uow, wrong(sms), conversation)


# a code


def test_the_code_that_was_sent_verifies_the_conversation(uow: UnitOfWork, sms: FakeSms) -> None:
    assert give(uow) == SENT
    assert code_pending(uow, conversation="c1")
    assert check(uow, sms.last_code()) == CodeChecked("verified")
    assert require_citizen(uow, conversation="c1").national_id == ID["one_case"]
    assert not code_pending(uow, conversation="c1")


def test_it_goes_to_the_registered_mobile_and_says_who_writes_and_that_nobody_will_call(
    uow: UnitOfWork, sms: FakeSms
) -> None:
    give(uow)
    give(uow, conversation="c2", language="en")
    arabic, english = sms.sent
    assert arabic[0] == english[0] == citizen(uow, "one_case").mobile
    assert settings().service_name in arabic[1] and "لن يتصل بك أحد" in arabic[1] and "لعرض قضاياك" in arabic[1]
    assert settings().service_name in english[1] and "Nobody will call" in english[1] and "your cases" in english[1]


def test_codes_are_six_digits_and_not_the_same(uow: UnitOfWork, sms: FakeSms) -> None:
    for n in range(3):
        give(uow, conversation=f"c{n}")
    codes = {re.findall(r"\b\d+\b", text)[0] for _, text in sms.sent}
    assert len(codes) == 3
    assert all(len(code) == 6 and code.isdecimal() for code in codes)


def test_digits_of_any_script_are_read(uow: UnitOfWork, sms: FakeSms) -> None:
    give(uow)
    arabic_indic = sms.last_code().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert check(uow, f" {arabic_indic} ").state == "verified"


def test_a_code_is_good_for_its_conversation_only(uow: UnitOfWork, sms: FakeSms) -> None:
    give(uow, conversation="c1")
    of_the_first = sms.last_code()
    give(uow, conversation="c2")
    assert check(uow, of_the_first, "c3").state == "none"
    assert check(uow, of_the_first, "c2").state == "wrong"
    assert check(uow, of_the_first, "c1").state == "verified"


def test_a_code_is_good_for_five_minutes(uow: UnitOfWork, sms: FakeSms, clock: Clock) -> None:
    give(uow)
    clock.move(minutes=5)
    assert not code_pending(uow, conversation="c1")
    assert check(uow, sms.last_code()) == CodeChecked("expired")
    give(uow)
    clock.move(minutes=4, seconds=59)
    assert check(uow, sms.last_code()).state == "verified"


def test_a_code_is_good_for_three_tries(uow: UnitOfWork, sms: FakeSms) -> None:
    give(uow)
    assert [check(uow, wrong(sms)) for _ in range(3)] == [
        CodeChecked("wrong", 2),
        CodeChecked("wrong", 1),
        CodeChecked("spent", 0),
    ]
    assert check(uow, sms.last_code()) == CodeChecked("spent")


def test_a_code_is_used_once(uow: UnitOfWork, sms: FakeSms) -> None:
    give(uow)
    check(uow, sms.last_code())
    assert check(uow, sms.last_code()) == CodeChecked("none")


def test_what_is_no_code_costs_no_try(uow: UnitOfWork, sms: FakeSms) -> None:
    give(uow)
    for nonsense in ("12345", "1234567", "abcdef", ""):
        with pytest.raises(BadValue):
            check(uow, nonsense)
    assert check(uow, wrong(sms)).tries_left == 2


def test_without_an_id_no_code_is_waited_for(uow: UnitOfWork) -> None:
    assert check(uow, "123456") == CodeChecked("none")
    assert resend(uow) == IdGiven("no_id")


# several codes


def test_each_code_sent_for_the_newest_id_is_good(uow: UnitOfWork, sms: FakeSms, clock: Clock) -> None:
    give(uow)
    first = sms.last_code()
    clock.move(seconds=61)
    assert resend(uow) == SENT
    assert check(uow, first).state == "verified"
    assert check(uow, sms.last_code()).state == "none"  # the others are void then


def test_a_wrong_try_is_taken_from_each_open_code(uow: UnitOfWork, sms: FakeSms, clock: Clock) -> None:
    give(uow)
    check(uow, wrong(sms))
    clock.move(seconds=61)
    resend(uow)
    check(uow, wrong(sms))
    assert [row.tries_left for row in uow.session.scalars(select(Code).order_by(Code.id))] == [1, 2]


def test_a_code_of_an_id_given_before_is_not_good(uow: UnitOfWork, sms: FakeSms) -> None:
    give(uow, ID["one_case"])
    of_the_first = sms.last_code()
    give(uow, ID["resident"])
    assert check(uow, of_the_first).state == "wrong"


def test_the_next_code_waits_for_sixty_seconds(uow: UnitOfWork, sms: FakeSms, clock: Clock) -> None:
    give(uow)
    clock.move(seconds=20)
    assert (resend(uow), give(uow).state) == (IdGiven("too_soon", 1, 40), "too_soon")
    assert len(sms.sent) == 1
    clock.move(seconds=40)
    assert resend(uow) == SENT
    assert len(sms.sent) == 2


def test_nothing_is_sent_again_for_an_id_of_long_ago(uow: UnitOfWork, sms: FakeSms, clock: Clock) -> None:
    give(uow)
    clock.move(minutes=30)
    assert resend(uow) == IdGiven("no_id")
    assert len(sms.sent) == 1


# limits


def test_three_spent_codes_block_the_conversation_for_thirty_minutes_from_the_last(
    uow: UnitOfWork, sms: FakeSms, clock: Clock
) -> None:
    for _ in range(3):
        assert give(uow) == SENT
        spend(uow, sms)
        clock.move(minutes=5)
    clock.move(minutes=-5)
    assert give(uow) == IdGiven("blocked", wait_minutes=30)
    assert resend(uow) == IdGiven("blocked", wait_minutes=30)
    assert give(uow, conversation="c2") == SENT  # the person is not
    clock.move(minutes=29)
    assert give(uow) == IdGiven("blocked", wait_minutes=1)
    clock.move(minutes=1)
    assert give(uow) == SENT


def test_spent_codes_further_apart_than_thirty_minutes_block_nothing(
    uow: UnitOfWork, sms: FakeSms, clock: Clock
) -> None:
    for _ in range(4):
        assert give(uow) == SENT
        spend(uow, sms)
        clock.move(minutes=16)


def test_a_person_gets_five_sms_an_hour_and_ten_a_day_whoever_asks(uow: UnitOfWork, sms: FakeSms, clock: Clock) -> None:
    for n in range(7):
        assert give(uow, conversation=f"morning-{n}") == SENT
    assert len(sms.sent) == 5
    clock.move(minutes=61)
    for n in range(7):
        assert give(uow, conversation=f"noon-{n}") == SENT
    assert len(sms.sent) == 10
    clock.move(hours=3)
    assert give(uow, conversation="evening") == SENT
    assert len(sms.sent) == 10
    clock.move(hours=20)
    give(uow, conversation="next day")
    assert len(sms.sent) == 11


def test_who_asks_for_somebody_elses_codes_locks_her_out_of_none_that_was_sent(
    uow: UnitOfWork, sms: FakeSms, clock: Clock
) -> None:
    give(uow, conversation="hers")
    her_code = sms.last_code()
    for n in range(9):
        give(uow, conversation=f"stranger-{n}")
        spend(uow, sms, f"stranger-{n}")
    clock.move(seconds=61)
    resend(uow, "hers")  # beyond the limit: nothing was sent
    assert len(sms.sent) == 5
    assert check(uow, her_code, "hers").state == "verified"


def test_a_conversation_is_served_for_five_ids_a_day_and_says_the_same_beyond(
    uow: UnitOfWork, sms: FakeSms, clock: Clock
) -> None:
    for national_id in OTHERS:
        give(uow, national_id)
    assert give(uow, ID["one_case"]) == SENT
    assert sms.sent == []
    clock.move(seconds=61)
    give(uow, OTHERS[0])
    assert uow.session.scalars(select(Code.sms).order_by(Code.id)).all() == [True] * 5 + [False, True]
    clock.move(hours=24)
    give(uow, ID["one_case"])
    assert len(sms.sent) == 1


def test_a_code_that_was_not_sent_cannot_be_guessed(
    uow: UnitOfWork, sms: FakeSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity.secrets, "randbelow", lambda _: 123456)
    give(uow, NOBODY, "c1")
    assert check(uow, "123456", "c1").state == "wrong"
    for n in range(6):
        give(uow, ID["one_case"], f"other-{n}")
    assert check(uow, "123456", "other-5").state == "wrong"
    assert check(uow, "123456", "other-4").state == "verified"


# the same for an ID that nobody has


def test_an_unknown_id_meets_the_same_words_all_the_way(uow: UnitOfWork, sms: FakeSms, clock: Clock) -> None:
    def all_the_way(national_id: str, conversation: str) -> list[object]:
        heard: list[object] = []
        for _ in range(3):
            heard += [give(uow, national_id, conversation), resend(uow, conversation)]
            heard += [code_pending(uow, conversation=conversation)]
            heard += [check(uow, wrong(sms), conversation) for _ in range(4)]
            clock.move(seconds=61)
            heard += [resend(uow, conversation)]
            clock.move(minutes=6)
            heard += [check(uow, wrong(sms), conversation), person(uow, conversation=conversation)]
        return heard

    known, unknown = all_the_way(ID["one_case"], "c1"), all_the_way(NOBODY, "c2")
    assert known == unknown
    assert "blocked" in {step.state for step in known if isinstance(step, IdGiven)}


def test_an_unknown_id_asks_the_database_and_hashes_as_much(
    uow: UnitOfWork, sms: FakeSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    hashed = identity._hashed
    monkeypatch.setattr(identity, "_hashed", lambda *given: done.append("hash") or hashed(*given))
    event.listen(uow.engine, "before_cursor_execute", lambda *given: done.append(given[2].split()[0]))

    def work(national_id: str, conversation: str) -> list[str]:
        done.clear()
        give(uow, national_id, conversation)
        check(uow, wrong(sms), conversation)
        return list(done)

    assert work(ID["one_case"], "c1") == work(NOBODY, "c2")
    assert work(NOBODY, "c3").count("hash") == 2


def test_the_hash_costs_what_guessing_should() -> None:
    took = []
    for _ in range(5):
        started = time.process_time()
        identity._hashed("123456", b"0" * 16)
        took.append(time.process_time() - started)
    assert statistics.median(took) > 0.004  # a plain hash takes a microsecond


def test_the_sms_is_sent_after_the_commit_and_by_somebody_else(seeded_engine: Engine, sms: FakeSms) -> None:
    jobs: list = []
    with UnitOfWork(seeded_engine, sms=sms, background=jobs.append) as uow:
        give(uow, ID["one_case"], "c1")
        give(uow, NOBODY, "c2")
        assert sms.sent == [] and len(jobs) == 2
        jobs[0]()
        jobs[1]()
    assert len(sms.sent) == 1 and sms.probed == 1


# the SMS gateway away


@pytest.mark.parametrize("asked", [ID["one_case"], NOBODY])
def test_a_failing_gateway_is_told_to_everybody_for_two_minutes_and_costs_nothing(
    uow: UnitOfWork, sms: FakeSms, clock: Clock, asked: str
) -> None:
    sms.fails = True
    assert give(uow, asked, "c1") == SENT
    assert count(uow, GatewayFailure, name="sms") == 1
    sms.fails = False
    before = count(uow, Code)
    states = [give(uow, national_id, conversation).state for national_id in (asked, OTHERS[0]) for conversation in "de"]
    assert states == ["sms_down"] * 4
    assert resend(uow, "c1").state == "sms_down"
    assert count(uow, Code) == before
    clock.move(minutes=2)
    assert give(uow, ID["one_case"], "c1") == SENT
    assert len(sms.sent) == 1


def test_a_mobile_that_the_gateway_refuses_shows_nothing_of_its_id(
    uow: UnitOfWork, sms: FakeSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(mobile: str, text: str) -> None:
        raise Unavailable("sms")

    monkeypatch.setattr(sms, "send", refuse)
    assert give(uow, ID["one_case"], "c1") == give(uow, NOBODY, "c2") == SENT
    assert resend(uow, "c1").state == resend(uow, "c2").state == "too_soon"
    assert count(uow, GatewayFailure, name="sms") == 0


# what is kept


def test_neither_the_id_nor_the_code_is_kept_anywhere(uow: UnitOfWork, sms: FakeSms) -> None:
    give(uow)
    check(uow, wrong(sms))
    code = sms.last_code()
    check(uow, code)
    kept = [
        str(dict(row))
        for table in Base.metadata.sorted_tables
        if table.name != Citizen.__tablename__
        for row in uow.session.execute(select(table)).mappings()
        if table.name in {"code", "verification", "outcome", "journal", "access", "position", "gateway_failure"}
    ]
    assert len(kept) >= 8
    assert not [row for row in kept if ID["one_case"] in row or code in row]


def test_each_change_is_journalled(uow: UnitOfWork, sms: FakeSms) -> None:
    give(uow)
    check(uow, wrong(sms))
    check(uow, sms.last_code())
    identity.forget(uow, conversation="c1", message_id=message())
    rows = uow.session.execute(select(Journal.actor, Journal.action).order_by(Journal.id)).all()
    assert rows == [("c1", "code_asked"), ("c1", "code_wrong"), ("c1", "verified"), ("c1", "forgotten")]


# repeated


def test_a_repeated_message_hears_the_same_and_changes_nothing(uow: UnitOfWork, sms: FakeSms) -> None:
    given = {"conversation": "c1", "message_id": "m1", "national_id": ID["one_case"]}
    assert identity.give_id(uow, **given) == identity.give_id(uow, **given) == SENT
    assert len(sms.sent) == 1
    tried = {"conversation": "c1", "message_id": "m2", "code": wrong(sms)}
    assert identity.check_code(uow, **tried) == identity.check_code(uow, **tried) == CodeChecked("wrong", 2)
    right = {"conversation": "c1", "message_id": "m3", "code": sms.last_code()}
    assert identity.check_code(uow, **right) == identity.check_code(uow, **right) == CodeChecked("verified")
    left = {"conversation": "c1", "message_id": "m4"}
    assert identity.forget(uow, **left) == identity.forget(uow, **left) == Forgotten(was_verified=True)


def test_one_message_in_two_processes_sends_one_sms(either_engine: Engine, sms: FakeSms) -> None:
    one_debtor(either_engine)

    def asked(uow: UnitOfWork) -> IdGiven:
        return identity.give_id(uow, conversation="c9", message_id="m1", national_id=ID["one_case"])

    assert at_once(either_engine, sms, asked, asked, asked) == [SENT] * 3
    assert len(sms.sent) == how_many(either_engine, Code) == how_many(either_engine, Outcome) == 1


def test_many_conversations_at_once_get_no_more_sms_than_the_person_may(either_engine: Engine, sms: FakeSms) -> None:
    one_debtor(either_engine)

    def asked(conversation: str):
        return lambda uow: give(uow, ID["one_case"], conversation)

    assert at_once(either_engine, sms, *(asked(f"c{n}") for n in range(9))) == [SENT] * 9
    assert len(sms.sent) == 5


def test_tries_at_once_are_each_counted(either_engine: Engine, sms: FakeSms) -> None:
    one_debtor(either_engine)
    with UnitOfWork(either_engine, sms=sms) as uow:
        give(uow, NOBODY, "c9")
    states = at_once(either_engine, sms, *(lambda uow: check(uow, "123456", "c9") for _ in range(6)))
    assert sorted(checked.state for checked in states) == ["spent"] * 4 + ["wrong"] * 2


# forgetting, and where one was


def test_forgetting_ends_verification_codes_and_positions(uow: UnitOfWork, sms: FakeSms) -> None:
    speaks(uow, "one_case")
    positions.set_step(uow, conversation="c1", guide="pay", step=3)
    give(uow)
    assert identity.forget(uow, conversation="c1", message_id=message()) == Forgotten(was_verified=True)
    assert not person(uow, conversation="c1").verified
    assert not code_pending(uow, conversation="c1")
    assert check(uow, sms.last_code()).state == "none"
    assert resend(uow).state == "no_id"
    speaks(uow, "one_case")
    assert positions.position(uow, conversation="c1").guide is None


def test_forgetting_when_nobody_is_verified_leaves_the_citizen_alone(uow: UnitOfWork, clock: Clock) -> None:
    speaks(uow, "one_case")
    positions.set_step(uow, conversation="c1", guide="pay", step=3)
    clock.move(hours=1)
    assert identity.forget(uow, conversation="c1", message_id=message()) == Forgotten(was_verified=False)
    assert not person(uow, conversation="c1").lapsed
    speaks(uow, "one_case")
    assert positions.position(uow, conversation="c1").step == 3


def test_verification_takes_the_position_of_the_conversation_along(uow: UnitOfWork, sms: FakeSms) -> None:
    positions.set_step(uow, conversation="c1", guide="invoice", step=2)
    give(uow)
    check(uow, sms.last_code())
    here = positions.position(uow, conversation="c1")
    assert (here.guide, here.step, here.personal) == ("invoice", 2, True)


def test_verifying_again_renews(uow: UnitOfWork, sms: FakeSms, clock: Clock) -> None:
    give(uow)
    check(uow, sms.last_code())
    clock.move(hours=1)
    assert person(uow, conversation="c1").lapsed
    give(uow)
    check(uow, sms.last_code())
    row = uow.session.get(Verification, "c1")
    assert person(uow, conversation="c1").verified
    assert row.verified_at == row.used_at == clock.now.astimezone(dt.timezone.utc)

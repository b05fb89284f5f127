import datetime as dt
import logging
import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from actions.case_db import unit_of_work as module
from actions.case_db.engine import make_engine
from actions.case_db.models import Citizen, GatewayFailure
from actions.case_db.unit_of_work import UnitOfWork, call_now
from actions.gateways.sms import HttpSms, PretendSms
from actions.gateways.tickets import HttpTickets
from actions.services.errors import NotFound, Unavailable
from actions.settings import SettingsError, settings
from tests.fakes import Clock, FakeSms


def somebody(national_id="1900100015") -> Citizen:
    return Citizen(national_id=national_id, name="نورة", mobile="+966500000001")


def names(engine) -> list[str]:
    with Session(engine, future=True) as session:
        return list(session.scalars(select(Citizen.name)))


def unit(engine, **parts) -> UnitOfWork:
    return UnitOfWork(engine, **{"sms": FakeSms(), "background": call_now, **parts})


def test_rolls_back_uncommitted_work_by_default(either_engine):
    with unit(either_engine) as uow:
        uow.session.add(somebody())
        uow.session.flush()
    assert names(either_engine) == []


def test_keeps_committed_work(either_engine):
    with unit(either_engine) as uow:
        uow.session.add(somebody())
        uow.commit()
    assert names(either_engine) == ["نورة"]


def test_rolls_back_when_a_service_refuses_and_lets_the_refusal_through(either_engine):
    with pytest.raises(NotFound), unit(either_engine) as uow:
        uow.session.add(somebody())
        uow.session.flush()
        raise NotFound
    assert names(either_engine) == []


def test_may_be_entered_again(engine):
    uow = unit(engine)
    for national_id in ("1900100015", "1900100023"):
        with uow:
            uow.session.add(somebody(national_id))
            uow.commit()
    assert len(names(engine)) == 2


def test_runs_what_waits_for_the_commit_after_it_and_once(engine):
    seen = []
    with unit(engine) as uow:
        uow.session.add(somebody())
        uow.after_commit(lambda: seen.append(names(engine)))
        assert seen == []
        uow.commit()
        uow.commit()
    assert seen == [["نورة"]]


def test_runs_nothing_when_rolled_back_or_left_without_commit(engine):
    ran = []
    uow = unit(engine)
    with uow:
        uow.after_commit(lambda: ran.append("rolled back"))
        uow.rollback()
        uow.commit()
        uow.after_commit(lambda: ran.append("left"))
    with uow:
        uow.commit()
    assert ran == []


def test_does_not_wait_for_what_follows_the_commit(engine):
    free, done = threading.Event(), threading.Event()
    with UnitOfWork(engine, sms=FakeSms()) as uow:
        uow.after_commit(lambda: free.wait(5) and done.set())
        uow.commit()
        assert not done.is_set()
    free.set()
    assert done.wait(5)


def test_remembers_when_a_gateway_failed(either_engine):
    clock, sms = Clock(dt.datetime(2025, 3, 2, 9, tzinfo=dt.timezone.utc)), FakeSms()
    sms.fails = True
    for _ in range(2):
        clock.move(minutes=1)
        with unit(either_engine, sms=sms, clock=clock) as uow:
            uow.after_commit(lambda uow=uow: uow.sms.send("+966500000001", "رمز"))
            uow.commit()
    with Session(either_engine, future=True) as session:
        failures = session.scalars(select(GatewayFailure)).all()
        assert [(row.name, row.failed_at) for row in failures] == [("sms", clock.now)]


def test_remembers_a_gateway_that_failed_in_the_middle(engine):
    with pytest.raises(Unavailable), unit(engine):
        raise Unavailable("cases")
    with Session(engine, future=True) as session:
        assert session.scalars(select(GatewayFailure.name)).all() == ["cases"]


def test_what_breaks_after_the_commit_is_logged_without_what_it_carried(engine, caplog):
    def breaks():
        raise RuntimeError("+966500000001")

    with unit(engine) as uow:
        uow.after_commit(breaks)
        uow.commit()
    assert "RuntimeError" in caplog.text
    assert "+966500000001" not in caplog.text


@pytest.mark.parametrize("url", ["sqlite:////nowhere/case.db", "postgresql://postgres@127.0.0.1:1/case"])
def test_a_database_that_is_away_is_unavailable(url, caplog):
    caplog.set_level(logging.INFO)
    with pytest.raises(Unavailable) as away, unit(make_engine(url)) as uow:
        uow.cases.find_citizen("1900100015")
    assert away.value.reason == "database"
    assert "case database away" in caplog.text
    assert "1900100015" not in caplog.text


def test_a_database_that_goes_away_in_the_middle_is_unavailable_and_comes_back(postgres_engine):
    uow = unit(postgres_engine)
    with pytest.raises(Unavailable), uow:
        uow.session.add(somebody())
        uow.session.flush()
        with postgres_engine.connect() as other:
            other.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                     " AND datname = current_database()")
            )  # fmt: skip
        uow.commit()
    with uow:
        uow.session.add(somebody())
        uow.commit()
    assert names(postgres_engine) == ["نورة"]


def test_a_statement_that_takes_too_long_is_unavailable(postgres_url):
    with pytest.raises(Unavailable), unit(make_engine(postgres_url, wait=1)) as uow:
        uow.session.execute(text("SELECT pg_sleep(3)"))


def test_gateways_are_chosen_from_the_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("CASE_DATABASE_URL", f"sqlite:///{tmp_path / 'case.db'}")
    monkeypatch.setenv("PRETEND_SMS_FILE", str(tmp_path / "sms.jsonl"))
    _read_anew()
    assert isinstance(module.unit_of_work().sms, PretendSms)
    assert module.unit_of_work().engine is module.unit_of_work().engine

    monkeypatch.setenv("SMS_API_URL", "https://sms.example/send")
    monkeypatch.setenv("TICKETS_API_URL", "https://desk.example/tickets")
    _read_anew()
    assert isinstance(module.unit_of_work().sms, HttpSms)
    assert isinstance(module.unit_of_work().tickets, HttpTickets)


def test_the_pretend_side_does_not_start_in_production(monkeypatch):
    monkeypatch.setenv("BOT_ENV", "production")
    _read_anew()
    with pytest.raises(SettingsError, match="SMS_API_URL"):
        module.unit_of_work()


@pytest.fixture(autouse=True)
def _forget_settings():
    yield
    _read_anew()


def _read_anew():
    settings.cache_clear()
    module._engine.cache_clear()

import json
import logging
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from actions.gateways.base import TIMEOUT
from actions.gateways.sms import HttpSms, PretendSms, send_or_probe
from actions.services.errors import Unavailable

MOBILE = "+966500000001"
OTHER = "+966500000002"
TEXT = "رمز مساعد إيقاف الخدمات: 123456"


def test_sends_number_and_text_with_the_token(provider):
    HttpSms(provider.url, "secret").send(MOBILE, TEXT)
    ((method, headers, body),) = provider.received
    assert (method, body) == ("POST", {"to": MOBILE, "text": TEXT})
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_a_refusal_of_the_provider_is_unavailable(provider, status):
    provider.status = status
    with pytest.raises(Unavailable) as away:
        HttpSms(provider.url, "secret").send(MOBILE, TEXT)
    assert away.value.reason == "sms"


def test_the_token_does_not_follow_a_redirect(provider):
    provider.status, provider.headers = 302, {"Location": provider.url + "/elsewhere"}
    with pytest.raises(Unavailable):
        HttpSms(provider.url, "secret").send(MOBILE, TEXT)
    assert len(provider.received) == 1


def test_a_slow_provider_is_not_waited_for(provider):
    provider.delay = 1
    with pytest.raises(Unavailable):
        HttpSms(provider.url, "secret", timeout=0.1).send(MOBILE, TEXT)
    assert HttpSms(provider.url, "secret").timeout == TIMEOUT == 5


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/send", "https://nowhere.invalid/send", "no url"])
def test_a_provider_that_is_not_there_is_unavailable(url):
    with pytest.raises(Unavailable):
        HttpSms(url, "secret").send(MOBILE, TEXT)


def test_the_log_names_cause_and_time_and_nothing_personal(provider, caplog):
    caplog.set_level(logging.DEBUG)
    gateway = HttpSms(provider.url + "?key=hidden", "secret")
    gateway.send(MOBILE, TEXT)
    provider.status = 503
    with pytest.raises(Unavailable):
        gateway.send(MOBILE, TEXT)
    assert "sms send took" in caplog.text
    assert "HTTP 503" in caplog.text
    assert not [word for word in (MOBILE, "123456", "secret", "hidden") if word in caplog.text]


def test_a_probe_sends_nothing_and_shows_an_outage(provider):
    gateway = HttpSms(provider.url, "secret")
    gateway.probe()
    provider.status = 405
    gateway.probe()
    assert {(method, json.dumps(body)) for method, _, body in provider.received} == {("HEAD", "{}")}
    provider.status = 503
    with pytest.raises(Unavailable):
        gateway.probe()


def test_a_number_that_is_refused_is_no_outage(provider):
    provider.status = 400
    send_or_probe(HttpSms(provider.url, "secret"), MOBILE, TEXT)
    assert [method for method, _, _ in provider.received] == ["POST", "HEAD"]
    provider.status = 503
    with pytest.raises(Unavailable):
        send_or_probe(HttpSms(provider.url, "secret"), MOBILE, TEXT)


def test_what_was_sent_is_not_probed(provider):
    send_or_probe(HttpSms(provider.url, "secret"), MOBILE, TEXT)
    assert [method for method, _, _ in provider.received] == ["POST"]


def test_the_pretend_gateway_keeps_the_last_code_of_each(tmp_path):
    gateway = PretendSms(tmp_path / "var" / "sms.jsonl")
    assert gateway.last_code(MOBILE) is None
    for mobile, code in ((MOBILE, "111111"), (OTHER, "222222"), (MOBILE, "333333"), (OTHER, "444444")):
        gateway.send(mobile, f"رمز التحقق {code}")
    gateway.send(MOBILE, "تم رفع الإيقاف عن القضية 4500000001")
    assert (gateway.last_code(MOBILE), gateway.last_code(OTHER)) == ("333333", "444444")
    assert gateway.last_code("+966500000003") is None


def test_only_the_owner_reads_the_pretended_messages(tmp_path):
    gateway = PretendSms(tmp_path / "sms.jsonl")
    gateway.send(MOBILE, TEXT)
    assert stat.S_IMODE(gateway.file.stat().st_mode) == 0o600


def test_pretended_messages_sent_at_once_stay_whole(tmp_path):
    gateway = PretendSms(tmp_path / "sms.jsonl")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: gateway.send(MOBILE, f"{n} " + "نص " * 5000), range(40)))
    lines = gateway.file.read_text(encoding="utf-8").splitlines()
    assert sorted(int(json.loads(line)["text"].split()[0]) for line in lines) == list(range(40))


def test_the_pretend_gateway_fails_when_told(tmp_path):
    gateway = PretendSms(tmp_path / "sms.jsonl", fails=True)
    for use in (lambda: gateway.send(MOBILE, TEXT), gateway.probe):
        with pytest.raises(Unavailable) as away:
            use()
        assert away.value.reason == "sms"
    assert not gateway.file.exists()


def test_a_file_that_cannot_be_written_is_unavailable(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        PretendSms(tmp_path / "file" / "sms.jsonl").send(MOBILE, TEXT)

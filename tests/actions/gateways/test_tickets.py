import pytest

from actions.gateways.tickets import HttpTickets, PretendTickets
from actions.services.errors import Unavailable

TICKET = {"reference": "51000001", "topic": "رفع الإيقاف", "transcript": [{"from": "user", "text": "أبي موظف"}]}


def test_tells_the_desk_reference_topic_and_transcript(provider):
    HttpTickets(provider.url, "secret").open(**TICKET)
    ((method, headers, body),) = provider.received
    assert (method, body) == ("POST", TICKET)
    assert headers["Authorization"] == "Bearer secret"


def test_a_desk_that_is_away_is_unavailable(provider):
    provider.status = 502
    with pytest.raises(Unavailable) as away:
        HttpTickets(provider.url, "secret").open(**TICKET)
    assert away.value.reason == "tickets"


def test_in_the_demonstration_nobody_is_told():
    assert PretendTickets().open(**TICKET) is None

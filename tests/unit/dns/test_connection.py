"""Asking name servers, and finding the one that has the last word."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from harness.dns import authority
from harness.dns.connection import NameServerConnection, Server, answers
from harness.dns.errors import DnsError
from tests.unit.dns.fake_dns import FakeDns

NAME = "xencenode.sytes.net"
ADDRESS = IPv4Address("203.0.113.10")


@pytest.fixture
def fake() -> Iterator[FakeDns]:
    with FakeDns().running() as server:
        yield server


def connect(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), 5)


def nobody(_host: str, _port: int) -> socket.socket:
    raise ConnectionRefusedError("connection refused")


def test_many_questions_on_one_connection(fake: FakeDns) -> None:
    fake.point(NAME, "203.0.113.77", str(ADDRESS))
    with NameServerConnection(fake.server(), connect) as conversation:
        assert conversation.addresses(NAME) == (ADDRESS, IPv4Address("203.0.113.77"))
        assert conversation.addresses("nobody.sytes.net") == ()


def test_a_refusal_is_no_empty_answer(fake: FakeDns) -> None:
    fake.refuse = True
    with NameServerConnection(fake.server(), connect) as conversation, pytest.raises(DnsError) as caught:
        conversation.addresses(NAME)
    assert "REFUSED" in str(caught.value)


def test_a_dead_server_gives_answers_with_a_problem() -> None:
    (answer,) = answers([NAME], ADDRESS, Server("127.0.0.1", "authority"), nobody)
    assert not answer.good
    assert str(answer) == (
        f"{NAME}: authority 127.0.0.1: the name server does not answer: connection refused"
    )


def test_one_refused_name_does_not_hide_the_others(fake: FakeDns) -> None:
    fake.refuse = True
    assert len(answers([NAME, "b.sytes.net"], ADDRESS, fake.server(), connect)) == 2


def test_more_than_one_address_is_not_good(fake: FakeDns) -> None:
    fake.point(NAME, str(ADDRESS), "203.0.113.77")
    (answer,) = answers([NAME], ADDRESS, fake.server(), connect)
    assert not answer.good


def test_the_authority_is_that_of_the_closest_zone(fake: FakeDns) -> None:
    fake.records["sytes.net", "NS"] = ["ns2.example.org.", "ns1.example.org."]
    fake.records["net", "NS"] = ["wrong.example.org."]
    fake.point("ns1.example.org", "198.51.100.1")
    assert authority.find(NAME, fake.server("resolver"), connect) == Server("198.51.100.1", "authority")
    assert fake.questions[0] == f"{NAME} NS"


def test_no_authority(fake: FakeDns) -> None:
    with pytest.raises(DnsError, match="no name server has the last word"):
        authority.find(NAME, fake.server("resolver"), connect)


def test_where_it_was_connected_from_says_how_long_an_answer_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At a slow place a connection has longer, and so has an answer."""
    asked: list[float] = []

    def tcp(*_: object, timeout: float, **__: object) -> None:
        asked.append(timeout)
        raise EOFError

    monkeypatch.setattr("dns.query.tcp", tcp)
    for seconds in (5.0, 10.0, 120.0):
        ours, theirs = socket.socketpair()
        ours.settimeout(seconds)
        server = Server("127.0.0.1", "authority")
        with (
            theirs,
            NameServerConnection(server, lambda *_, made=ours: made) as told,
            pytest.raises(DnsError),
        ):
            told.addresses(NAME)
    assert asked == [5.0, 5.0, 60.0]

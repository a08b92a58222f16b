"""DNS UPDATE: whom it believes.  What a real server makes of it is tested in tests/integration/dns."""

from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any, Self, cast

import dns.rcode
import dns.update
import pytest

from harness.dns.connection import Server
from harness.dns.errors import DnsError, DnsRefusedError
from harness.dns.provider import Record
from harness.dns.rfc2136 import Rfc2136Provider
from harness.dns.tsig import TsigKey

CE, ADDRESS = "xencenode.sytes.net", IPv4Address("203.0.113.10")


@pytest.fixture
def provider() -> Rfc2136Provider:
    return Rfc2136Provider(
        "sytes.net", Server("192.0.2.1", "authority"), TsigKey.generate("mine"), cast("Any", None)
    )


def conversation(rcode: dns.rcode.Rcode, *, signed: bool) -> Any:
    """A server that answers everything so."""
    reply = SimpleNamespace(rcode=lambda: rcode, had_tsig=signed)
    return SimpleNamespace(send=lambda message: reply)


def test_a_signed_yes_is_believed(provider: Rfc2136Provider) -> None:
    provider.send(conversation(dns.rcode.NOERROR, signed=True), provider.empty())


def test_a_yes_that_nobody_signed_may_be_anybodys(provider: Rfc2136Provider) -> None:
    with pytest.raises(DnsError, match="may not be the name server's"):
        provider.send(conversation(dns.rcode.NOERROR, signed=False), provider.empty())


@pytest.mark.parametrize("rcode", [dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.SERVFAIL])
def test_a_no_is_told(provider: Rfc2136Provider, rcode: dns.rcode.Rcode) -> None:
    with pytest.raises(DnsRefusedError, match=dns.rcode.to_text(rcode)):
        provider.send(conversation(rcode, signed=True), provider.empty())


def test_it_withdraws_by_name_type_and_value(
    provider: Rfc2136Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dns.update.UpdateMessage] = []

    class Open:
        def __init__(self, *_: object) -> None: ...

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr("harness.dns.rfc2136.NameServerConnection", Open)
    monkeypatch.setattr(Rfc2136Provider, "send", lambda _self, _conversation, message: sent.append(message))
    assert provider.withdraw([Record(CE, ADDRESS)]) == ()
    (change,) = sent[0].update
    assert str(change) == f"{CE}. 0 NONE A {ADDRESS}"

"""From the table [dns] of the site file to a provider."""

import socket
from pathlib import Path

import pytest

from harness.dns.dyndns2 import Dyndns2Provider
from harness.dns.hosts import HostsProvider
from harness.dns.kind import ProviderContext
from harness.dns.kinds import KINDS
from harness.dns.registry import make_provider
from harness.dns.rfc2136 import Rfc2136Provider
from harness.dns.tsig import TsigKey
from harness.errors import InputError
from harness.site import DnsSettings


def nobody(_host: str, _port: int) -> socket.socket:
    raise ConnectionRefusedError


@pytest.fixture
def around(tmp_path: Path) -> ProviderContext:
    secret = tmp_path / "password"
    secret.write_text("geheim\n")
    secret.chmod(0o600)
    key = tmp_path / "tsig.key"
    key.write_text(TsigKey.generate("mine").stanza)
    key.chmod(0o600)
    return ProviderContext("sytes.net", tmp_path, tmp_path / "state", nobody, "school", "192.0.2.53")


def settings(provider: str, **options: str) -> DnsSettings:
    return DnsSettings(provider, tuple(options.items()))


def test_rfc2136(around: ProviderContext) -> None:
    made = make_provider(settings("rfc2136", server="192.0.2.1", key_file="tsig.key", port="5353"), around)
    assert isinstance(made, Rfc2136Provider)
    assert (made.zone, made.key.name) == ("sytes.net", "mine")
    assert str(made.authority) == "authority 192.0.2.1:5353"
    assert str(made.resolver) == "resolver 192.0.2.53"
    assert made.title == "DNS update of sytes.net at 192.0.2.1"


def test_dyndns2(around: ProviderContext) -> None:
    options = {"user": "me@example.org", "password_file": "password"}
    made = make_provider(settings("dyndns2", **options), around)
    assert isinstance(made, Dyndns2Provider)
    assert (made.service.host, made.service.port) == ("dynupdate.no-ip.com", 443)
    assert made.service.password == "geheim"
    assert made.service.contact == "me@example.org"
    assert made.service.tls is not None
    assert made.history == around.state / "dyndns2-dynupdate.no-ip.com.json"
    assert "geheim" not in repr(made)


def test_dyndns2_in_clear_only_if_asked_for(around: ProviderContext) -> None:
    options = {"user": "me", "contact": "me@example.org", "password_file": "password", "tls": "False"}
    made = make_provider(settings("dyndns2", **options), around)
    assert isinstance(made, Dyndns2Provider)
    assert (made.service.port, made.service.tls) == (80, None)


def test_another_password_is_another_account(around: ProviderContext) -> None:
    chosen = settings("dyndns2", user="me@example.org", password_file="password")
    first = make_provider(chosen, around)
    again = make_provider(chosen, around)
    (around.base / "password").write_text("anders\n")
    second = make_provider(chosen, around)
    assert isinstance(first, Dyndns2Provider)
    assert isinstance(again, Dyndns2Provider)
    assert isinstance(second, Dyndns2Provider)
    assert first.account == again.account != second.account


def test_hosts(around: ProviderContext) -> None:
    made = make_provider(settings("hosts"), around)
    assert made == HostsProvider(Path("/etc/hosts"), "icebox school")
    other = make_provider(settings("hosts", file="lab.hosts"), around)
    assert other.title == f"hosts file {around.base}/lab.hosts"


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        (settings("bind"), "'bind' is none of " + ", ".join(KINDS.names())),
        (settings("rfc2136", key_file="tsig.key"), "`server`"),
        (settings("rfc2136", server="192.0.2.1"), "`key_file`"),
        (settings("rfc2136", server="192.0.2.1", key_file="tsig.key", port="70000"), "1 to 65535"),
        (settings("rfc2136", server="192.0.2.1", password="x"), "has only"),
        (settings("rfc2136", server="192.0.2.1", key_file="password"), "this is no TSIG key file"),
        (settings("dyndns2", user="me", password_file="password"), "mail address"),
        (settings("dyndns2", user="me", password_file="password", contact="a b@c"), "mail address"),
        (settings("dyndns2", user="me@example.org", password_file="nowhere"), "there is no such file"),
        (settings("dyndns2", user="me@example.org", password_file="password", tls="perhaps"), "neither true"),
        (settings("dyndns2", user="me@example.org", password="geheim"), "has only"),
    ],
)
def test_bad_options(around: ProviderContext, chosen: DnsSettings, why: str) -> None:
    with pytest.raises(InputError) as caught:
        make_provider(chosen, around)
    assert why in str(caught.value)


def test_a_secret_that_others_can_read(around: ProviderContext) -> None:
    (around.base / "password").chmod(0o640)
    with pytest.raises(InputError) as caught:
        make_provider(settings("dyndns2", user="me@example.org", password_file="password"), around)
    assert f"chmod 600 {around.base}/password" in str(caught.value)


def test_an_empty_secret(around: ProviderContext) -> None:
    (around.base / "password").write_text("\n")
    with pytest.raises(InputError, match="is empty"):
        make_provider(settings("dyndns2", user="me@example.org", password_file="password"), around)

"""Who gets through the broker's door, by real handshakes: nobody revoked, and a proxy as its holder."""

import contextlib
import importlib
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from gridware import jsontext, tls
from gridware.wms.broker import peer
from gridware.wms.transport import Broker, BrokerError
from harness.pki import keys
from harness.pki.certificate import (
    Issuer,
    Validity,
    ca_certificate,
    host_certificate,
    person_certificate,
)
from harness.pki.credential import Credential
from harness.pki.names import to_name
from tests.gridware.broker.visitors import WEEK, Site, proxy_of

DN = "/C=IT/O=GridBox/OU=Personal Certificate/L=Catania/CN=Student 01"
LIMITED = bytes.fromhex("300f300d060b2b060104019b5001010109")
WRAPPERS = "gridware.wms.worker.brokerconnection"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Keys take long; everything else is made anew for each test."""
    of_ca, of_host, of_student, of_stranger, *more = keys.KeyPool().take(6)
    ca = Credential.of(ca_certificate(to_name("/C=IT/O=GridBox/CN=CA"), of_ca, WEEK), of_ca)
    issuer = Issuer(ca.certificate, of_ca)
    host = host_certificate(
        issuer, to_name("/C=IT/CN=rb.example.org"), of_host.public_key(), WEEK, "rb.example.org"
    )
    student = person_certificate(issuer, to_name(DN), of_student.public_key(), WEEK)
    other = Credential.of(ca_certificate(to_name("/C=IT/CN=Other CA"), of_stranger, WEEK), of_stranger)
    return Site(
        tmp_path_factory.mktemp("door"),
        ca,
        Credential.of(host, of_host),
        Credential.of(student, of_student),
        other,
        more,
    )


@pytest.fixture
def site(made: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(peer, "CERTIFICATES", str(made.trust))
    made.lay()
    return made


def test_a_person_by_certificate(site: Site) -> None:
    found = site.knock(site.student)
    assert (found.dn, found.limited) == (DN, False)
    assert found.expires == site.student.not_after.timestamp()


@pytest.mark.parametrize("depth", [1, 2])
def test_a_proxy_is_its_holder(site: Site, depth: int) -> None:
    chain = [site.student]
    for number in range(depth):
        chain.insert(0, proxy_of(chain[0], site.keys[number], str(1000 + number)))
    found = site.knock(*chain)
    assert (found.dn, found.limited) == (DN, False)
    assert found.expires == chain[0].not_after.timestamp(), "the first of the chain to end counts"
    assert len(found.chain) >= depth + 1


def test_a_limited_proxy_is_known_as_one_wherever_it_stands(site: Site) -> None:
    limited = proxy_of(site.student, site.keys[0], "1000", LIMITED)
    below = proxy_of(limited, site.keys[1], "1001")
    assert site.knock(limited, site.student).limited
    assert site.knock(below, limited, site.student).limited


def test_a_person_whose_name_ends_in_a_number_is_no_proxy(site: Site) -> None:
    issuer = Issuer(site.ca.certificate, site.ca.key)
    name = f"{DN}/CN=1000"
    made = person_certificate(issuer, to_name(name), site.keys[0].public_key(), WEEK)
    assert site.knock(Credential.of(made, site.keys[0])).dn == name


@pytest.mark.parametrize("by_proxy", [False, True])
def test_a_revoked_person_stays_outside(site: Site, by_proxy: bool) -> None:
    site.lay(site.student)
    chain = [site.student]
    if by_proxy:
        chain.insert(0, proxy_of(site.student, site.keys[0], "1000"))
    with pytest.raises(ssl.SSLError, match="certificate verify failed: certificate revoked"):
        site.knock(*chain)


def test_another_s_revocation_shuts_nobody_out(site: Site) -> None:
    site.lay(site.host)
    assert site.knock(site.student).dn == DN


def test_without_a_current_list_nobody_comes_in(site: Site) -> None:
    """What can't be looked up is not taken for good."""
    site.lay(validity=Validity.over())
    with pytest.raises(ssl.SSLError, match="CRL has expired"):
        site.knock(site.student)
    next(site.trust.glob("*.r0")).unlink()
    with pytest.raises(ssl.SSLError, match="unable to get certificate CRL"):
        site.knock(site.student)


def test_whom_no_ca_here_has_signed_stays_outside(site: Site) -> None:
    issuer = Issuer(site.stranger.certificate, site.stranger.key)
    made = person_certificate(issuer, to_name(DN), site.keys[0].public_key(), WEEK)
    with pytest.raises(ssl.SSLError, match="certificate verify failed"):
        site.knock(Credential.of(made, site.keys[0]), site.stranger)


def test_whoever_shows_no_certificate_stays_outside(site: Site) -> None:
    with pytest.raises(ssl.SSLError, match="peer did not return a certificate"):
        site.knock()


def test_a_proxy_that_another_has_signed_stays_outside(site: Site) -> None:
    """The name alone makes no proxy of the student."""
    forged = proxy_of(Credential.of(site.student.certificate, site.keys[1]), site.keys[0], "1000")
    with pytest.raises(ssl.SSLError, match="certificate verify failed"):
        site.knock(forged, site.student)


def from_ui(host: str, port: int) -> None:
    """As the commands of a user reach the broker."""
    with Broker(host, os.environ["X509_USER_PROXY"], port) as broker:
        broker.reach()


def from_wn(host: str, port: int) -> None:
    sys.modules["jobspec"].SPEC.update(host=host, port=port)  # type: ignore[attr-defined]
    connection = importlib.import_module(WRAPPERS).BrokerConnection()
    connection.connect()
    connection.stream.close()


@pytest.fixture
def broker(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Something with rb.example.org's certificate that greets whoever comes, whatever name they call."""
    own = str(site.top / "host.pem")

    def greet() -> None:
        with contextlib.suppress(OSError):
            visitor = listener.accept()[0]
            visitor.settimeout(60)
            with peer.context(own, own).wrap_socket(visitor, server_side=True) as door:
                door.sendall(b"{}\n")
                door.recv(1)

    site.knock(site.student)  # leaves what a client shows
    monkeypatch.setenv("X509_CERT_DIR", str(site.trust))
    monkeypatch.setenv("X509_USER_PROXY", str(site.top / "client.pem"))
    spec = ModuleType("jobspec")
    spec.SPEC = {"id": "", "attempt": 1, "key": "", "patience": 0}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jobspec", spec)
    monkeypatch.setitem(sys.modules, "tls", tls)
    monkeypatch.setitem(sys.modules, "jsontext", jsontext)
    monkeypatch.delitem(sys.modules, WRAPPERS, raising=False)
    dialled = tls.dial
    monkeypatch.setattr(tls, "dial", lambda _host, port, most: dialled("127.0.0.1", port, most))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)  # nobody may have come
        thread.join()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("reach", [from_ui, from_wn])
@pytest.mark.parametrize("meant", [True, False])
def test_only_the_host_that_was_meant_is_the_broker(
    broker: int, reach: Callable[[str, int], None], meant: bool
) -> None:
    """Every host has a certificate of the same CA: what counts is the name."""
    refused = pytest.raises((BrokerError, ssl.SSLError), match="certificate")
    with contextlib.nullcontext() if meant else refused:
        reach("rb.example.org" if meant else "other.example.org", broker)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("reach", [from_ui, from_wn])
def test_a_host_whose_certificate_is_revoked_is_no_broker(
    site: Site, broker: int, reach: Callable[[str, int], None]
) -> None:
    site.lay(site.host)
    with pytest.raises((BrokerError, ssl.SSLError), match="revoked"):
        reach("rb.example.org", broker)

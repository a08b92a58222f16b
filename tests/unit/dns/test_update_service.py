"""The HTTP call itself: TLS, and finding the service through the place's resolver."""

import datetime
import socket
import ssl
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.dns.errors import DnsError
from harness.dns.kinds.dyndns2 import HOST
from harness.dns.update_service import UpdateService
from tests.unit.dns.fake_dns import FakeDns
from tests.unit.dns.fake_service import FakeService

ADDRESS = IPv4Address("203.0.113.77")


def connect(_: str, port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 5)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and self-signed certificate of the service's name, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "service.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


def serving(certificate: Path) -> FakeService:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    service = FakeService(context)
    service.body = f"good {ADDRESS}\n"
    return service


def test_tls_with_a_trusted_certificate(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    with serving(certificate).running() as service:
        client = UpdateService("u", "p", "u@example.org", connect, HOST, service.port, trusting)
        (code,) = client.update(["a.example.org"], ADDRESS)
    assert str(code) == f"good {ADDRESS}"


def test_tls_with_any_other_sends_no_password(certificate: Path) -> None:
    with serving(certificate).running() as service:
        client = UpdateService("u", "p", "u@example.org", connect, HOST, service.port)
        with pytest.raises(DnsError, match="does not answer") as caught:
            client.update(["a.example.org"], ADDRESS)
        assert service.asked == []
    assert "certificate verify failed" in str(caught.value)


def test_the_service_is_found_through_the_resolver() -> None:
    seen: list[str] = []

    def watched(host: str, port: int) -> socket.socket:
        seen.append(host)
        return connect(host, port)

    with FakeDns().running() as resolver, FakeService().running() as service:
        resolver.point("service.example.org", "198.51.100.7")
        service.body = f"good {ADDRESS}\n"
        client = UpdateService(
            "u",
            "p",
            "u@example.org",
            watched,
            host="service.example.org",
            port=service.port,
            tls=None,
            resolver=resolver.server("resolver"),
        )
        client.update(["a.example.org"], ADDRESS)
        assert seen == ["127.0.0.1", "198.51.100.7"]
        resolver.records.clear()
        with pytest.raises(DnsError, match="has no address"):
            client.update(["a.example.org"], ADDRESS)


def test_a_service_that_is_named_by_its_address_is_looked_up_nowhere() -> None:
    service = FakeService()
    service.body = f"good {ADDRESS}\n"
    with FakeDns().running() as nameserver, service.running():
        client = UpdateService(
            "u",
            "p",
            "u@example.org",
            connect,
            host="127.0.0.1",
            port=service.port,
            tls=None,
            resolver=nameserver.server(),
        )
        (code,) = client.update(["a.example.org"], ADDRESS)
    assert str(code) == f"good {ADDRESS}"

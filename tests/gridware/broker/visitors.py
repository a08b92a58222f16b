"""Who comes to the broker's door: people of a CA that it trusts or not, by certificate or by proxy."""

import contextlib
import datetime
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID

from gridware.wms.broker import peer
from harness.pki.certificate import Issuer, Validity, revocation_list
from harness.pki.credential import Credential
from harness.pki.trust import subject_hash

PROXY_INFO = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14")
INHERIT_ALL = bytes.fromhex("300c300a06082b06010505071501")
WEEK = Validity.of_days(7)


def proxy_of(holder: Credential, key: RSAPrivateKey, name: str, policy: bytes = INHERIT_ALL) -> Credential:
    """A proxy certificate (RFC 3820) that the holder signs."""
    subject = [*holder.certificate.subject.rdns, x509.RelativeDistinguishedName(
        [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )]  # fmt: skip
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(holder.certificate.subject)
        .public_key(key.public_key())
        .serial_number(int(name))
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=12))
        .add_extension(x509.UnrecognizedExtension(PROXY_INFO, policy), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=False, key_encipherment=True,
                data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(holder.key, hashes.SHA256())
    )  # fmt: skip
    return Credential.of(made, key)


@dataclass
class Site:
    """A CA with its CRL, RB's certificate, a student, and a stranger's CA."""

    top: Path
    ca: Credential
    host: Credential
    student: Credential
    stranger: Credential
    keys: list[RSAPrivateKey]

    @property
    def trust(self) -> Path:
        return self.top / "certificates"

    def lay(self, *revoked: Credential, validity: Validity = WEEK) -> None:
        """The CA's directory, with a CRL that names these."""
        self.trust.mkdir(exist_ok=True)
        name = subject_hash(self.ca.certificate.subject)
        now = datetime.datetime.now(datetime.UTC)
        crl = revocation_list(
            Issuer(self.ca.certificate, self.ca.key), {each.serial: now for each in revoked}, validity
        )
        (self.trust / f"{name}.0").write_bytes(self.ca.cert_pem)
        (self.trust / f"{name}.r0").write_bytes(crl)
        (self.top / "host.pem").write_bytes(self.host.cert_pem + self.host.pem)

    def knock(self, *chain: Credential) -> peer.Peer:
        """Come to the door with a chain, the proxy first; raises ssl.SSLError if it stays shut."""
        own = self.top / "client.pem"
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        client.load_verify_locations(cadata=self.ca.cert_pem.decode())
        if chain:
            own.write_bytes(chain[0].cert_pem + chain[0].pem + b"".join(each.cert_pem for each in chain[1:]))
            client.load_cert_chain(own)
        door = peer.context(str(self.top / "host.pem"), str(self.top / "host.pem"))
        ours, theirs = socket.socketpair()
        theirs.settimeout(60)
        ours.settimeout(60)

        def come() -> None:
            with contextlib.suppress(OSError), client.wrap_socket(theirs) as connection:
                connection.recv(1)

        visitor = threading.Thread(target=come)
        visitor.start()
        try:
            with door.wrap_socket(ours, server_side=True) as connection:
                found = peer.of(connection)
                connection.send(b"x")
                return found
        finally:
            ours.close()
            visitor.join()

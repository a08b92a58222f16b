"""The test CA of a box: makes certificates, keeps them, revokes them.

In its directory (mode 0700, files 0600):
``ca.pem`` certificate and key · ``ca.crl`` the CRL · ``host-*.pem``, ``student-*.pem`` … credentials ·
``issued-<serial>.pem`` every certificate ever signed · ``on-crl-<serial>`` when it was revoked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from harness.errors import HarnessError, InputError
from harness.pki.certificate import (
    Issuer,
    Validity,
    ca_certificate,
    host_certificate,
    person_certificate,
    revocation_list,
)
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.names import CA_DN, to_name
from harness.pki.private import PrivateDirectory
from harness.pki.request import Request, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    from harness.pki.keys import Source

CA_DAYS = 20 * 365
LEAF_DAYS = 365
"""How much longer than asked for a certificate or a CRL is valid when new."""
LONGEST_SCHOOL = CA_DAYS - 2 * LEAF_DAYS
"""Most days that may be asked for."""
_REVOKED = "on-crl-"


class Issued(NamedTuple):
    """Credentials by host name and by common name."""

    hosts: dict[str, Credential]
    students: dict[str, Credential]


class Authority:
    """A CA whose key never leaves its directory; several processes may use it at once."""

    def __init__(self, directory: PrivateDirectory, ca: Credential, days: int, supply: KeyPool) -> None:
        """Use ``Authority.open``."""
        self._directory, self._ca, self._days, self.supply = directory, ca, days, supply

    @classmethod
    def open(cls, directory: Path, *, days: int, dn: str = CA_DN, supply: KeyPool | None = None) -> Authority:
        """The CA kept in ``directory``, made there if there is none, with keys of ``supply``.

        What it hands out is valid for ``days`` days at least.  Raises InputError if it can't promise that,
        HarnessError if what is kept can't be read.
        """
        if not 0 <= days <= LONGEST_SCHOOL:
            raise InputError(
                f"certificates can't be made to outlive {days} days",
                remedy=f"ask for 0 to {LONGEST_SCHOOL} days",
            )
        private, supply = PrivateDirectory(directory), supply or KeyPool()
        with private.locked():
            return cls(private, _open_ca(private, dn, days, supply), days, supply)

    @property
    def certificate(self) -> x509.Certificate:
        return self._ca.certificate

    @property
    def cert_pem(self) -> bytes:
        """The CA's certificate, PEM."""
        return self._ca.cert_pem

    @property
    def dn(self) -> str:
        """The CA's DN in slash form."""
        return self._ca.dn

    def host(self, fqdn: str) -> Credential:
        """The credential of a host: the one kept, or a new one."""
        return self.obtain([Request.host(fqdn)])[0]

    def student(self, common_name: str) -> Credential:
        """The personal credential of a student: the one kept, or a new one."""
        return self.obtain([Request.student(common_name)])[0]

    def issue_all(self, hosts: Iterable[str], students: Iterable[str]) -> Issued:
        """Credentials for host names and for common names, with missing keys made side by side."""
        hosts, students = list(hosts), list(students)
        made = self.obtain([*map(Request.host, hosts), *map(Request.student, students)])
        of_students = made[len(hosts) :]
        return Issued(dict(zip(hosts, made, strict=False)), dict(zip(students, of_students, strict=True)))

    def obtain(self, requests: Sequence[Request], keys: Source | None = None) -> list[Credential]:
        """A credential for each request, in order; new ones with ``keys``, or else with keys of ``supply``.

        A kept one is taken if it was issued by this CA and is in the state that is wanted.
        """
        with self._directory.locked():
            found = {request: self._kept(request) for request in requests}
            missing = [request for request, credential in found.items() if credential is None]
            new = dict(zip(missing, (keys or self.supply).take(len(missing)), strict=True))
            made = {request: found[request] or self._issue(request, new) for request in found}
        return [made[request] for request in requests]

    def revoke(self, credential: Credential) -> None:
        """Put a credential on the CRL for ever; twice is once.  Raises HarnessError if it is not ours."""
        if not self._signed(credential.certificate):
            raise HarnessError(f"{credential!r} can't be revoked: {self.dn} did not issue it")
        with self._directory.locked():
            self._record_revocation(credential)

    def crl(self) -> bytes:
        """The PEM CRL: the one kept, or a new one after a revocation or when it is about to expire."""
        with self._directory.locked():
            revoked = {_serial_of(name): self._revoked_at(name) for name in self._directory.names(_REVOKED)}
            kept = self._directory.read("ca.crl")
            if kept and self._current(kept, set(revoked)):
                return kept
            crl = revocation_list(self._issuer, revoked, self._validity)
            self._directory.write("ca.crl", crl)
            return crl

    def bad_crl(self, validity: Validity) -> bytes:
        """A PEM CRL for another time, with what is revoked now; kept nowhere."""
        with self._directory.locked():
            revoked = {_serial_of(name): self._revoked_at(name) for name in self._directory.names(_REVOKED)}
        return revocation_list(self._issuer, revoked, validity)

    def reissued(self, credential: Credential, validity: Validity, fqdn: str = "") -> bytes:
        """A PEM certificate of the same name and key for another time, of the host ``fqdn`` or a person.

        For faults and tests: it is kept nowhere.
        """
        name, public = credential.certificate.subject, credential.key.public_key()
        if fqdn:
            made = host_certificate(self._issuer, name, public, validity, fqdn)
        else:
            made = person_certificate(self._issuer, name, public, validity)
        return made.public_bytes(Encoding.PEM)

    def state(self, credential: Credential) -> State:
        """What holds of a credential of this CA now."""
        if credential.expired:
            return State.EXPIRED
        if self._directory.read(_revoked_file(credential)) is not None:
            return State.REVOKED
        return State.VALID if credential.not_after >= self._needed else State.AGING

    def _kept(self, request: Request) -> Credential | None:
        content = self._directory.read(request.file)
        if content is None:
            return None
        credential = _parse(content, self._directory.path / request.file)
        fits = self._signed(credential.certificate) and self.state(credential) is request.state
        return credential if fits else None

    def _issue(self, request: Request, new: dict[Request, RSAPrivateKey]) -> Credential:
        """Sign, record, keep: in this order, so that nothing is handed out that is not recorded."""
        credential = Credential.of(self._sign(request, new[request].public_key()), new[request])
        self._directory.write(f"issued-{credential.serial:016x}.pem", credential.cert_pem)
        if request.state is State.REVOKED:
            self._record_revocation(credential)
        self._directory.write(request.file, credential.pem)
        return credential

    def _sign(self, request: Request, public: RSAPublicKey) -> x509.Certificate:
        name = to_name(request.dn)
        validity = Validity.over() if request.state is State.EXPIRED else self._validity
        if request.fqdn:
            return host_certificate(self._issuer, name, public, validity, request.fqdn)
        return person_certificate(self._issuer, name, public, validity)

    def _record_revocation(self, credential: Credential) -> None:
        name = _revoked_file(credential)
        if self._directory.read(name) is None:
            self._directory.write(name, datetime.now(UTC).isoformat(timespec="seconds").encode())

    def _revoked_at(self, name: str) -> datetime:
        return datetime.fromisoformat((self._directory.read(name) or b"").decode())

    def _current(self, pem: bytes, revoked: set[int]) -> bool:
        crl = x509.load_pem_x509_crl(pem)
        end = crl.next_update_utc
        return (
            crl.is_signature_valid(self._issuer.key.public_key())
            and end is not None
            and end >= self._needed
            and {entry.serial_number for entry in crl} == revoked
        )

    def _signed(self, certificate: x509.Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, InvalidSignature):
            return False
        return True

    @cached_property
    def _issuer(self) -> Issuer:
        return Issuer(self.certificate, self._ca.key)

    @property
    def _validity(self) -> Validity:
        return Validity.of_days(self._days + LEAF_DAYS)

    @property
    def _needed(self) -> datetime:
        """Until when everything handed out must be valid."""
        return datetime.now(UTC) + timedelta(days=self._days)

    def __repr__(self) -> str:
        return f"Authority({self.dn}, {self._directory.path})"


def _open_ca(directory: PrivateDirectory, dn: str, days: int, supply: KeyPool) -> Credential:
    """The kept CA; renewed with the same key, so that what it signed stays valid, or made."""
    content = directory.read("ca.pem")
    kept = _parse(content, directory.path / "ca.pem") if content else None
    if kept and kept.dn != dn:
        raise HarnessError(
            f"this is the CA {kept.dn}, not {dn}", where=str(directory.path), remedy="use another directory"
        )
    if kept and kept.not_after >= Validity.of_days(days + LEAF_DAYS).end:
        return kept
    key = kept.key if kept else supply.take(1)[0]
    ca = Credential.of(ca_certificate(to_name(dn), key, Validity.of_days(CA_DAYS)), key)
    directory.write("ca.pem", ca.pem)
    return ca


def _parse(content: bytes, path: Path) -> Credential:
    try:
        return Credential.parse(content)
    except ValueError as error:
        raise HarnessError(
            "can't read a certificate with its key",
            where=str(path),
            why=str(error),
            remedy="remove this file: a new one is made at the next start",
        ) from error


def _revoked_file(credential: Credential) -> str:
    return f"{_REVOKED}{credential.serial:016x}"


def _serial_of(revoked_file: str) -> int:
    return int(revoked_file.removeprefix(_REVOKED), 16)

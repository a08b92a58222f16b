"""Certificates that are wrong in one way, for the box that they are laid into."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from harness.pki.authority import Authority
from harness.pki.certificate import Issuer, Validity, ca_certificate, host_certificate
from harness.pki.credential import Credential
from harness.pki.keys import KeyPool
from harness.pki.names import CA_DN, host_dn, to_name
from harness.pki.request import Request, State
from harness.site import Node, Role

if TYPE_CHECKING:
    from harness.box.box import Box


def authority(box: Box) -> Authority:
    """The CA of a box."""
    return Authority.open(box.files.pki, days=box.site.school_days)


def not_yet() -> Validity:
    """Valid from the day after tomorrow."""
    now = datetime.now(UTC)
    return Validity(now + timedelta(days=2), now + timedelta(days=30))


def node(box: Box, role: str) -> Node:
    return box.site.of(Role(role))[0]


def host(box: Box, role: str) -> Credential:
    """What a host shows when all is well."""
    return authority(box).host(node(box, role).fqdn)


def host_at(box: Box, role: str, validity: Validity) -> bytes:
    """The host's certificate, PEM, with another validity: same key, name and CA."""
    return authority(box).reissued(host(box, role), validity, node(box, role).fqdn)


def host_of_strange_ca(box: Box, role: str) -> bytes:
    """The same, signed by a CA that has the name of the box's, and another key."""
    fqdn = node(box, role).fqdn
    public = host(box, role).key.public_key()
    made = host_certificate(strange_ca(CA_DN), to_name(host_dn(fqdn)), public, Validity.of_days(30), fqdn)
    return made.public_bytes(Encoding.PEM)


def expired_student(box: Box) -> bytes:
    """The first student's certificate, PEM, as it was until yesterday."""
    own = authority(box).student(box.site.students[0].common_name)
    return authority(box).reissued(own, Validity.over())


def revoked_student(box: Box) -> Credential:
    """A credential of the first student that the CRL names."""
    [made] = authority(box).obtain([Request.student(box.site.students[0].common_name, State.REVOKED)])
    return made


@cache
def strange_ca(dn: str) -> Issuer:
    """A CA that nobody trusts."""
    with KeyPool() as supply:
        [key] = supply.take(1)
    return Issuer(ca_certificate(to_name(dn), key, Validity.of_days(30)), key)

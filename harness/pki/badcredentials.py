"""Credentials that every service must refuse, for the checks of SEC-1.

The first three carry the DN of a registered student, so that nothing but the certificate's own state can
be the reason of a refusal.  ``revoked`` is made before the trust directories are written: the CRL names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.pki.authority import Authority
from harness.pki.keys import Same
from harness.pki.request import Request, State

if TYPE_CHECKING:
    from pathlib import Path

    from harness.pki.credential import Credential

UNKNOWN_CA_DN = "/C=IT/O=Elsewhere/CN=Unknown CA"
UNREGISTERED = "Not Registered"
KEYS = 1
"""How many are made with a box: the revoked one's, which the others have as well. Why each is refused is in
its certificate, and a key takes 40 ms of a processor whenever a box is made."""


class Flaw(StrEnum):
    """What is wrong with a credential."""

    NONE = "no proxy"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN_CA = "unknown CA"
    STRANGER = "not in the VO"


@dataclass(frozen=True)
class BadCredentials:
    """A credential of each kind."""

    expired: Credential
    """Ended a day ago."""
    revoked: Credential
    """Valid but for the CRL."""
    unknown_ca: Credential
    """A registered name, signed by a CA that no node knows."""
    unregistered: Credential
    """Valid, but no member of the VO."""

    @classmethod
    def open(cls, authority: Authority, directory: Path, *, days: int, member: str) -> BadCredentials:
        """Load or make them; ``member`` is the common name of a registered student.

        ``directory`` keeps the unknown CA; the others are kept by ``authority``.
        """
        named = revoked(authority, member)
        keys = Same(named.key)
        expired, unregistered = authority.obtain(
            [Request.student(member, State.EXPIRED), Request.student(UNREGISTERED)], keys
        )
        unknown = Authority.open(directory, days=days, dn=UNKNOWN_CA_DN, supply=authority.supply)
        [unknown_ca] = unknown.obtain([Request.student(member)], keys)
        return cls(expired, named, unknown_ca, unregistered)


def revoked(authority: Authority, member: str) -> Credential:
    """The credential of a registered ``member`` that the CRL names: the one kept, or a new one."""
    [made] = authority.obtain([Request.student(member, State.REVOKED)])
    return made

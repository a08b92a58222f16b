"""A request: what certificate is wanted, in which state, and where it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from harness.pki.names import host_dn, student_dn


class State(StrEnum):
    """What holds of a certificate today."""

    VALID = "valid"
    AGING = "aging"
    """Valid, but it ends before the school does."""
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Request:
    """A certificate that is wanted."""

    dn: str
    file: str
    """Name of the file that keeps the credential in the authority's directory."""
    fqdn: str = ""
    """The host's name; empty in a personal certificate."""
    state: State = State.VALID

    @classmethod
    def host(cls, fqdn: str) -> Request:
        return cls(host_dn(fqdn), f"host-{fqdn}.pem", fqdn)

    @classmethod
    def student(cls, common_name: str, state: State = State.VALID) -> Request:
        kind = "student" if state is State.VALID else state.value
        return cls(student_dn(common_name), f"{kind}-{quote(common_name, safe='')}.pem", state=state)

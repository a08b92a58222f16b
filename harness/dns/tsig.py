"""The key that signs updates (TSIG, RFC 8945)."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.dns import secretfile
from harness.errors import InputError, shown

if TYPE_CHECKING:
    from pathlib import Path

    import dns.tsig

ALGORITHM = "hmac-sha256"
ALGORITHMS = (
    *("hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"),
    *("hmac-sha256-128", "hmac-sha384-192", "hmac-sha512-256"),
    *("hmac-md5", "hmac-md5.sig-alg.reg.int"),
)
"""That dnspython can sign with."""
NAME = "icebox-dyn"
"""Name of the key of the embedded name service."""
_STANZA = re.compile(
    r'key\s+"?(?P<name>[^"\s{]+)"?\s*\{\s*'
    r'algorithm\s+"?(?P<algorithm>[^"\s;]+)"?\s*;\s*secret\s+"?(?P<secret>[^"\s;]+)"?\s*;\s*\}\s*;?'
)
_BYTES = 32  # as long as the hash


@dataclass(frozen=True)
class TsigKey:
    """A shared secret with the name both sides know it by."""

    name: str
    secret: str = field(repr=False)
    """In base64."""
    algorithm: str = ALGORITHM

    def __post_init__(self) -> None:
        try:
            base64.b64decode(self.secret, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InputError(f"the secret of the TSIG key {shown(self.name)} is not base64") from error

    @classmethod
    def generate(cls, name: str = NAME) -> TsigKey:
        return cls(name, base64.b64encode(secrets.token_bytes(_BYTES)).decode())

    @classmethod
    def read(cls, path: Path) -> TsigKey:
        """A key from a file as tsig-keygen writes it.  Raises InputError."""
        match = _STANZA.fullmatch(secretfile.read(path, "the TSIG key"))
        if match is None:
            raise InputError(
                "this is no TSIG key file",
                where=str(path),
                why='it is not of the form key "name" { algorithm …; secret "…"; };',
                remedy=f"make one with tsig-keygen -a {ALGORITHM} NAME, or ask whoever runs the name server",
            )
        if match["algorithm"].rstrip(".").lower() not in ALGORITHMS:
            raise InputError(
                f"the TSIG key has the algorithm {shown(match['algorithm'])}",
                where=str(path),
                remedy=f"make one with one of {', '.join(ALGORITHMS)}",
            )
        return cls(match["name"], match["secret"], match["algorithm"])

    @property
    def stanza(self) -> str:
        """The key as BIND, nsupdate and ``read`` take it."""
        return f'key "{self.name}" {{\n\talgorithm {self.algorithm};\n\tsecret "{self.secret}";\n}};\n'

    def for_messages(self) -> dns.tsig.Key:
        """The key as dnspython takes it."""
        import dns.name
        import dns.tsig

        return dns.tsig.Key(dns.name.from_text(self.name), self.secret, dns.name.from_text(self.algorithm))

"""The trust directory of a node, /etc/grid-security/certificates, in the layout of the IGTF.

``<hash>.0`` the CA's certificate · ``<hash>.r0`` its CRL · ``<hash>.signing_policy`` what it may sign ·
``<hash>.namespaces`` the same for those who read EUGridPMA's form.

Each stands there under the CA's hash, and as a link under the hash of OpenSSL before 1.0, by which
Java clients and other old ones look.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from harness.pki.names import to_slash

if TYPE_CHECKING:
    from cryptography import x509

    from harness.pki.authority import Authority

ENDINGS = ("0", "r0", "signing_policy", "namespaces")
_UTF8_STRING, _OBJECT_ID, _SEQUENCE, _SET = 0x0C, 0x06, 0x30, 0x31


def files(authority: Authority) -> dict[str, bytes]:
    """Name and content of each file that makes a node trust ``authority``."""
    ca = authority.certificate.subject
    stem = subject_hash(ca)
    return {
        f"{stem}.0": authority.cert_pem,
        f"{stem}.r0": authority.crl(),
        f"{stem}.signing_policy": signing_policy(ca).encode(),
        f"{stem}.namespaces": namespaces(ca).encode(),
    }


def links(authority: Authority) -> dict[str, str]:
    """Names by the old hash, and the files beside them that they lead to: a new CRL counts under both."""
    ca = authority.certificate.subject
    stem, old = subject_hash(ca), subject_hash_old(ca)
    return {f"{old}.{ending}": f"{stem}.{ending}" for ending in ENDINGS}


def signing_policy(ca: x509.Name) -> str:
    """Globus' signing policy (EACL syntax): the CA may sign names of its own organization only."""
    dn = to_slash(ca)
    return (
        f"access_id_CA   X509    '{dn}'\n"
        "pos_rights     globus  CA:sign\n"
        f"cond_subjects  globus  '\"{dn.rpartition('/CN=')[0]}/*\"'\n"
    )


def namespaces(ca: x509.Name) -> str:
    """The same in EUGridPMA's namespaces format, version 1.0, whose subjects are regular expressions."""
    dn = to_slash(ca)
    own = re.sub(r"([][\\.*+?^$(){}|])", r"\\\1", dn.rpartition("/CN=")[0])
    return f'#NAMESPACES-VERSION: 1.0\nTO Issuer "{dn}" \\\n  PERMIT Subject "{own}/.*"\n'


def subject_hash_old(name: x509.Name) -> str:
    """The hash OpenSSL before 1.0 looked a CA up by; equals ``openssl x509 -noout -subject_hash_old``.

    First four bytes, little endian, of MD5 over the name as it is encoded.
    """
    digest = hashlib.md5(name.public_bytes(), usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def subject_hash(name: x509.Name) -> str:
    """The hash OpenSSL 1.0 and later look a CA up by; equals ``openssl x509 -noout -hash``.

    First four bytes, little endian, of SHA-1 over the name in canonical form: the RDNs without the sequence
    around them, every value a UTF8String in lower case with blanks trimmed and collapsed
    (OpenSSL, crypto/x509/x_name.c).
    """
    canonical = b"".join(_canonical(rdn) for rdn in name.rdns)
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _canonical(rdn: x509.RelativeDistinguishedName) -> bytes:
    return _der(_SET, b"".join(sorted(_attribute(part) for part in rdn)))


def _attribute(part: x509.NameAttribute[str | bytes]) -> bytes:
    value = part.value.encode() if isinstance(part.value, str) else part.value
    # bytes.split and .lower know ASCII only, as OpenSSL does here
    text = _der(_UTF8_STRING, b" ".join(value.split()).lower())
    return _der(_SEQUENCE, _der(_OBJECT_ID, _object_id(part.oid.dotted_string)) + text)


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _object_id(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    return b"".join(_base128(number) for number in (first * 40 + second, *rest))


def _base128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))

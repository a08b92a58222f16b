"""Distinguished names: the slash form that grid software writes, and the X.509 form.

The slash form is OpenSSL's ``X509_NAME_oneline``: ``/C=IT/O=GridBox/CN=Student 01``.
"""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.x509.oid import NameOID

from harness.errors import InputError

CA_DN = "/C=IT/O=GridBox/CN=GridBox Test CA"
_HOST_BASE = "/C=IT/O=GridBox/OU=Host"
_PERSON_BASE = "/C=IT/O=GridBox/OU=Personal Certificate/L=Catania"

_OIDS = {
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
    "UID": NameOID.USER_ID,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}
_KEYS = {oid: key for key, oid in _OIDS.items()}
_OLD_KEYS = {"Email": "emailAddress", "E": "emailAddress", "S": "ST", "USERID": "UID"}
"""What older grid software writes for the same attributes."""

# A slash starts a new part only before a known attribute: /CN=host/ce.example.org is one part.
_PART = re.compile(rf"/({'|'.join((*_OIDS, *_OLD_KEYS))})=")
_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,64}}$){_LABEL}(\.{_LABEL})*")
_PERSON = re.compile(r"[^/=\\\x00-\x1f]{1,64}")


def host_dn(fqdn: str) -> str:
    """The DN of a host's certificate, in slash form.

    A name of more than 64 characters does not fit into a common name (RFC 5280, ub-common-name).
    """
    if not _HOST.fullmatch(fqdn):
        raise InputError(
            f"{fqdn!r} can't be the host name of a certificate",
            remedy="use letters, digits, dashes and dots, 64 characters at most",
        )
    return f"{_HOST_BASE}/CN={fqdn}"


def student_dn(common_name: str) -> str:
    """The DN of a personal certificate, in slash form."""
    if not _PERSON.fullmatch(common_name) or common_name != common_name.strip():
        raise InputError(
            f"{common_name!r} can't be the common name of a certificate",
            remedy="use 1 to 64 characters without slash, backslash and equals sign",
        )
    return f"{_PERSON_BASE}/CN={common_name}"


def to_name(dn: str) -> x509.Name:
    """The X.509 name of a DN in slash form; raises InputError if it is not one."""
    parts = _PART.split(dn)
    if len(parts) < 3 or parts[0]:
        raise InputError(f"{dn!r} is not a DN in slash form", remedy="write it as /C=IT/O=GridBox/CN=…")
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    try:
        return x509.Name([_attribute(key, value) for key, value in pairs])
    except ValueError as error:
        raise InputError(f"{dn!r} is not a valid DN", why=str(error)) from error


def to_slash(name: x509.Name) -> str:
    """The slash form of an X.509 name; parts of one RDN are written one after another."""
    return "".join(f"/{_key(part)}={_escape(part.value)}" for part in name)


def _attribute(key: str, value: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(_OIDS[_OLD_KEYS.get(key, key)], _unescape(value))


def _key(part: x509.NameAttribute[str | bytes]) -> str:
    return _KEYS.get(part.oid, part.oid.dotted_string)


def _escape(value: str | bytes) -> str:
    """Bytes outside printable ASCII are written as ``\\xHH``, as OpenSSL does."""
    raw = value.encode() if isinstance(value, str) else value
    return "".join(chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02X}" for byte in raw)


def _unescape(value: str) -> str:
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), value.encode()).decode()

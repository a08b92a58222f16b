"""The secrets of one box: made once, kept in a directory of mode 0700, and never shown.

Every value consists of letters and digits only, so that no quoting, in any configuration file, can break
it or hide it from ``redact``.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from harness.errors import HarnessError
from harness.pki.private import PrivateDirectory
from harness.report.scrub import KEY_REMOVED, SECRET_REMOVED, private_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LENGTHS = {"munge_key": 128, "voms_password": 32, "tsig_key": 44}
"""Name and length of each value. Those named key are base64 as well: any such text of 4n letters is."""

_VALUES, _SSH, _TUNNEL = "values.json", "ssh-", "tunnel-"
_LETTERS = string.ascii_letters + string.digits
_REMEDY = "remove this file and destroy the box: a new one gets new secrets"
# Whatever stands between, such as the prefixes of log lines; a key of 8192 bits takes less than this.
_LABEL = "[A-Z0-9 ]*PRIVATE KEY-----"
_BLOCK = re.compile(rf"-----BEGIN {_LABEL}[\s\S]{{0,16384}}?-----END {_LABEL}")
_END = re.compile(f"-----END {_LABEL}")
_BODY = _LETTERS + "+/=\\ \t\r\n"
_LONGEST_BODY = 4096
_KEY_LINE = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")


@dataclass(frozen=True)
class SshKey:
    """An ed25519 key pair; ``path`` holds the private part, for ``ssh -i``."""

    path: Path
    public: str
    """One line, as in authorized_keys."""


@dataclass(frozen=True)
class TunnelKey:
    """A key pair of Curve25519 in base64, as wg(8) wants it."""

    private: str
    public: str


class Secrets:
    """Passwords and keys of a box; ``values`` is what templates see."""

    def __init__(self, directory: PrivateDirectory, values: Mapping[str, str]) -> None:
        """Use ``Secrets.open``."""
        self._directory, self.values = directory, dict(values)
        self._names = {value: name for name, value in self.values.items()}
        self._key_lines: set[str] = set()
        for name in (*directory.names(_SSH), *directory.names(_TUNNEL)):
            self.learn(directory.read(name) or b"")

    @classmethod
    def open(cls, directory: Path) -> Secrets:
        """The secrets kept in ``directory``; what is missing is made.

        Raises HarnessError if what is kept can't be read, HostError if nothing can be written.
        """
        private = PrivateDirectory(directory)
        with private.locked():
            kept = _load(private)
            values = {name: kept.get(name) or _word(length) for name, length in LENGTHS.items()}
            if values != kept:
                private.write(_VALUES, json.dumps(values, indent=1).encode())
        return cls(private, values)

    @property
    def munge_key(self) -> str:
        """Base64 of the key that all nodes with Slurm share."""
        return self.values["munge_key"]

    @property
    def voms_password(self) -> str:
        """Of vomsd's account in MariaDB."""
        return self.values["voms_password"]

    @property
    def tsig_key(self) -> str:
        """Base64 of the HMAC-SHA256 key that signs DNS updates."""
        return self.values["tsig_key"]

    def ssh_key(self, owner: str) -> SshKey:
        """The key pair of ``owner``: ``root`` for the harness, or the login of a student; made if missing."""
        name = _SSH + owner
        content = self._kept(name, _new_ssh_key)
        path = self._directory.path / name
        return SshKey(path, f"{_public_part(content, path)} {owner}@gridbox")

    def tunnel_key(self, node: str) -> TunnelKey:
        """The key pair of the batch system's tunnel on ``node``; made if missing."""
        name = _TUNNEL + node
        content = self._kept(name, _new_tunnel_key)
        try:
            private = X25519PrivateKey.from_private_bytes(base64.b64decode(content))
        except ValueError as error:
            where = str(self._directory.path / name)
            raise HarnessError(
                "can't read a tunnel's key", where=where, why=str(error), remedy=_REMEDY
            ) from error
        return TunnelKey(content.decode(), base64.b64encode(private.public_key().public_bytes_raw()).decode())

    def _kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        with self._directory.locked():
            content = self._directory.read(name)
            if content is None:
                content = make()
                self._directory.write(name, content)
        self.learn(content)
        return content

    def learn(self, *keys_pem: bytes) -> None:
        """Remember private keys, so that even a single line of one is found."""
        for pem in keys_pem:
            self._key_lines.update(_KEY_LINE.findall(pem.decode("ascii", "replace")))

    def known(self) -> tuple[str, ...]:
        """All values and key lines, for a search through finished artifacts."""
        return (*self._names, *sorted(self._key_lines))

    def redact(self, text: str) -> str:
        """The text without any secret: known values, private keys whole or cut, lines of known keys."""
        text = _without_cut_keys(private_keys(_BLOCK.sub(KEY_REMOVED, text)))
        text = _KEY_LINE.sub(self._without_key_line, text)
        for value, name in self._names.items():
            text = text.replace(value, f"[{name} removed]")
        return text

    def _without_key_line(self, found: re.Match[str]) -> str:
        """A run of base64 may hold several lines of a key, when their line ends were lost."""
        run = found[0]
        return SECRET_REMOVED if any(line in run for line in self._key_lines) else run

    def __repr__(self) -> str:
        return f"Secrets({self._directory.path})"


def _load(directory: PrivateDirectory) -> dict[str, str]:
    content = directory.read(_VALUES)
    if content is None:
        return {}
    try:
        values = json.loads(content)
        return {str(name): str(value) for name, value in values.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        where = str(directory.path / _VALUES)
        raise HarnessError("can't read the box's secrets", where=where, remedy=_REMEDY) from error


def _without_cut_keys(text: str) -> str:
    """Remove the ends of private keys whose beginning was cut off, as by ``tail``."""
    *cut, rest = _END.split(text)
    kept = (part[:-_LONGEST_BODY] + part[-_LONGEST_BODY:].rstrip(_BODY) for part in cut)
    return "".join(f"{part} {KEY_REMOVED}" for part in kept) + rest


def _word(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _new_tunnel_key() -> bytes:
    return base64.b64encode(X25519PrivateKey.generate().private_bytes_raw())


def _new_ssh_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _public_part(private: bytes, path: Path) -> str:
    try:
        key = load_ssh_private_key(private, password=None)
    except ValueError as error:
        where = str(path)
        raise HarnessError("can't read an ssh key", where=where, why=str(error), remedy=_REMEDY) from error
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

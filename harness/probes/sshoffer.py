"""What an ssh server offers before anybody logs in: its key exchange message (RFC 4253, 7.1)."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from harness.dom0.protocols import BadReply, read_exactly, read_line

_KEXINIT = 20
_COOKIE = 16
_LARGEST = 35000
"""Bytes of a packet that everybody takes (RFC 4253, 6.1)."""
_WEAK = (
    (r"sha1|-sha$|^ssh-(rsa|dss)", "SHA-1"),
    (r"md5|ripemd|umac-64|-96", "a short or broken hash"),
    (r"cbc|arcfour|3des|blowfish|cast128|none", "a weak cipher"),
    (r"group1-|group14-|group-exchange", "a group below 3072 bits"),
    (r"nistp", "a curve of NIST's"),
)
_NO_ALGORITHM = re.compile(r"^(ext-info|kex-strict)-")


@dataclass(frozen=True)
class Offer:
    """Names of algorithms, by what they are for."""

    key_exchange: tuple[str, ...]
    host_keys: tuple[str, ...]
    ciphers: tuple[str, ...]
    macs: tuple[str, ...]

    def faults(self) -> Iterator[str]:
        """All that is weak, by the reasons of ssh-audit."""
        for name in sorted({*self.key_exchange, *self.host_keys, *self.ciphers, *self.macs}):
            for pattern, why in _WEAK:
                if re.search(pattern, name) and not _NO_ALGORITHM.search(name):
                    yield f"{name}: {why}"
        for name in self.macs:
            if "-etm@" not in name:
                yield f"{name}: not over what is encrypted"


def read(connection: socket.socket) -> Offer:
    """What the server at the other end offers; raises BadReply or OSError."""
    banner = read_line(connection)
    if not banner.startswith("SSH-2.0-"):
        raise BadReply("ssh", banner.encode())
    connection.sendall(b"SSH-2.0-icebox\r\n")
    size = int.from_bytes(read_exactly(connection, 4), "big")
    if not 2 < size < _LARGEST:
        raise BadReply("ssh's key exchange message", f"{size} bytes".encode())
    return parse(read_exactly(connection, size)[1:])


def parse(message: bytes) -> Offer:
    """A key exchange message; raises BadReply."""
    if message[:1] != bytes([_KEXINIT]):
        raise BadReply("ssh's key exchange message", message)
    lists, at = [], 1 + _COOKIE
    for _ in range(6):
        size = int.from_bytes(message[at : at + 4], "big")
        lists.append(message[at + 4 : at + 4 + size].decode("ascii", errors="replace"))
        at += 4 + size
    if at > len(message):
        raise BadReply("ssh's key exchange message", message)
    exchange, keys, to_server, to_client, macs_to_server, macs_to_client = (
        tuple(filter(None, each.split(","))) for each in lists
    )
    return Offer(
        exchange,
        keys,
        tuple(dict.fromkeys(to_server + to_client)),
        tuple(dict.fromkeys(macs_to_server + macs_to_client)),
    )

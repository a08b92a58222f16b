"""Which processes of this machine listen at which ports, by the kernel's own tables (proc_pid_net(5))."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

LISTEN = {"tcp": "0A", "udp": "07"}
"""State of a socket that waits for others; one of UDP that knows its peer has another."""
WORD = 8
"""Characters of 32 bits in hexadecimal, least significant byte first."""


@dataclass(frozen=True)
class Listener:
    """A socket that waits for connections or datagrams; ``holder`` says in words whose it is."""

    port: int
    address: IPv4Address | IPv6Address
    inode: str
    kind: str
    """``tcp`` or ``udp``."""
    holder: str = "somebody"

    def is_met_at(self, address: IPv4Address | None) -> bool:
        """Whether others meet it at an address of this machine; None is any but the loopback's."""
        own = self.address
        if isinstance(own, IPv6Address):
            if own.is_unspecified:
                return True
            own = own.ipv4_mapped or IPv4Address("127.0.0.1")
        return own.is_unspecified or (own == address if address else not own.is_loopback)

    def __str__(self) -> str:
        port = f"port {self.port}" if self.kind == "tcp" else f"UDP port {self.port}"
        return f"{port} is held by {self.holder}"


def listeners(kind: str = "tcp") -> list[Listener]:
    """All of them in this network, with their holders; of TCP or, as ``udp``, of that."""
    found = [each for name in (kind, f"{kind}6") for each in _read(kind, f"/proc/self/net/{name}")]
    holders = _holders({each.inode for each in found})
    return [replace(each, holder=holders.get(each.inode, each.holder)) for each in found]


def _read(kind: str, table: str) -> Iterator[Listener]:
    with contextlib.suppress(FileNotFoundError), open(table, encoding="ascii") as file:
        for line in list(file)[1:]:
            fields = line.split()
            address, _, port = fields[1].partition(":")
            if fields[3] == LISTEN[kind]:
                yield Listener(int(port, 16), _address(address), fields[9], kind)


def _address(text: str) -> IPv4Address | IPv6Address:
    words = [text[at : at + WORD] for at in range(0, len(text), WORD)]
    packed = b"".join(bytes.fromhex(word)[::-1] for word in words)
    return IPv4Address(packed) if len(words) == 1 else IPv6Address(packed)


def _holders(inodes: set[str]) -> Mapping[str, str]:
    """Name and number of the first process that has each socket open."""
    found: dict[str, str] = {}
    for name in filter(str.isdigit, os.listdir("/proc")) if inodes else ():
        for inode in _sockets(name) & inodes:
            found.setdefault(inode, f"{_name(name)} (process {name})")
    return found


def _sockets(process: str) -> set[str]:
    open_files: set[str] = set()
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{process}/fd"):
            with contextlib.suppress(OSError):
                target = os.readlink(f"/proc/{process}/fd/{name}")
                open_files.update(re.findall(r"^socket:\[(\d+)\]$", target))
    return open_files


def _name(process: str) -> str:
    with (
        contextlib.suppress(OSError),
        open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as file,
    ):
        return file.read().strip()
    return "a process that has ended"

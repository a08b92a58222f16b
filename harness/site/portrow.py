"""One row of the port table."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True)
class PortRow:
    """One row: host ports ``first`` to ``last`` reach ``address``, starting at port ``target`` there."""

    first: int
    last: int
    address: IPv4Address
    target: int
    line: int
    """Line of the file, counted from 1."""

    @property
    def host_ports(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def keeps_ports(self) -> bool:
        """True if the node sees the same port numbers as the outside."""
        return self.first == self.target

    def target_of(self, port: int) -> int:
        """The node's port behind host port ``port``."""
        return self.target + port - self.first

    def reaches(self, address: IPv4Address, port: int) -> bool:
        """Whether it leads to this port there."""
        return self.address == address and self.target <= port <= self.target_of(self.last)

    def clashes(self, other: PortRow) -> bool:
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.first}>{self.address}:{self.target}"
        return f"{self.first}-{self.last}>{self.address}"

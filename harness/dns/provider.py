"""What every DNS provider can do, and the small results it gives."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Protocol

Connect = Callable[[str, int], socket.socket]
"""Opens a TCP connection to a host and port, from the dom0's network.  Raises OSError."""


Sending = Callable[[Sequence["Change"]], None]
"""Told what is about to be sent, before it is: whatever a provider adds can be written down first."""


def unnoted(_changes: Sequence[Change]) -> None:
    """For whoever keeps no books."""


@dataclass(frozen=True)
class Record:
    """One name at one address, as a provider was asked for it."""

    name: str
    address: IPv4Address


@dataclass(frozen=True)
class Change:
    """A name that was pointed elsewhere."""

    name: str
    before: tuple[IPv4Address, ...]
    """Its addresses as the authority had them; empty for a new name."""
    after: IPv4Address

    def __str__(self) -> str:
        return f"{self.name}: {_listed(self.before)} -> {self.after}"


@dataclass(frozen=True)
class Answer:
    """What one server says about one name."""

    name: str
    server: str
    """Who was asked, in words: ``authority 203.0.113.53``."""
    expected: IPv4Address
    seen: tuple[IPv4Address, ...] = ()
    problem: str = ""
    """Why there is no answer at all; empty if there is one."""

    @property
    def good(self) -> bool:
        return self.seen == (self.expected,)

    def __str__(self) -> str:
        if self.problem:
            return f"{self.name}: {self.server}: {self.problem}"
        said = f"{self.name}: {self.server} says {_listed(self.seen)}"
        return said if self.good else f"{said}, not {self.expected}"


class DnsProvider(Protocol):
    """Points names at an address.  All names of a box have one address: the dom0's public one."""

    @property
    def title(self) -> str:
        """The provider in words, with its server."""
        ...

    def update(
        self, names: Sequence[str], address: IPv4Address, sending: Sending = unnoted
    ) -> tuple[Change, ...]:
        """Point each name at ``address``; asks the authority first and sends nothing that it has already.

        ``sending`` hears of all changes before the first is sent; what it raises ends the update.
        Raises DnsError if the service failed, DnsRefusedError if a person has to act.
        """
        ...

    def withdraw(self, records: Sequence[Record]) -> tuple[str, ...]:
        """Take back what ``update`` added, and nothing else: records that have changed since stay.

        Returns, in words, what stays for good although it was asked for.  Raises DnsError if asking again
        later may help, DnsRefusedError if a person has to act first.
        """
        ...

    def verify(self, names: Sequence[str], address: IPv4Address) -> tuple[Answer, ...]:
        """Ask the authority and a resolver for each name; never raises for a wrong or missing answer."""
        ...


def _listed(addresses: tuple[IPv4Address, ...]) -> str:
    return ", ".join(str(address) for address in addresses) or "nothing"

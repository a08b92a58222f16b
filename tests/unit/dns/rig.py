"""A dyndns2 client with all that it talks to."""

import socket
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.dns.dyndns2 import Dyndns2Provider
from harness.dns.update_service import UpdateService
from tests.unit.dns.fake_dns import FakeDns
from tests.unit.dns.fake_service import FakeService

CE, SE = "xencenode.sytes.net", "xensenode.sytes.net"
OLD, NEW = IPv4Address("203.0.113.10"), IPv4Address("203.0.113.77")
PASSWORD = "a secret/with:signs"


@dataclass
class Rig:
    """A client with its fake service, fake authority and a clock that the test moves."""

    service: FakeService
    authority: FakeDns
    record: Path
    now: float = 1_000_000.0
    provider: Dyndns2Provider = field(init=False)

    def __post_init__(self) -> None:
        service = UpdateService(
            "trainer",
            PASSWORD,
            "trainer@example.org",
            self.connect,
            host="dynupdate.example.org",
            port=self.service.port,
            tls=None,
        )
        self.provider = Dyndns2Provider(
            service,
            self.record,
            self.connect,
            authority=self.authority.server(),
            account="first",
            clock=lambda: self.now,
        )

    def connect(self, host: str, port: int) -> socket.socket:
        """Every host is this machine."""
        assert host in ("127.0.0.1", "dynupdate.example.org")
        return socket.create_connection(("127.0.0.1", port), 5)

    def says(self, *lines: str, status: int = 200) -> None:
        self.service.status, self.service.body = status, "\r\n".join(lines) + "\r\n"

    def shows(self, *addresses: IPv4Address) -> None:
        """What the authority says of both names."""
        for name in (CE, SE):
            self.authority.point(name, *map(str, addresses))

    @property
    def calls(self) -> int:
        return len(self.service.asked)

    def fails(self, kind: type[Exception], names: tuple[str, ...] = (CE, SE)) -> str:
        with pytest.raises(kind) as caught:
            self.provider.update(names, NEW)
        text = str(caught.value)
        assert PASSWORD not in text
        return text

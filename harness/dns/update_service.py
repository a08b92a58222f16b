"""One HTTP call to a dyndns2 update service, over a connection opened elsewhere."""

from __future__ import annotations

import base64
import http.client
import platform
import ssl
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from harness.dns.connection import NameServerConnection, Server
from harness.dns.errors import DnsError
from harness.dns.returncode import ReturnCode, of_status

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from harness.dns.provider import Connect

PATH = "/nic/update"
SECONDS = 20.0
"""How long the service may take for its reply."""
_REPLY_BYTES = 65536
_VERSION = "2"


@dataclass(frozen=True)
class UpdateService:
    """Where the service is and how it knows us."""

    user: str
    password: str = field(repr=False)
    contact: str
    """Mail address in the User-Agent: services block programs that give none."""
    connect: Connect
    host: str
    port: int = 443
    tls: ssl.SSLContext | None = field(default_factory=ssl.create_default_context)
    """None for plain http, which shows the password to everyone on the way."""
    resolver: Server | None = None
    """Who knows the service's address; None if ``connect`` finds it by itself."""

    @property
    def agent(self) -> str:
        return f"GridInABox icebox/{platform.system()}{platform.release()}-{_VERSION} {self.contact}"

    def update(self, names: Sequence[str], address: IPv4Address) -> tuple[ReturnCode, ...]:
        """Ask for all names at once; the codes in the order of the names.

        A code about the whole account comes back once for each.  Raises DnsError if there is no reply.
        """
        return self._call(names, address)

    def take_offline(self, names: Sequence[str], address: IPv4Address) -> tuple[ReturnCode, ...]:
        """As ``update``, for names that lead to ``address`` and shall lead nowhere.

        The protocol's ``offline=YES``, which services keep for accounts that pay: others get ``!donator``.
        """
        return self._call(names, address, offline="YES")

    def _call(self, names: Sequence[str], address: IPv4Address, **more: str) -> tuple[ReturnCode, ...]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)
        try:
            connection.sock = self._open()
            # Commas are the protocol's own, between names.
            query = urlencode({"hostname": ",".join(names), "myip": str(address), **more}, safe=",")
            connection.request("GET", f"{PATH}?{query}", headers=self._headers())
            reply = connection.getresponse()
            body = reply.read(_REPLY_BYTES).decode("utf-8", errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise DnsError(
                "the dynamic DNS service does not answer",
                where=f"{self.host}:{self.port}",
                why=str(error) or type(error).__name__,
                remedy="see that the dom0 reaches it; then try again",
            ) from error
        finally:
            connection.close()
        return _codes(reply.status, body, len(names))

    def _headers(self) -> dict[str, str]:
        basic = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {basic}", "User-Agent": self.agent, "Connection": "close"}

    def _open(self) -> socket.socket:
        plain = self.connect(self._address(), self.port)
        plain.settimeout(SECONDS)
        if self.tls is None:
            return plain
        try:
            return self.tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def _address(self) -> str:
        if self.resolver is None or _is_address(self.host):
            return self.host
        with NameServerConnection(self.resolver, self.connect) as conversation:
            found = conversation.addresses(self.host)
        if not found:
            raise DnsError(
                "the dynamic DNS service has no address",
                where=str(self.resolver),
                why=f"it knows no {self.host}",
                remedy="correct `server` in [dns]",
            )
        return str(found[0])


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True


def _codes(status: int, body: str, count: int) -> tuple[ReturnCode, ...]:
    for_all = of_status(status)
    if for_all is not None:
        return (for_all,) * count
    codes = tuple(ReturnCode.parse(line) for line in body.splitlines() if line.strip())
    if len(codes) == count:
        return codes
    if len(codes) == 1 and codes[0].meaning.is_for_all:
        return codes * count
    return (ReturnCode(f"{len(codes)} lines for {count} hosts"),) * count

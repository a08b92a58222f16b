"""The embedded dynamic DNS service as BIND's files: it has the site's names and denies all others at once.

Nodes and the outside use it as their only name server.  It answers for the root as well, with an empty zone,
so that any other name is "no such name", unless it has others to ask.  The zone of reverse names takes
updates, too: the public address has a name (harness/dns/reverse.py), and all other addresses have none.
GridFTP does not start when its reverse look-up is refused or gets no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.dns.reverse import ZONE as REVERSE
from harness.dns.rfc2136 import TTL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from harness.dns.tsig import TsigKey
    from harness.site import Site

DIRECTORY = PurePosixPath("/run/named")
USER = "bind"
NEGATIVE_TTL = 5
"""Seconds that "no such name" may be kept: a name that appears must be seen soon."""
_NAME_SERVER = "icebox-ns."


@dataclass(frozen=True)
class NameService:
    """A BIND for one site, with all its files in ``directory`` as its own root directory has it."""

    site: Site
    address: IPv4Address
    """Where it listens."""
    key: TsigKey
    """Signs the updates it takes."""
    directory: PurePosixPath = DIRECTORY
    others: tuple[IPv4Address, ...] = ()
    """Name servers that are asked for all names, the site's too, where these are kept in the world."""
    room: IPv4Address | None = None
    """Where it listens for laptops, too, which get the site's names and are refused all others: a laptop has
    a resolver for those."""

    @property
    def configuration(self) -> PurePosixPath:
        return self.directory / "named.conf"

    @property
    def log(self) -> PurePosixPath:
        return self.directory / "named.log"

    @property
    def command(self) -> tuple[str, ...]:
        """Starts it as root; returns when it listens, and it goes on as user bind."""
        # One thread of each kind: a few names need no more, and each takes memory.
        return ("/usr/sbin/named", "-4", "-n", "1", "-u", USER, "-c", str(self.configuration))

    def files(self) -> Iterator[tuple[PurePosixPath, str]]:
        """Each file and its text; all are for user bind alone."""
        yield self.configuration, self._options() + self.key.stanza + self._zones()
        yield self._zone_file("site"), _zone(self.site.domain)
        yield self._zone_file("reverse"), _zone(REVERSE)
        yield self._zone_file("root"), _zone(".") + f"{_NAME_SERVER}\tA\t{self.address}\n"

    def _zone_file(self, name: str) -> PurePosixPath:
        return self.directory / f"{name}.zone"

    def _options(self) -> str:
        asked = _FORWARD.format("; ".join(map(str, self.others))) if self.others else "recursion no;"
        addresses = "; ".join(str(each) for each in (self.address, self.room) if each)
        return _OPTIONS.format(directory=self.directory, addresses=addresses, log=self.log, asked=asked)

    def _zones(self) -> str:
        if self.room is None:
            return self._inside()
        return (
            f'view "inside" {{\nmatch-destinations {{ {self.address}; }};\n{self._inside()}}};\n'
            f'view "room" {{\nmatch-destinations {{ {self.room}; }};\nrecursion no;\nminimal-any yes;\n'
            f'zone "{self.site.domain}" {{ in-view "inside"; }};\n}};\n'
        )

    def _inside(self) -> str:
        grants = "".join(f"\t\tgrant {self.key.name} name {node.fqdn}. A;\n" for node in self.site.nodes)
        site = (
            f'zone "{self.site.domain}" {{\n'
            f'\ttype primary;\n\tfile "{self._zone_file("site")}";\n'
            f"\tupdate-policy {{\n{grants}\t}};\n}};\n"
        )
        root = f'zone "." {{\n\ttype primary;\n\tfile "{self._zone_file("root")}";\n}};\n'
        return (
            f"{'' if self.others else site}"
            f'zone "{REVERSE}" {{\n\ttype primary;\n\tfile "{self._zone_file("reverse")}";\n'
            f"\tupdate-policy {{ grant {self.key.name} zonesub PTR; }};\n}};\n"
            f"{'' if self.others else root}"
        )


_FORWARD = "recursion yes; allow-recursion {{ any; }}; forward only; forwarders {{ {}; }};"
_OPTIONS = """\
options {{
\tdirectory "{directory}";
\tpid-file "{directory}/named.pid";
\tsession-keyfile none;
\tlisten-on {{ {addresses}; }};
\tlisten-on-v6 {{ none; }};
\t{asked}
\tempty-zones-enable no;
\tallow-query {{ any; }};
\tallow-transfer {{ none; }};
\tnotify no;
\tdnssec-validation no;
\tminimal-responses yes;
\tversion none;
\thostname none;
\tserver-id none;
}};
controls {{ }};
logging {{
\tchannel file {{ file "{log}" versions 1 size 1m; severity info; print-time yes; print-category yes; }};
\tcategory default {{ file; }};
}};
"""


def _zone(name: str) -> str:
    """A zone without names."""
    return (
        f"$ORIGIN {name.rstrip('.')}.\n$TTL {TTL}\n"
        f"@\tSOA\t{_NAME_SERVER} hostmaster.{_NAME_SERVER} 1 3600 600 86400 {NEGATIVE_TTL}\n"
        f"@\tNS\t{_NAME_SERVER}\n"
    )

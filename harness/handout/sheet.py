"""What one student is told: the way in from a laptop, the machines, and the first commands."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address

from harness.actors.guide import Lines
from harness.box.box import SSH
from harness.errors import InputError
from harness.site import Node, Role, Site, Student

KEY, CONFIG, KNOWN_HOSTS, HOSTS, NAMES = "key", "config", "known_hosts", "hosts", "names"
"""Names of a student's files; ``config`` means the others by their place beside it."""
SERVES = {
    Role.UI: "where you log in and type",
    Role.CE: "takes jobs and has the queues",
    Role.SE: "stores files",
    Role.RB: "broker, file catalogue, VOMS, MyProxy, information",
}
"""What the machines do that a student names; nobody names a WN."""
ASKING = """\
Your laptop gets the names of the box from the box itself, at {address}, once you have typed this.
Its own name servers tell it all other names, as before.

Linux with systemd-resolved:

  sudo mkdir -p /etc/systemd/resolved.conf.d
  printf '[Resolve]\\nDNS={address}\\nDomains=~{domain}\\n' | sudo tee /etc/systemd/resolved.conf.d/box.conf
  sudo systemctl restart systemd-resolved

Linux without it: as the first line of /etc/resolv.conf

  nameserver {address}

macOS:

  sudo mkdir -p /etc/resolver
  echo nameserver {address} | sudo tee /etc/resolver/{domain}

Windows, in a PowerShell of the administrator:

  Add-DnsClientNrptRule -Namespace .{domain} -NameServers {address}

Or add the lines of the file hosts to /etc/hosts (Windows: C:\\Windows\\System32\\drivers\\etc\\hosts).
When the school is over, take out again what you have put in.
"""
"""Sources: resolved.conf(5), resolv.conf(5), resolver(5) of macOS, Microsoft on Add-DnsClientNrptRule."""


class Naming(StrEnum):
    """How a laptop learns the names of the box."""

    DNS = "dns"
    """By itself: they stand in the world's DNS, or in that of the place."""
    HOSTS = "hosts"
    """From the lines that the student is given."""
    RESOLVER = "resolver"
    """It asks the box for them, once it is told to."""


@dataclass(frozen=True)
class Line:
    """A command, and what it does."""

    typed: str
    does: str


@dataclass(frozen=True)
class Sheet:
    """One student's page and files."""

    site: Site
    address: IPv4Address
    student: Student
    host_key: str
    """The UI's public ssh key, as in authorized_keys."""
    naming: Naming

    @property
    def port(self) -> int:
        """Where the UI's ssh is reached; raises InputError if no row of the port table leads there."""
        ui = self.site.ui
        rows = [row for row in self.site.ports if row.address == ui.address and row.target == SSH]
        if not rows:
            raise InputError(
                "no student can log in from a laptop",
                where=str(self.site.ports.path),
                why=f"no row of the port table leads to ssh on the UI, {ui.address}:{SSH}",
                remedy=f"add one such as `2222>{ui.address}:{SSH}`, then stop the box and start it",
            )
        return rows[0].first

    @property
    def host(self) -> str:
        """What ssh connects to: the name where laptops know it by themselves, since that follows a move."""
        return self.site.ui.fqdn if self.naming is Naming.DNS else str(self.address)

    @property
    def fingerprint(self) -> str:
        """Of the UI's host key, as ssh shows it."""
        digest = hashlib.sha256(base64.b64decode(self.host_key.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def login(self) -> str:
        """The whole command, for a laptop without the student's files at hand."""
        return f"ssh -i {KEY} -p {self.port} {self.student.login}@{self.host}"

    @property
    def machines(self) -> list[tuple[Node, int, str]]:
        """The nodes that students name: the first of each role, how many more there are, what they do."""
        of = {role: self.site.of(role) for role in SERVES}
        return [(nodes[0], len(nodes) - 1, SERVES[role]) for role, nodes in of.items()]

    @property
    def hosts(self) -> str:
        """Lines for a hosts file (hosts(5))."""
        return "".join(f"{self.address}\t{node.fqdn}\n" for node in self.site.nodes)

    @property
    def asking(self) -> str:
        """What to type so that a laptop asks the box for names of its domain, and others for all others."""
        return ASKING.format(domain=self.site.domain, address=self.address)

    @property
    def lines(self) -> Lines:
        """The guide's, as this student types them."""
        return Lines(self.site, person=self.student.login)

    @property
    def first(self) -> list[tuple[str, list[Line]]]:
        """The first commands, in groups."""
        vo, se, lines = self.site.vo, self.site.se.fqdn, self.lines
        directory = f"/grid/{vo}/{self.student.login}"
        return [
            (
                "Show who you are, and look around",
                [
                    Line(lines.proxy, "gives you a proxy for 12 hours; after that, type it again"),
                    Line(lines.infosites("ce"), "shows the queues, and how busy they are"),
                ],
            ),
            (
                "Run a program there",
                [
                    Line(lines.fork, "prints the CE's name: it ran on the CE itself"),
                    Line(lines.batch, "prints a worker node's name: it went through the batch system"),
                ],
            ),
            (
                "Hello World, by the broker: put the text beside into hw.jdl",
                [
                    Line("glite-job-submit -o id hw.jdl", "sends it; the file id has the job's name"),
                    Line("glite-job-status -i id", "again and again, until it says Done (Success)"),
                    Line("glite-job-output --dir out -i id", "fetches what it printed"),
                    Line("cat out/*/hw.out", "Hello World"),
                ],
            ),
            (
                "Store a file under a name",
                [
                    Line(f"lfc-mkdir -p {directory}", "makes a directory of yours in the catalogue"),
                    Line(lines.registered(se), "stores a file on the SE, and its name in the catalogue"),
                    Line(f"lcg-lr --vo {vo} lfn:{directory}/testfile", "says where it lies"),
                ],
            ),
        ]

    def files(self, private_key: bytes) -> Iterator[tuple[str, bytes]]:
        """What lies beside the page, by name: the student's key, and what a laptop has to know."""
        yield KEY, private_key
        yield CONFIG, self._config.encode()
        yield KNOWN_HOSTS, f"{self.site.ui.fqdn} {self.host_key}\n".encode()
        if self.naming is not Naming.DNS:
            yield HOSTS, self.hosts.encode()
        if self.naming is Naming.RESOLVER:
            yield NAMES, self.asking.encode()

    @property
    def _config(self) -> str:
        """ssh_config(5); the host's key is known by the UI's name, wherever the box is."""
        settings = {
            "HostName": self.host,
            "Port": self.port,
            "User": self.student.login,
            "IdentityFile": KEY,
            "IdentitiesOnly": "yes",
            "HostKeyAlias": self.site.ui.fqdn,
            "UserKnownHostsFile": KNOWN_HOSTS,
            "StrictHostKeyChecking": "yes",
        }
        return "Host ui\n" + "".join(f"    {name} {value}\n" for name, value in settings.items())

"""What stands behind a row of the port table, and how to see from outside that it does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cryptography import x509

from harness.box.box import Box
from harness.checks.certificate import wrong_name
from harness.dom0.place import Place
from harness.dom0.talk import Answer
from harness.probes import listener
from harness.services.registry import BDII, SSH, at_port
from harness.services.service import Service
from harness.site import Node, Role
from harness.site.portrow import PortRow

PATIENCE = 15.0
"""Seconds a service may take for its first words; a busy machine takes its time."""
KEYSCAN, LDAPSEARCH = "ssh-keyscan", "ldapsearch"
PROGRAMS = {
    KEYSCAN: "that the ssh host key is the UI's was not looked at",
    LDAPSEARCH: "what the information system says was not looked at",
}
"""What the outside runs to see a service, and what is left out without."""
Problems = Iterator[str]


class NoCertificate(Exception):  # noqa: N818 - what it is
    """A service shows none; says why."""


@dataclass(frozen=True)
class Entrance:
    """A row of the port table as the outside meets it: an address, a port, and the node meant."""

    box: Box
    row: PortRow
    node: Node
    outside: Place
    """From where it is met."""
    missing: Collection[str] = ()
    """Programs that are not there."""

    @property
    def target(self) -> tuple[Node, int]:
        """The node and the port there; the first one of a range."""
        return self.node, self.row.target

    @property
    def served(self) -> Service | None:
        """The service that is there."""
        return at_port(self.node.role, self.row.target) if self.row.first == self.row.last else None

    @property
    def service(self) -> str:
        """What answers there, in words."""
        if self.served:
            return self.served.title
        return "data ports" if self.row.last > self.row.first else "a service"

    @property
    def secure(self) -> bool:
        """Whether it shows a certificate."""
        return self.served is not None and self.served.secure

    def say(self, kind: str, until: float = 0.0) -> Answer:
        """What answers from outside; at the last port, since a range is filled from its first on."""
        target = (kind, str(self.box.public_address), self.row.last)
        return self.outside.speak([target], each=PATIENCE, until=until, pace=self.box.pace)[0]

    def certificates(self) -> list[x509.Certificate]:
        """What the service shows, its own first; raises NoCertificate, and ValueError for what is none."""
        assert self.served is not None
        answer = self.say(self.served.kind)
        if answer.why:
            raise NoCertificate(answer.why)
        return x509.load_pem_x509_certificates("".join(answer.shown).encode())

    def faults(self) -> Problems:
        """All that is wrong with what answers, each with its line of the port table."""
        where = f"line {self.row.line} ({self.row}), {self.service} of {self.node.name}"
        try:
            for problem in self._faults():
                yield f"{where}: {problem}"
        except (NoCertificate, ValueError) as error:
            yield f"{where}: {error}"

    def _faults(self) -> Problems:
        if self.secure:
            yield from wrong_name(self.certificates()[0], self.node.fqdn)
        elif self.service == SSH.title and KEYSCAN not in self.missing:
            yield from self._wrong_host_key()
        elif self.service == BDII.title and LDAPSEARCH not in self.missing:
            yield from self._wrong_directory()
        else:
            yield from self._unreached()

    def _unreached(self) -> Problems:
        """Reach what listens on the node already, or a listener of our own."""
        root, port = self.box.shell(self.node), self.row.target_of(self.row.last)
        why = ""
        for _ in range(2):  # what listens for a transfer, or for another check, may be gone before it is met
            if not listener.is_there(root, port):
                why = listener.unreached(root, port, lambda seconds: self.say("line", seconds))
                break
            if not (why := self.say("accept").why):
                break
        if why:
            yield why

    def _wrong_host_key(self) -> Problems:
        wanted = self.box.secrets.ssh_key(f"host-{self.node.name}").public.split()[:2]
        scan = [KEYSCAN, "-T", f"{PATIENCE * self.box.pace:.0f}", "-t", "ed25519", "-p", str(self.row.first)]
        seen = self.outside.run([*scan, str(self.box.public_address)])
        keys = [line.split()[1:3] for line in seen.stdout.splitlines() if not line.startswith("#")]
        if not keys:
            yield self.say("ssh").why or f"it shows no ssh host key: {seen.stderr.strip()}"
        elif keys != [wanted]:
            yield "the ssh host key is another machine's"

    def _wrong_directory(self) -> Problems:
        site = self.box.site
        base, wanted = {
            Role.CE: ("mds-vo-name=resource,o=grid", f"GlueCEInfoHostName: {self.node.fqdn}"),
            Role.SE: ("mds-vo-name=resource,o=grid", f"GlueSEUniqueID: {self.node.fqdn}"),
            Role.RB: (f"mds-vo-name={site.name},mds-vo-name=local,o=grid", f"GlueSiteUniqueID: {site.name}"),
        }.get(self.node.role, ("o=grid", "dn:"))
        url = f"ldap://{self.box.public_address}:{self.row.first}"
        waiting = f"nettimeout={PATIENCE * self.box.pace:.0f}"
        words = [LDAPSEARCH, "-x", "-LLL", "-o", "ldif-wrap=no", "-o", waiting, "-H", url, "-b", base]
        asked = self.outside.run(words)
        if not asked.ok:
            yield f"ldapsearch below {base} ended with {asked.exit_code}: {asked.stderr.strip()}"
        elif wanted not in asked.stdout.splitlines() and wanted != "dn:":
            yield f"nothing below {base} says {wanted!r}"


def entrances(box: Box, outside: Place | None = None, missing: Collection[str] = ()) -> list[Entrance]:
    """Every row of the port table with its node, as met from the box's outside or from another place."""
    by_address = {node.address: node for node in box.site.nodes}
    start = outside or box.dom0.outside
    return [Entrance(box, row, by_address[row.address], start, missing) for row in box.site.ports]


def secure(box: Box) -> list[Entrance]:
    """The entrances whose service shows a certificate."""
    return [entrance for entrance in entrances(box) if entrance.secure]

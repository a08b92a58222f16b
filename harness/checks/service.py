"""What stands behind a row of the port table, and how to see from outside that it does."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

import paramiko
from cryptography import x509

from harness.box.box import Box
from harness.checks import listener, tls, xrootd
from harness.checks.certificate import wrong_name
from harness.checks.reply import BadReply
from harness.network.ports import PortRow
from harness.site import Node, Role

PATIENCE = 15.0
"""Seconds a service may take for its first words; a busy machine takes its time."""
CertificateReader = Callable[[socket.socket], list[x509.Certificate]]
Problems = Iterator[str]
SECURE: dict[tuple[Role, int], tuple[str, CertificateReader]] = {
    (Role.CE, 2119): ("gatekeeper", tls.on_connection),
    (Role.SE, 2811): ("GridFTP server", tls.within_ftp),
    (Role.SE, 3147): ("XRootD server", xrootd.certificate),
    (Role.RB, 7512): ("MyProxy", tls.on_connection),
    (Role.RB, 9000): ("broker", tls.on_connection),
    (Role.RB, 15001): ("VOMS server", tls.on_connection),
}
"""Services that show the host certificate of their node: its role and port, and how they are asked for it."""
SSH, BDII = 22, 2170


@dataclass(frozen=True)
class Entrance:
    """A row of the port table as the outside meets it: an address, a port, and the node meant."""

    box: Box
    row: PortRow
    node: Node

    @property
    def target(self) -> tuple[Node, int]:
        """The node and the port there; the first one of a range."""
        return self.node, self.row.target

    @property
    def service(self) -> str:
        """What answers there, in words."""
        if self.row.first == self.row.last and self.row.target in (SSH, BDII):
            return {SSH: "ssh", BDII: "information system"}[self.row.target]
        if self._secure:
            return self._secure[0]
        return "data ports" if self.row.last > self.row.first else "a service"

    @property
    def reader(self) -> CertificateReader | None:
        """How to get the certificate of the service, if it shows one."""
        return self._secure[1] if self._secure else None

    @property
    def _secure(self) -> tuple[str, CertificateReader] | None:
        return SECURE.get((self.node.role, self.row.target)) if self.row.first == self.row.last else None

    def dial(self) -> socket.socket:
        """A connection from outside; to the last port, since a range is filled from its first on."""
        address: IPv4Address = self.box.public_address
        return self.box.dom0.outside.open_socket(str(address), self.row.last, PATIENCE)

    def certificates(self) -> list[x509.Certificate]:
        """What the service shows; raises BadReply or OSError, ValueError for what is no certificate."""
        assert self.reader is not None
        with self.dial() as connection:
            return self.reader(connection)

    def faults(self) -> Problems:
        """All that is wrong with what answers, each with its line of the port table."""
        where = f"line {self.row.line} ({self.row}), {self.service} of {self.node.name}"
        try:
            for problem in self._faults():
                yield f"{where}: {problem}"
        except ConnectionRefusedError:
            yield f"{where}: the connection is refused"
        except TimeoutError:
            yield f"{where}: nothing answers within {PATIENCE:g} s"
        except (OSError, BadReply, ValueError) as error:
            yield f"{where}: {error}"

    def _faults(self) -> Problems:
        if self.reader is not None:
            yield from wrong_name(self.certificates()[0], self.node.fqdn)
        elif self.service == "ssh":
            yield from self._wrong_host_key()
        elif self.service == "information system":
            yield from self._wrong_directory()
        else:
            self._reach_node()

    def _reach_node(self) -> None:
        """Reach a listener of our own on the node, or what listens there already."""
        root, port = self.box.shell(self.node), self.row.target_of(self.row.last)
        if root.run(["ss", "-Htln", f"sport = :{port}"]).expect_success().stdout:
            self.dial().close()
        else:
            listener.reaches(root, port, self.dial)

    def _wrong_host_key(self) -> Problems:
        kind, wanted = self.box.secrets.ssh_key(f"host-{self.node.name}").public.split()[:2]
        with self.dial() as connection:
            seen = host_key(connection)
        if (seen.get_name(), seen.get_base64()) != (kind, wanted):
            yield "the ssh host key is another machine's"

    def _wrong_directory(self) -> Problems:
        site = self.box.site
        base, wanted = {
            Role.CE: ("mds-vo-name=resource,o=grid", f"GlueCEInfoHostName: {self.node.fqdn}"),
            Role.SE: ("mds-vo-name=resource,o=grid", f"GlueSEUniqueID: {self.node.fqdn}"),
            Role.RB: (f"mds-vo-name={site.name},mds-vo-name=local,o=grid", f"GlueSiteUniqueID: {site.name}"),
        }.get(self.node.role, ("o=grid", "dn:"))
        url = f"ldap://{self.box.public_address}:{self.row.first}"
        asked = self.box.outside.run(
            ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-o", "nettimeout=15", "-H", url, "-b", base]
        )
        if not asked.ok:
            yield f"ldapsearch below {base} ended with {asked.exit_code}: {asked.stderr.strip()}"
        elif wanted not in asked.stdout.splitlines() and wanted != "dn:":
            yield f"nothing below {base} says {wanted!r}"


def host_key(connection: socket.socket) -> paramiko.PKey:
    """The ed25519 key of an ssh server; raises BadReply."""
    transport = paramiko.Transport(connection)
    transport.banner_timeout = PATIENCE
    try:
        transport.start_client(timeout=PATIENCE)
        return transport.get_remote_server_key()
    except (paramiko.SSHException, EOFError) as error:
        raise BadReply("ssh", str(error).encode()) from error
    finally:
        transport.close()


def entrances(box: Box) -> list[Entrance]:
    """Every row of the port table with its node."""
    by_address = {node.address: node for node in box.site.nodes}
    return [Entrance(box, row, by_address[row.address]) for row in box.site.ports]


def secure(box: Box) -> list[Entrance]:
    """The entrances whose service shows a certificate."""
    return [entrance for entrance in entrances(box) if entrance.reader is not None]

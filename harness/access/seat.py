"""A student who sits at a laptop of the class room: types there, with a proxy and the CAs in a directory."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from harness.access.laptop import Laptop
from harness.access.shell import LOGIN, Account, Shell
from harness.command import CommandResult
from harness.dom0.place import PATIENCE
from harness.site import Site

TRUST = "/etc/grid-security"
OWN_ADDRESS = "set -- $SSH_CONNECTION; echo $3"
"""The laptop's, by which the host reaches it: the CE calls it back there (ssh(1), SSH_CONNECTION)."""


@dataclass
class Seat:
    """Whoever the trainer logs in as there types with a student's things, for as long as a check takes."""

    laptop: Laptop
    account: Account
    """The student."""
    directory: str
    """On the laptop, for nobody else; each line begins in it."""

    @property
    def name(self) -> str:
        return self.laptop.name

    def run(
        self, command: str | Sequence[str], *, stdin: str = "", timeout: float = PATIENCE
    ) -> CommandResult:
        line = command if isinstance(command, str) else shlex.join(command)
        return self.laptop.run(
            f"cd {self.directory} && . ./environment && {line}", stdin=stdin, timeout=timeout
        )


@contextmanager
def seated(laptop: Laptop, student: Shell, site: Site) -> Iterator[Seat]:
    """A student at the laptop, with the proxy of one on the UI; nothing of it stays there.

    Raises CheckFailed or CommandError.
    """
    directory = laptop.run("umask 077; mktemp -d").check().stdout.strip()
    try:
        proxy = student.environment["X509_USER_PROXY"]
        packed = f"{proxy}.trust"
        student.run(f"tar -C {TRUST} -cf {packed} certificates vomsdir").expect_success(LOGIN)
        laptop.put(f"{directory}/trust.tar", student.get(packed))
        student.run(["rm", packed]).expect_success(LOGIN)
        laptop.run(["tar", "-C", directory, "-xf", f"{directory}/trust.tar"]).check()
        laptop.put(f"{directory}/proxy", student.get(proxy), 0o600)
        address = laptop.run(OWN_ADDRESS).check().stdout.strip()
        lines = (
            f"export {name}={shlex.quote(value)}\n"
            for name, value in _variables(directory, address, site).items()
        )
        laptop.put(f"{directory}/environment", "".join(lines).encode())
        yield Seat(laptop, student.account, directory)
    finally:
        laptop.run(["rm", "-rf", directory]).check()


def _variables(directory: str, address: str, site: Site) -> Mapping[str, str]:
    """What grid commands go by; elsewhere a profile sets it."""
    return {
        "X509_USER_PROXY": f"{directory}/proxy",
        "X509_CERT_DIR": f"{directory}/certificates",
        "X509_VOMS_DIR": f"{directory}/vomsdir",
        "GLOBUS_HOSTNAME": address,
        "LCG_GFAL_INFOSYS": f"{site.rb.fqdn}:{site.public_port(site.rb, 2170)}",
        "LCG_GFAL_VO": site.vo,
        "LCG_CATALOG_TYPE": "lfc",
        "LFC_HOST": site.rb.fqdn,
    }

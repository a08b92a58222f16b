"""A directory of the file catalogue for one check, and the commands typed there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.access.shell import LOGIN
from harness.access.terminal import Terminal
from harness.command import CommandResult
from harness.grid.catalogue import Name, parse_guid, parse_long, parse_replicas
from harness.services import registry
from harness.site import Site

CATALOGUE = registry.CATALOGUE.remedy
SWEEPER = (
    "on the SE: `systemctl status icebox-sweeper.timer`, `journalctl -u icebox-sweeper`; "
    "`systemctl start icebox-sweeper.timer` there"
)
DATABASE = "/var/lib/icebox-catalogue"
DAMAGED = (
    "`systemctl stop icebox-catalogue` on RB, put a copy back in the place of "
    f"{DATABASE}/catalogue.db* or remove them (it begins empty then), `systemctl start icebox-catalogue`"
)
_REMEDIES = (
    (
        r"readonly database|unable to open database",
        f"`chown -R www-data: {DATABASE}` on RB, and room there (`df -h {DATABASE}`)",
    ),
    (
        r"database is locked",
        "a program on RB holds the catalogue's database: end it; `lslocks` there names it",
    ),
    (
        r"not a database|malformed",
        DAMAGED,
    ),
    (r"NS000|Name server not active", CATALOGUE),
    (r"its certificate is not trusted", "look at the host certificate of RB (CERT-1)"),
    (
        r"no valid attributes|has been revoked|has expired|is not trusted|NS002",
        "if UI-2 passes, compare vomsdir, CAs and CRLs in /etc/grid-security of RB with the UI's (CERT-2)",
    ),
    (
        r"unknown SE|BDII Connection Timeout|No GlueVOInfo",
        "the information system lacks the SE (BDII-1): `systemctl restart bdii-slapd bdii` on SE and RB",
    ),
    (r"No space left", "the SE's disk, which is the host's, is full: `df -h /storage` there; make room"),
    (r"gsiftp:|globus", "GridFTP on the SE does not do it: SE-1 and SE-2 tell more"),
)
"""What to do about an error of a command, by the words in it; the first that fits."""


def remedy(output: str) -> str:
    """What to do about a command that failed."""
    return next((what for words, what in _REMEDIES if re.search(words, output)), CATALOGUE)


@dataclass(frozen=True)
class CatalogueArea:
    """A directory of the catalogue and one of the machine that the student types at, for one check."""

    shell: Terminal
    site: Site
    top: str
    """In the catalogue."""
    local: str

    def lfn(self, name: str) -> str:
        return f"lfn:{self.top}/{name}"

    def file(self, name: str) -> str:
        return f"{self.local}/{name}"

    def type(self, line: str) -> CommandResult:
        return self.shell.run(line)

    def do(self, line: str) -> str:
        """What a command prints that has to succeed."""
        ran = self.type(line)
        return ran.expect_success(remedy(ran.output)).stdout

    def make(self, name: str, text: str = "Hello, catalogue") -> str:
        """A file of the student's; its path."""
        self.shell.run(f"cat > {self.file(name)}", stdin=text).expect_success(LOGIN)
        return self.file(name)

    def store(self, name: str) -> str:
        """``lcg-cr`` of a small file; its GUID."""
        line = f"lcg-cr --vo {self.site.vo} -d {self.site.se.fqdn} -l {self.lfn(name)} file:{self.make(name)}"
        return parse_guid(self.do(line))

    def listing(self, path: str = "") -> dict[str, Name]:
        return parse_long(self.do(f"lfc-ls -l {self.top}{path}"))

    def on_se(self, surl: str) -> bool:
        """True if the file is on the storage element."""
        url = surl.replace("sfn://", "gsiftp://")
        return self.type(f"edg-gridftp-exists {url}").ok

    def replicas(self, name: str) -> tuple[str, ...]:
        """The SURLs of a file."""
        return parse_replicas(self.do(f"lcg-lr --vo {self.site.vo} {self.lfn(name)}"))

    def same(self, one: str, other: str) -> bool:
        """True if two files of the machine have the same content."""
        return self.type(f"cmp {self.file(one)} {self.file(other)}").ok

    def clear(self) -> None:
        """Remove the directory with all it holds, and the files on the SEs."""
        self.shell.run(
            f"for f in $(lfc-ls {self.top} 2>/dev/null); do lcg-del -a lfn:{self.top}/$f; done; "
            f"lfc-rm -r -f {self.top}"
        )

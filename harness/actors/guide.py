"""The lines of the original's user guide, and the person who types them.

The lines are those of "Grid in a Box" (2007), section on testing an installation, with the names of the site
in the place of the default site's; there they are the guide's, letter for letter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.access.shell import Shell
from harness.actors.poolaccount import PoolAccount
from harness.command import CommandResult, announce, listening
from harness.dom0.place import PATIENCE
from harness.site import Site

PERSON = "testuser"
"""Whom the guide makes an account for."""
JDL = """\
Executable = "/bin/echo";
Arguments = "Hello World";
StdOutput = "hw.out";
StdError = "hw.err";
OutputSandbox = {"hw.out","hw.err"};
VirtualOrganisation = "%s";
"""


@dataclass(frozen=True)
class Lines:
    """What is typed at a site.

    ``person`` is whom the account is for; ``mydir`` and ``myfile`` are names on the SE.
    """

    site: Site
    person: str = PERSON
    mydir: str = "mydir"
    myfile: str = "myfile"

    @property
    def adduser(self) -> str:
        return f"adduser {self.person}"

    @property
    def become(self) -> str:
        return f"su - {self.person}"

    @property
    def proxy(self) -> str:
        return f"voms-proxy-init -voms {self.site.vo}"

    def infosites(self, what: str) -> str:
        return f"lcg-infosites --vo {self.site.vo} {what}"

    @property
    def fork(self) -> str:
        return f"globus-job-run {self.site.ce.fqdn} /bin/hostname"

    @property
    def search(self) -> str:
        return f"ldapsearch -x -H ldap://{self.site.ce.fqdn}:2170 -b mds-vo-name=local,o=grid"

    @property
    def search_by_host(self) -> str:
        """Not the guide's: how other hand-outs of the time write the same."""
        return f"ldapsearch -x -h {self.site.ce.fqdn} -p 2170 -b mds-vo-name=local,o=grid"

    @property
    def interactive(self) -> str:
        return "qsub -I"

    @property
    def queued(self) -> str:
        return f'echo "hostname; sleep 20" | qsub -q {self.site.queue}'

    @property
    def batch(self) -> str:
        return f"globus-job-run {self.site.ce.fqdn}:2119/jobmanager-pbs -q {self.site.queue} /bin/hostname"

    @property
    def jdl(self) -> str:
        """What ``hw.jdl`` holds."""
        return JDL % self.site.vo

    @property
    def submit(self) -> str:
        return f"glite-job-submit -r {self.site.ce.fqdn} hw.jdl"

    def listed(self, host: str) -> str:
        """``host`` is the CE's name in the guide, which means the SE; so with the next three."""
        return f"edg-gridftp-ls --verbose gsiftp://{host}/storage"

    def made(self, host: str) -> str:
        return f"edg-gridftp-mkdir gsiftp://{host}/storage/{self.mydir}"

    def copied(self, host: str) -> str:
        return f"globus-url-copy file:/bin/hostname gsiftp://{host}/storage/{self.mydir}/{self.myfile}"

    def registered(self, host: str) -> str:
        lfn = f"lfn:/grid/{self.site.vo}/{self.person}/testfile"
        return f"lcg-cr -v --vo {self.site.vo} -d {host} -l {lfn} file:/bin/hostname"


class Person:
    """Follows the guide: an account on the UI that ``adduser`` makes, with a student's certificate."""

    def __init__(self, ui: Shell, ce: Shell, site: Site) -> None:
        self.ui, self.pool = ui, PoolAccount.first(ce, site.vo)
        self.lines = Lines(site, _free(ui))
        self.home = f"/home/{self.lines.person}"
        self.job = ""
        """What the pool account's qsub printed."""

    def type(self, line: str, *, timeout: float = PATIENCE) -> CommandResult:
        """Type a line behind ``su - testuser``; the report has it as typed there."""
        with listening(lambda _: None):
            ran = self.ui.run(self.lines.become, stdin=f"{line}\n", timeout=timeout)
        return announce(replace(ran, command=line, where=f"{self.lines.person}@{self.ui.name}"))

    @property
    def output(self) -> str:
        """The file in the pool account's home that the job writes to."""
        return f"STDIN.o{self.job.partition('.')[0]}"

    def leave(self) -> None:
        """Remove the account and what the pool account's job has left, as if there had been none."""
        name = self.lines.person
        if self.job:
            self.pool.run(f"qdel {self.job}; rm -f {self.output} {self.output.replace('.o', '.e')}")
        # The proxy first: its name has the account's number, which nobody knows afterwards.
        self.ui.run(f"pkill -KILL -u {name}; rm -f /tmp/x509up_u$(id -u {name}); userdel -r {name}")


def _free(ui: Shell) -> str:
    """The guide's name for the account; with a number if somebody has followed the guide already."""
    names = [PERSON, *(f"{PERSON}{number}" for number in range(2, 100))]
    taken = set(ui.run(["getent", "passwd", *names]).stdout.replace(":", "\n").split())
    return next(name for name in names if name not in taken)

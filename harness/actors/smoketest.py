"""What a student does all day, in the shortest form: a proxy, a job, a file there and back."""

from __future__ import annotations

import secrets

from harness.access.shell import Shell
from harness.command import CommandResult
from harness.errors import CheckFailed
from harness.site import Role, Site

HOSTNAME = "/bin/hostname"
PATIENCE = 60.0
"""Seconds a command may take on a busy machine; the slowest takes 5 on an idle one."""


class SmokeTest:
    """One student's commands on one machine, typed as they would be; each raises CheckFailed."""

    def __init__(self, site: Site, student: Shell) -> None:
        self.site, self.student = site, student

    def run_all(self) -> None:
        """Proxy, job on the CE, file on the SE."""
        self.proxy()
        self.job()
        self.copy()

    def proxy(self) -> None:
        self._run(f"voms-proxy-init -voms {self.site.vo}", "UI-2")

    def job(self, command: str = HOSTNAME) -> str:
        """What a job beside the batch system prints; that of the default command has to be the CE's name."""
        ce = self.site.ce.fqdn
        told = self._run(f"globus-job-run {ce} {command}", "CE-1").stdout
        if command == HOSTNAME:
            _expect(told.strip(), ce, "the name that the CE prints")
        return told

    def batch_job(self) -> None:
        """A job through the batch system prints a WN's name."""
        manager, queue = f"{self.site.ce.fqdn}:2119/jobmanager-pbs", self.site.queues[0].name
        told = self._run(f"globus-job-run {manager} -q {queue} {HOSTNAME}", "WN-4").stdout
        names = {name for wn in self.site.of(Role.WN) for name in (wn.name, wn.fqdn)}
        if told.strip() not in names:
            _expect(told.strip(), " or ".join(sorted(names)), "the name that a WN prints")

    def sites(self) -> None:
        """The information system lists the CE."""
        told = self._run(f"lcg-infosites --vo {self.site.vo} ce", "UI-3").stdout
        if self.site.ce.fqdn not in told:
            _expect(told.strip(), self.site.ce.fqdn, "the list of CEs")

    def copy(self) -> None:
        """A file goes to the SE, comes back the same, and is removed there."""
        word, path = f"gridbox-{secrets.token_hex(8)}", self.new_path()
        self.store(word, path)
        try:
            self.expect_stored(word, path)
        finally:
            self.student.run(f"edg-gridftp-rm {self.url(path)}")

    def store(self, word: str, path: str) -> None:
        """Put a file with one word to the SE."""
        local = f"/tmp/{word}"
        copy = f"globus-url-copy file://{local} {self.url(path)}"
        self._run(f"echo {word} > {local} && {copy}; s=$?; rm -f {local}; exit $s", "SE-2")

    def expect_stored(self, word: str, path: str) -> None:
        """See that the file on the SE has that word."""
        told = self._run(f"globus-url-copy {self.url(path)} -", "SE-2")
        _expect(told.stdout.strip(), word, f"the content of {path} on the SE")

    def _run(self, line: str, check: str) -> CommandResult:
        return self.student.run(line, timeout=PATIENCE).expect_success(f"check {check} tells more")

    def new_path(self) -> str:
        """A path of the VO's storage area that is free."""
        return f"{self.site.storage}/check-{secrets.token_hex(8)}"

    def url(self, path: str) -> str:
        return f"gsiftp://{self.site.se.fqdn}{path}"


def _expect(seen: str, wanted: str, what: str) -> None:
    if seen != wanted:
        problem = f"{what} is {seen!r}, not {wanted!r}"
        raise CheckFailed(problem, remedy="see the command's output in the report")

"""Two students: what one has, the other must not get at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.access.shell import Shell
from harness.box.box import Box
from harness.command import CommandResult
from harness.expect import expect, expect_reason
from harness.grid.storage import xrootd
from harness.site import Site

WORD = "only-for-me"
"""What one student keeps from the other."""


@dataclass(frozen=True)
class StudentPair:
    """Two students: one has something, the other must not get at it."""

    box: Box
    owner: Shell
    other: Shell
    name: str
    """For files; no other check uses it."""
    account_of: Callable[[Shell], str]
    """A student's pool account on the CE."""

    @property
    def site(self) -> Site:
        """What the box is."""
        return self.box.site

    def on_ce(self, student: Shell, line: str) -> str:
        """What a command prints on the CE, under the student's pool account."""
        ran = student.run(f"globus-job-run {self.site.ce.fqdn} {line}")
        return ran.expect_success("check CE-1 tells more").output.strip()

    @property
    def remote_io(self) -> str:
        """Where the SE's remote I/O answers."""
        return xrootd(self.site.se.fqdn)

    def accounts(self) -> tuple[str, str]:
        """Pool accounts of the owner and of the other; raises CheckFailed if that is one."""
        own, others = map(self.account_of, (self.owner, self.other))
        expect(
            own != others,
            f"both students are {own}: what one has, the other has, too",
            where=self.site.ce.fqdn,
            remedy="`./icebox restore ce /etc/grid-security /etc/lcmaps`",
        )
        return own, others


def expect_denied(ran: CommandResult, what: str, remedy: str, words: str = "Permission denied") -> None:
    """The command came to nothing, showed nothing of what is kept, and failed for the reason ``words``."""
    expect(not ran.ok and WORD not in ran.stdout, what, where=ran.where, why=ran.output, remedy=remedy)
    expect_reason(f"`{ran.command}` was refused", words, ran.output, ran.where)

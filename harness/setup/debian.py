"""The step that installs Debian packages, only those that are missing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from harness.deadline import Deadline
from harness.setup import aptlock, holders, packagelist, policy
from harness.setup.machine import Machine
from harness.setup.shell import LockedError, Shell
from harness.setup.step import Step
from harness.setup.units import BEFORE, kept_disabled

HERE = Path(__file__).parent
STATUS = "var/lib/dpkg/status"
APT_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
INSTALL = (
    "apt-get", "install", "--yes", "--quiet",
    "--no-install-recommends",
    # The host is not ours: nothing that is there may go, and its own settings stay.
    "--no-remove",
    "-o", "Dpkg::Options::=--force-confold",
    # Who holds it is said before (harness.setup.aptlock); this is for one that comes in between.
    "-o", "DPkg::Lock::Timeout=60",
)  # fmt: skip


def step(
    machine: Machine,
    *,
    name: str = "debian",
    title: str = "Debian packages",
    list_name: str = "packages.list",
    after: tuple[str, ...] = (),
    space: int = 450_000_000,
) -> Step:
    """The packages of ``list_name``.  ``space`` is that of a bare Debian 12, in bytes."""
    wanted = packagelist.parse((HERE / list_name).read_text(encoding="utf-8"))
    packages = Packages(machine, name, wanted)
    return Step(name, title, packages.ready, packages.lacking, packages.install, after, space)


class Packages:
    """Packages that must be installed, and the stamp that says they were when dpkg last changed anything."""

    def __init__(self, machine: Machine, name: str, wanted: list[str]) -> None:
        self.machine, self.name, self.wanted = machine, name, wanted
        self.status = machine.root / STATUS

    def ready(self) -> bool:
        if self._interrupted():
            return False
        if self.machine.read_stamp(self.name) == self._now():
            return True
        if self._missing():
            return False
        self.machine.write_stamp(self.name, self._now())
        return True

    def lacking(self) -> str:
        return ", ".join(self._missing()) or "an interrupted installation to be repaired"

    def install(self, shell: Shell) -> None:
        """Also mends what an interrupted dpkg left half configured."""
        root, home = self.machine.root, self.machine.home
        with policy.no_services(root, home), kept_disabled(root, home):
            self._run(shell, ["dpkg", "--configure", "-a", "--force-confold"])
            if missing := self._missing():
                self._run(shell, ["apt-get", "update", "--quiet"])
                self._run(shell, [*INSTALL, *missing])
        self.machine.write_stamp(self.name, self._now())

    def _run(self, shell: Shell, words: Sequence[str]) -> None:
        """Run apt-get or dpkg once no other one does; HostError that names it if it does not end."""
        deadline = Deadline(aptlock.PATIENCE)
        while True:
            aptlock.wait(self.machine.root, shell.note, deadline, lambda: shell.stopped)
            try:
                return shell.run(self.name, words, env=APT_ENVIRONMENT)
            except LockedError:
                if deadline.expired:
                    raise
            time.sleep(holders.PAUSE)

    def _missing(self) -> list[str]:
        return packagelist.missing(self.wanted, self.status)

    def _interrupted(self) -> bool:
        """Whether a killed set-up left something on the host that only an installation needs."""
        return policy.stands(self.machine.root) or (self.machine.home / BEFORE).exists()

    def _now(self) -> str:
        """Changes whenever dpkg installs or removes anything, and with the list."""
        try:
            state = self.status.stat()
        except OSError:
            return "no dpkg"
        return f"{state.st_mtime_ns} {state.st_size} {' '.join(self.wanted)}"

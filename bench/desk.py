"""A student's place at the UI, where the commands that are measured are typed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.access.shell import Shell
from harness.box.box import Box

PATIENCE = 1800.0
"""Seconds for one measured line: a hundred jobs on a busy machine."""


@dataclass(frozen=True)
class Desk:
    """A student with a VOMS proxy, logged in, and a directory of their own."""

    shell: Shell
    directory: str

    def do(self, line: str) -> float:
        """Type a line that has to succeed in the directory; seconds from typing it to its end."""
        typed = f"cd {self.directory} && {line}"
        return self.shell.run(typed, timeout=PATIENCE).expect_success().seconds

    def write(self, name: str, text: str) -> None:
        """Lay a file in the directory."""
        self.shell.put(f"{self.directory}/{name}", text.encode())


@contextmanager
def student(box: Box) -> Iterator[Desk]:
    """The first student of the site at the UI; raises CheckFailed without a proxy."""
    shell = box.student(box.site.students[0])
    shell.run(f"voms-proxy-init -quiet -voms {box.site.vo}").expect_success()
    directory = shell.run("mktemp -d $HOME/bench-XXXXXX").check().stdout.strip()
    try:
        yield Desk(shell, directory)
    finally:
        shell.close()

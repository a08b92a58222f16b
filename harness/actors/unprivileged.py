"""An ordinary account of a node, and what it finds there when it looks for more than it was given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.access.shell import Shell
from harness.box.box import Box
from harness.command import CommandResult
from harness.errors import HarnessError
from harness.site import Node, Role

SEARCH = """\
words=$(mktemp) && cat > $words
find / /home /run /tmp /dev/shm -xdev '(' -path /usr -o -path /proc -o -path /sys ')' -prune -o \
    -type f -readable ! -user $(id -u) -size -2048k -print0 2>/dev/null |
    xargs -0 -r sh -c 'grep -slF -f "$0" "$@"; grep -slE "BEGIN [A-Z ]*PRIVATE KEY" "$@"' $words
rm $words
"""
"""Files of others that an account can read and that hold a private key, or a word from standard input."""
WAYS = """\
find / /run /home /dev/shm -xdev '(' -path /proc -o -path /sys -o -path /dev ')' -prune -o \
    '(' -type f -perm /6000 -printf 'program %p\\n' ')' , \
    '(' -type f -writable ! -user $(id -u) -printf 'file %p\\n' ')' , \
    '(' -type d -writable ! -user $(id -u) ! -perm -1000 -printf 'directory %p\\n' ')' 2>/dev/null
find /dev -xdev -writable ! -type l -printf 'device %p\\n' 2>/dev/null
true
"""
"""Programs that run as others; what an account can write in although it is another's; devices it can use."""
LOGS = """\
find /var/log /etc/grid-security/gridmapdir -type f -readable \
    ! -user $(id -u) ! -name "user-$(id -u)*.journal" 2>/dev/null
true
"""
"""Logs, and leases of pool accounts, that an account can read; its own journal is none."""
KNOBS = "/proc/sys /sys -writable ! -type l -print"
"""What find gives: settings of the kernel that an account can change."""
PLANTED = "/var/tmp/planted-"
"""Begins the path of what is planted to be found."""
PLANT = """\
umask 0; mkdir $1 && echo "-----BEGIN PRIVATE KEY-----" > $1/key && echo "$2" > $1/word
cp /bin/true $1/program && chmod 4755 $1/program
"""


@dataclass(frozen=True)
class UnprivilegedAccount:
    """The account ``user`` of a node; the node's ``root`` becomes it."""

    node: Node
    root: Shell
    user: str

    @classmethod
    def of(cls, box: Box, node: Node, student: str) -> UnprivilegedAccount:
        """A student on the UI, who a job runs as on CE, WN and SE, and nobody in particular on RB."""
        users = {Role.UI: student, Role.RB: "nobody"}
        return cls(node, box.shell(node), users.get(node.role, f"{box.site.vo}050"))

    def run(self, line: str, *, stdin: str = "") -> CommandResult:
        """Run a line as the account."""
        return self.root.run(["runuser", "-u", self.user, "--", "sh", "-c", line], stdin=stdin)

    def finds(self, line: str, *, stdin: str = "") -> set[str]:
        """The lines that a search prints."""
        return set(self.run(line, stdin=stdin).check().stdout.splitlines())

    @contextmanager
    def planted(self, name: str, word: str) -> Iterator[str]:
        """A directory with all that must not be there; root lays it, and each search must find it.

        Others' searches pass over it.
        """
        path = f"{PLANTED}{name}"
        self.root.run(["sh", "-c", PLANT, "sh", path, word]).check()
        try:
            yield path
        finally:
            self.root.run(["rm", "-r", path]).check()


def real(found: set[str], planted: set[str], where: str) -> list[str]:
    """What a search found beside ``planted``; raises HarnessError if it missed any of that."""
    if missed := planted - found:
        raise HarnessError(
            "a search did not find what was planted for it, so it shows nothing",
            where=where,
            why=f"missed: {', '.join(sorted(missed))}",
            remedy="look at harness/actors/unprivileged.py, which has its words",
        )
    return sorted(each for each in found if PLANTED not in each)

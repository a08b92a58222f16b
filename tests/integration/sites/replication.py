"""Files with a replica on the second SE, and replications that end on their way there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from harness.access.shell import Shell
from harness.box.box import Box
from harness.box.ready import wait_until_ready
from harness.command import CommandResult
from harness.expect import NotYet, eventually, expect
from harness.grid.catalogue import parse_guid, parse_replicas
from harness.site import Node, Site
from tests.integration.sites.twosite import url

HUGE = 20 * 2**30
"""Bytes, none of them on the disk: so many that a transfer is never over before it is interrupted."""
GIVEN_UP = 300
"""Seconds after which a transfer of that size ends by itself, before it fills the disk."""
SLOW = 240.0
"""Seconds a command or a clean-up may take on a busy machine."""
CATALOGUE = "on RB: `journalctl -t icebox-catalogue`; on the SEs: `journalctl -u globus-gridftp-server`"
_DESTINATION = re.compile(r"^Destination URL for copy: gsiftp://[^/]+(/\S+)$", re.MULTILINE)


def host(surl: str) -> str:
    """The SE in a SURL."""
    return surl.split("/")[2]


def destination(log: str) -> str:
    """The path on the SE that a verbose command sends to; empty if it did not say."""
    found = _DESTINATION.search(log)
    return found[1] if found else ""


@dataclass(frozen=True)
class Place:
    """A directory of the catalogue and one of the machine that the student types at."""

    shell: Shell
    site: Site
    local: str

    @classmethod
    def new(cls, shell: Shell, site: Site) -> Self:
        place = cls(shell, site, shell.run("mktemp -d").check().stdout.strip())
        place.do(f"lfc-mkdir {place.top}")
        return place

    @property
    def top(self) -> str:
        """In the catalogue."""
        return f"/grid/{self.site.vo}/{self.local.rpartition('/')[2]}"

    @property
    def lfn(self) -> str:
        """The one name there."""
        return f"lfn:{self.top}/data"

    def type(self, line: str) -> CommandResult:
        return self.shell.run(f"cd {self.local} && {line}", timeout=SLOW)

    def do(self, line: str) -> str:
        """What a command prints that has to succeed."""
        return self.type(line).expect_success(CATALOGUE).stdout

    def create(self) -> None:
        """``lcg-cr`` of a small file to the first SE."""
        self.do("head -c 100000 /dev/urandom > data")
        made = self.do(f"lcg-cr --vo {self.site.vo} -d {self.site.se.fqdn} -l {self.lfn} file:$PWD/data")
        parse_guid(made)

    @property
    def replicate(self) -> str:
        """``lcg-rep`` to the second SE, as typed."""
        return f"lcg-rep -v -t {GIVEN_UP} --vo {self.site.vo} -d {self.site.ses[1].fqdn} {self.lfn}"

    def replicas(self) -> tuple[str, ...]:
        return parse_replicas(self.do(f"lcg-lr --vo {self.site.vo} {self.lfn}"))

    def expect_same(self, back: str, how: str) -> None:
        """See that a file that came back is what was stored; it is removed."""
        compared = self.type(f"cmp data {back}; s=$?; rm -f {back}; exit $s")
        expect(
            compared.ok, f"{how} gives another file than was stored", why=compared.output, remedy=CATALOGUE
        )

    def expect_only_first(self, after: str) -> None:
        """See that the catalogue knows the replica on the first SE, and no other."""
        replicas = self.replicas()
        expect(
            [host(surl) for surl in replicas] == [self.site.se.fqdn],
            f"after {after} lcg-lr does not show the first replica alone",
            where=self.site.rb.name,
            why="\n       ".join(replicas),
            remedy=CATALOGUE,
        )


@contextmanager
def without_gridftp(two: Box, node: Node) -> Iterator[None]:
    """Stop the GridFTP server of an SE, with every transfer; it is back after the block."""
    root = two.shell(node)
    root.run("systemctl stop globus-gridftp-server").check()
    try:
        yield
    finally:
        root.run("systemctl start globus-gridftp-server").check()
        wait_until_ready(two, (node,))


@dataclass(frozen=True)
class Replication:
    """An ``lcg-rep`` to the second SE that has sent a part of what it will never get to the end of."""

    place: Place
    second: Shell
    """The second SE, as root."""
    path: str
    """Where the copy grows on the second SE."""

    @classmethod
    def under_way(cls, place: Place, two: Box) -> Self:
        _register_huge(place, two)
        second = two.shell(two.site.ses[1])
        # Its shell waits for it, so that its exit code is known.
        inner = f"{place.replicate} & echo $! > pid; wait $!; echo $? > partial; mv partial code"
        place.do(f"(sh -c '{inner}' </dev/null >log 2>&1 &)")

        def sending() -> str | None:
            log = place.do("cat log")
            if place.type("test -e code").ok:
                raise NotYet(f"lcg-rep is over: {log}")
            path = destination(log)
            if not path or not second.run(["test", "-s", path]).ok:
                raise NotYet(log)
            return path

        path = eventually("lcg-rep to send a part of the file", sending, where=second.name, remedy=CATALOGUE)
        return cls(place, second, path)

    def interrupt(self) -> None:
        """Ctrl-C and its like."""
        self.place.do("kill -TERM $(cat pid)")

    def expect_failure(self, after: str) -> None:
        """Wait for its end, and see that it did not claim success."""
        code = eventually(
            f"lcg-rep to end after {after}",
            lambda: self.place.type("cat code").stdout.strip(),
            seconds=SLOW,
            remedy=CATALOGUE,
        )
        log = self.place.do("cat log")
        expect(
            code != "0" and "lcg_rep: " in log, f"lcg-rep does not say that it failed after {after}", why=log
        )

    def file_is_there(self) -> bool:
        return self.second.run(["test", "-e", self.path]).ok


def _register_huge(place: Place, two: Box) -> None:
    """A file of the student's on the first SE that takes no space there."""
    path = f"{two.site.storage}/{place.local.rpartition('/')[2]}"
    place.do(f"globus-url-copy file:///etc/hostname {url(two.site, two.site.se, path)}")
    two.shell(two.site.se).run(["truncate", "-s", str(HUGE), path]).check()
    place.do(f"lcg-rf --vo {two.site.vo} -l {place.lfn} sfn://{two.site.se.fqdn}{path}")

"""The file catalogue: files under names of one's own, with copies on storage elements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from harness.access.shell import Shell
from harness.command import CommandResult
from harness.grid.catalogue import Name, parse_guid, parse_long, parse_names, parse_replicas
from harness.grid.errors import expect
from harness.grid.refusal import expect_reason
from harness.grid.soon import soon
from harness.grid.storage import gsiftp
from harness.site import Site

CATALOGUE = (
    "on RB: `systemctl status icebox-catalogue`, `journalctl -t icebox-catalogue`; if only the transfer "
    "fails, look at the SE first (SE-2)"
)
SWEEPER = "on the SE: `systemctl status icebox-sweeper.timer`, `journalctl -u icebox-sweeper`"
ARC = "lcg-* commands work and an independent client does not: compare with `gfal-ls -l`; see SE-2"
INTERRUPTED_MB = 2000
"""So large that it is on its way when the command is killed."""
SWEPT = 240.0
"""Seconds until an interrupted transfer is cleaned up; on an idle machine it takes at most two minutes."""


@dataclass(frozen=True)
class Corner:
    """A directory of the catalogue and one of the machine that the student types at, for one check."""

    shell: Shell
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
        return self.type(line).expect_success(CATALOGUE).stdout

    def make(self, name: str, text: str = "Hello, catalogue") -> str:
        """A file of the student's; its path."""
        self.shell.run(f"cat > {self.file(name)}", stdin=text).check()
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


@pytest.fixture
def corner(site: Site, worker: str, request: pytest.FixtureRequest) -> Iterator[Callable[[Shell], Corner]]:
    """Makes corners; whatever is left there is removed in the end."""
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))
    made: list[Corner] = []

    def make(shell: Shell) -> Corner:
        top = f"/grid/{site.vo}/{name}-{worker}-{len(made)}"
        new = Corner(shell, site, top, shell.run("mktemp -d").check().stdout.strip())
        _clear(new)  # a run that was killed may have left something
        new.do(f"lfc-mkdir {top}")
        made.append(new)
        return new

    yield make
    for each in reversed(made):
        each.shell.run(["rm", "-rf", each.local])
        _clear(each)


def _clear(corner: Corner) -> None:
    corner.shell.run(
        f"for f in $(lfc-ls {corner.top} 2>/dev/null); do lcg-del -a lfn:{corner.top}/$f; done; "
        f"lfc-rm -r -f {corner.top}"
    )


@pytest.mark.check(
    "CAT-1",
    role="cat",
    title="a file is stored, found by its name, fetched and deleted",
    learns="lcg-cr puts a file on the SE and gives it a name; lcg-lr, lcg-cp and lcg-del work by that name, "
    "on the UI and at a laptop outside.",
    severity="critical",
)
@pytest.mark.parametrize("where", ["student", "outside_student"])
def test_store_and_fetch(
    request: pytest.FixtureRequest, corner: Callable[[Shell], Corner], where: str
) -> None:
    mine = corner(request.getfixturevalue(where))
    guid = mine.store("hello.txt")
    (surl,) = parse_replicas(mine.do(f"lcg-lr --vo {mine.site.vo} {mine.lfn('hello.txt')}"))
    expect(
        surl.startswith(f"sfn://{mine.site.se.fqdn}{mine.site.storage}/"),
        f"the replica is not in the storage area: {surl}",
        remedy="GlueSAPath of the SE must be its storage area: `lcg-info --list-se --attrs Path`",
    )
    expect(
        parse_guid(mine.do(f"lcg-lg {mine.lfn('hello.txt')}")) == guid,
        "lcg-lg gives another GUID than lcg-cr",
    )
    expect(
        parse_names(mine.do(f"lcg-la {guid}")) == (mine.lfn("hello.txt"),), "lcg-la does not give the name"
    )
    for name in (mine.lfn("hello.txt"), guid, surl):
        mine.do(f"lcg-cp --vo {mine.site.vo} {name} file:{mine.file('back')}")
        same = mine.type(
            f"cmp {mine.file('hello.txt')} {mine.file('back')}; r=$?; rm {mine.file('back')}; exit $r"
        )
        expect(
            same.ok,
            f"what lcg-cp fetched by {name} is not what was stored",
            why=same.output,
            remedy=CATALOGUE,
        )
    mine.do(f"lcg-del --vo {mine.site.vo} -a {mine.lfn('hello.txt')}")
    expect(not mine.on_se(surl), f"lcg-del -a left the file on the SE: {surl}", remedy=SWEEPER)
    expect("hello.txt" not in mine.listing(), "lcg-del -a left the name in the catalogue", remedy=CATALOGUE)


@pytest.mark.check(
    "CAT-2",
    role="cat",
    title="names are kept in order, and only their owner changes them",
    learns="lfc-mkdir, -ls, -rename, -chmod, -setacl and -rm do what they say; another student reads what is "
    "open, and changes nothing.",
    severity="critical",
)
def test_order_and_owners(student: Shell, other_student: Shell, corner: Callable[[Shell], Corner]) -> None:
    mine = corner(student)
    guid = mine.store("data")
    _arrange(mine, guid)
    _expect_unchangeable(mine, other_student)
    _expect_private(mine, other_student)


def _arrange(mine: Corner, guid: str) -> None:
    """Every way to arrange names that a student has."""
    mine.do(
        f"lfc-mkdir -p {mine.top}/a/b && lfc-rename {mine.top}/a/b {mine.top}/c && lfc-rm -r {mine.top}/a"
    )
    mine.do(f"lcg-aa {guid} {mine.lfn('again')} && lfc-chmod 750 {mine.top}/c")
    shown = mine.listing()
    expect(
        set(shown) == {"data", "again", "c"},
        f"lfc-ls shows {sorted(shown)}, not again, c and data",
        remedy=CATALOGUE,
    )
    expect(shown["c"].mode == "rwxr-x---", f"lfc-chmod 750 made {shown['c'].mode}", remedy=CATALOGUE)
    expect(shown["again"].target == f"{mine.top}/data", "a further name does not lead to the first")
    expect(shown["data"].size == len("Hello, catalogue"), f"the size is given as {shown['data'].size}")
    mine.do(f"lcg-ra {guid} {mine.lfn('again')}")
    mine.do(f"lfc-setacl -m g:{mine.site.vo}:r-x,m::r-x {mine.top}/c")
    acl = mine.do(f"lfc-getacl {mine.top}/c")
    expect(
        f"group:{mine.site.vo}:r-x" in acl and "# owner: /" in acl, "lfc-getacl shows no such entry", why=acl
    )
    again = mine.type(f"lfc-mkdir {mine.top}/c")
    expect(not again.ok and "File exists" in again.stderr, "a directory can be made twice", why=again.output)


def _expect_unchangeable(mine: Corner, other: Shell) -> None:
    expect(
        other.run(f"lcg-lr {mine.lfn('data')}").ok,
        "another student can't read what is open",
        remedy=CATALOGUE,
    )
    here, guid = mine.top, mine.do(f"lcg-lg {mine.lfn('data')}").strip()
    (surl,) = parse_replicas(mine.do(f"lcg-lr {mine.lfn('data')}"))
    for line in (
        f"lfc-rename {here}/data {here}/stolen",
        f"lfc-chmod 777 {here}/data",
        f"lfc-setacl -m o::rwx {here}/data",
        f"lfc-rm -r {here}",
        f"lfc-mkdir {here}/theirs",
        f"lcg-aa {guid} lfn:{here}/theirs",
        f"lcg-uf {guid} {surl}",
        f"lcg-del -a {mine.lfn('data')}",
    ):
        _expect_denied(other.run(line), f"another student can do `{line}`")
    expect(
        set(mine.listing()) == {"data", "c"}, "another student changed something after all", remedy=CATALOGUE
    )


def _expect_private(mine: Corner, other: Shell) -> None:
    mine.do(f"lfc-chmod 700 {mine.top}")
    _expect_denied(other.run(f"lfc-ls {mine.top}"), "another student sees what is in a private directory")
    _expect_denied(
        other.run(f"lcg-lr {mine.lfn('data')}"), "another student finds the replicas of a private file"
    )


def _expect_denied(ran: CommandResult, what: str) -> None:
    expect(not ran.ok, what, where=ran.where, why=ran.output, remedy=CATALOGUE)
    expect_reason(f"`{ran.command}` was refused", "Permission denied", ran.output, ran.where)


@pytest.mark.check(
    "CAT-3",
    role="cat",
    title="of two files under one name one wins, and the other is told",
    learns="A name leads to one file: of several lcg-cr at once one succeeds, and the losers leave nothing.",
    severity="normal",
)
def test_one_winner(student: Shell, corner: Callable[[Shell], Corner]) -> None:
    mine, tries = corner(student), 4
    path, name = mine.make("data"), mine.lfn("one")
    line = f"lcg-cr -v -l {name} file:{path} > {mine.file('$n')} 2>&1; echo $? >> {mine.file('$n')}"
    numbers = " ".join(map(str, range(tries)))
    ran = mine.type(
        f"for n in {numbers}; do ({line}) & done; wait; "
        f"cd {mine.local}; for n in {numbers}; do cat $n; echo ==; done"
    )
    answers = [text.split() for text in ran.stdout.split("==")][:tries]
    won = [words for words in answers if words and words[-1] == "0"]
    told = [words for words in answers if "exists" in words]
    expect(
        (len(won), len(told)) == (1, tries - 1),
        f"of {tries} lcg-cr at once {len(won)} succeeded, and {len(told)} were told that the name exists",
        why=ran.stdout,
        remedy=CATALOGUE,
    )
    used = set(re.findall(r"Destination URL for copy: gsiftp://(\S+)", ran.stdout))
    (kept,) = parse_replicas(mine.do(f"lcg-lr {name}"))
    left = [url for url in used if f"sfn://{url}" != kept and mine.on_se(f"sfn://{url}")]
    expect(not left, f"the losers left files behind: {', '.join(left)}", remedy=SWEEPER)
    expect(mine.on_se(kept), "the winner's file is not there", remedy=CATALOGUE)


@pytest.mark.check(
    "CAT-4",
    role="cat",
    title="what an interrupted lcg-cr leaves is cleaned up",
    learns="A command that is killed leaves no entry without a file; a file without an entry is swept away.",
    severity="normal",
)
def test_interrupted(student: Shell, se: Shell, corner: Callable[[Shell], Corner]) -> None:
    mine = corner(student)
    path = mine.file("large")
    mine.type(f"truncate -s {INTERRUPTED_MB}M {path}").check()
    urls = [_kill(mine, path, signal) for signal in ("TERM", "KILL")]
    expect(
        not mine.listing(),
        "a command that was killed left an entry",
        why=str(mine.listing()),
        remedy=CATALOGUE,
    )
    paths = [url.partition("://")[2].partition("/")[2] for url in urls]

    def swept() -> bool:
        return not any(se.run(["test", "-e", f"/{path}"]).ok for path in paths)

    soon(" and ".join(urls) + " to be swept away", swept, seconds=SWEPT, where=se.name, remedy=SWEEPER)
    mine.store("large")


def _kill(mine: Corner, path: str, signal: str) -> str:
    """Kill lcg-cr while it sends; the URL of what it leaves is returned."""
    log = mine.file(signal)
    line = f"lcg-cr -v -l {mine.lfn('large')} file:{path} > {log} 2>&1 & p=$!; "
    line += (
        f"until grep -q streams {log}; do sleep 0.02; done; sleep 0.4; kill -{signal} $p; wait $p; cat {log}"
    )
    ran = mine.type(line)
    found = re.search(r"Destination URL for copy: (\S+)", ran.stdout)
    expect(found, f"lcg-cr -v did not say where it sends ({signal})", why=ran.output, remedy=CATALOGUE)
    expect("Transfer took" not in ran.stdout, "lcg-cr was over before it was killed", why=ran.stdout)
    return found[1] if found else ""


@pytest.mark.check(
    "CAT-6",
    role="cat",
    title="an independent client fetches what lcg-cr stored, and the other way round",
    learns="ARC's arcls and arccp and gfal-copy, written by others, see the same files as the lcg- commands.",
    severity="normal",
)
def test_independent_clients(outside_student: Shell, corner: Callable[[Shell], Corner]) -> None:
    mine = corner(outside_student)
    mine.store("data")
    (surl,) = parse_replicas(mine.do(f"lcg-lr {mine.lfn('data')}"))
    url = mine.do(f"lcg-gt {surl} gsiftp").strip()
    listed = mine.type(f"arcls -l {url}").expect_success(ARC)
    expect(
        url.rpartition("/")[2] in listed.stdout, "arcls does not show the file", why=listed.output, remedy=ARC
    )
    for command, back in (("arccp -f", "arc"), ("gfal-copy -f", "gfal")):
        target = mine.file(back)
        mine.type(f"{command} {url} file://{target}").expect_success(ARC)
        expect(
            mine.type(f"cmp {mine.file('data')} {target}").ok, f"{command} fetched something else", remedy=ARC
        )
    theirs = gsiftp(mine.site.se.fqdn, f"{mine.site.storage}/{mine.top.rpartition('/')[2]}")
    try:
        mine.type(f"arccp file://{mine.file('data')} {theirs}").expect_success(ARC)
        mine.do(f"lcg-rf -l {mine.lfn('theirs')} {theirs.replace('gsiftp', 'sfn')}")
        mine.do(f"lcg-cp {mine.lfn('theirs')} file:{mine.file('back')}")
        expect(mine.type(f"cmp {mine.file('data')} {mine.file('back')}").ok, "lcg-cp fetched something else")
    finally:
        mine.type(f"edg-gridftp-rm {theirs}")

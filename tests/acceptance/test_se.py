"""The storage element: what a student stores there, finds again, and gets back unchanged."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from harness.access.shell import LOGIN, Shell
from harness.access.terminal import Terminal
from harness.actors import transfer, xrdcp
from harness.checks import fromlaptop
from harness.checks.fromlaptop import at_laptop
from harness.command import CommandResult
from harness.errors import CheckFailed
from harness.expect import expect
from harness.grid.storage import Entry, gsiftp, parse_list, parse_long, parse_names
from harness.services import registry
from harness.site import Site

LARGE = 64 * 2**20
"""Bytes; more than any buffer on the way."""
GRIDFTP = (
    f"{registry.GRIDFTP.remedy}; error 530: host certificate, CAs (CERT-1, CERT-2), gridmapdir, vomsdir; "
    "if it runs, look at 2811 and the data ports in the port table (NET-4)"
)
MISSING = 1
"""Exit code of edg-gridftp-exists for what does not exist."""


@dataclass(frozen=True)
class Scratch:
    """A place of one check, on the SE and on the machine that it types at."""

    host: str
    remote: str
    """Start of names in the storage area."""
    own: str
    """Start of names in the student's directory, where remote I/O writes."""
    local: str
    """A directory."""

    def url(self, name: str) -> str:
        return gsiftp(self.host, f"{self.remote}{name}")

    def own_url(self, name: str) -> str:
        return gsiftp(self.host, f"{self.own}{name}")

    def xroot(self, name: str) -> str:
        return xrdcp.url(self.host, f"{self.own}{name}")

    def shared_xroot(self, name: str) -> str:
        return xrdcp.url(self.host, f"{self.remote}{name}")

    def file(self, name: str) -> str:
        return f"{self.local}/{name}"


@pytest.fixture
def scratch(
    site: Site, se: Shell, worker: str, request: pytest.FixtureRequest
) -> Iterator[Callable[[Terminal], Scratch]]:
    """Makes places to work in; they are removed in the end, whatever is left there."""
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))
    remote, own = f"{site.storage}/{name}-{worker}-", f"{site.storage}/*/{name}-{worker}-"
    made: list[tuple[Terminal, str]] = []
    se.run(f"rm -rf {remote}* {own}*").expect_success(
        GRIDFTP
    )  # a run that was killed may have left something

    def make(shell: Terminal) -> Scratch:
        local = shell.run("mktemp -d").expect_success(LOGIN).stdout.strip()
        made.append((shell, local))
        return Scratch(site.se.fqdn, remote, own.replace("*", shell.account.user), local)

    yield make
    for shell, local in made:
        shell.run(["rm", "-rf", local])
    se.run(f"rm -rf {remote}* {own}*")


@pytest.mark.needs("gridftp")
@pytest.mark.check(
    "SE-1",
    role="se",
    title="a student looks around and keeps order on the SE",
    learns="Storage can be listed and arranged: directories made, renamed and removed, with the right owner.",
    severity="critical",
)
def test_directories(student: Shell, site: Site, scratch: Callable[[Shell], Scratch]) -> None:
    place = scratch(student)
    parent, old, new = gsiftp(site.se.fqdn, site.storage), place.url("old"), place.url("new")

    def do(line: str) -> CommandResult:
        return student.run(line).expect_success(GRIDFTP)

    def listed() -> dict[str, Entry]:
        return parse_long(do(f"edg-gridftp-ls --verbose {parent}").stdout)

    do(f"edg-gridftp-mkdir {old}")
    do(f"edg-gridftp-exists {old}")
    entry = listed().get(old.rpartition("/")[2])
    if entry is None or not entry.directory:
        raise CheckFailed(
            "edg-gridftp-ls does not show what edg-gridftp-mkdir made", why=f"{entry}", remedy=GRIDFTP
        )
    expect(
        entry.owner.startswith(site.vo) and entry.group == site.vo,
        f"the directory belongs to {entry.owner} of {entry.group}, not to a pool account of {site.vo}",
        where=site.se.name,
        remedy="compare the mapping (groupmapfile, gridmapdir) of the SE with that of the CE",
    )
    do(f"edg-gridftp-rename {old} {new}")
    _expect_missing(student, old)
    do(f"globus-url-copy file:///etc/hostname {new}/file")
    names = parse_names(do(f"edg-gridftp-ls {new}").stdout)
    expect(names == ("file",), f"the directory lists {names} after one file was stored", remedy=GRIDFTP)
    do(f"edg-gridftp-rm {new}/file")
    _expect_missing(student, f"{new}/file")
    do(f"edg-gridftp-rmdir {new}")
    _expect_missing(student, new)
    expect(new.rpartition("/")[2] not in listed(), "a removed directory is still listed", remedy=GRIDFTP)


def _expect_missing(student: Shell, url: str) -> None:
    answer = student.run(f"edg-gridftp-exists {url}")
    expect(
        answer.exit_code == MISSING and "No such file" in answer.stderr,
        f"`{answer.command}` should say that there is no such file",
        why=f"exit code {answer.exit_code}: {answer.output.strip()}",
        remedy=GRIDFTP,
    )


@pytest.mark.needs("gridftp")
@pytest.mark.check(
    "SE-2",
    role="se",
    title="files come back from the SE as they were stored",
    learns="Large and empty files survive the way there and back, by GridFTP and by remote I/O (XRootD).",
    severity="blocker",
)
@pytest.mark.parametrize("case", ["large", "empty", "xrootd"])
def test_there_and_back(student: Shell, site: Site, scratch: Callable[[Shell], Scratch], case: str) -> None:
    place = scratch(student)

    def gridftp(source: str, target: str) -> None:
        transfer.copy(student, site, source, target, remedy=GRIDFTP)

    size = 0 if case == "empty" else LARGE
    source, back, url = place.file("source"), place.file("back"), place.url("stored")
    _fill(student, source, size)
    if case == "xrootd":
        _xrdcp(student, source, place.xroot("stored"))
        _xrdcp(student, place.xroot("stored"), back)
        _expect_same(student, source, back)
        # Both services show one storage area: what came by one is there for the other.
        gridftp(place.own_url("stored"), f"file://{place.file('again')}")
        _expect_same(student, source, place.file("again"))
        gridftp(f"file://{source}", url)
        _xrdcp(student, place.shared_xroot("stored"), back, "-f")
    else:
        gridftp(f"file://{source}", url)
        _expect_stored(student, url, size)
        gridftp(url, f"file://{back}")
    _expect_same(student, source, back)


@pytest.mark.needs("gridftp")
@pytest.mark.check(
    "SE-3",
    role="se",
    title="files come and go from outside through NAT",
    learns="A laptop outside can store and fetch: control and data connections, also several in parallel.",
    severity="critical",
)
@pytest.mark.parametrize("streams", [1, 4])
@pytest.mark.parametrize("where", ["outside_student", at_laptop(*fromlaptop.GRIDFTP)])
def test_from_outside(
    request: pytest.FixtureRequest,
    where: str,
    student: Shell,
    site: Site,
    scratch: Callable[[Terminal], Scratch],
    streams: int,
) -> None:
    outside: Terminal = request.getfixturevalue(where)
    place = scratch(outside)
    source, back, url = place.file("source"), place.file("back"), place.url("stored")
    remedy = f"see SE-2; if it passes, NET-4 tells whether 2811 and the data ports are forwarded; {GRIDFTP}"
    _fill(outside, source, LARGE)
    options = f"-p {streams}"
    transfer.copy(outside, site, f"file://{source}", url, remedy=remedy, options=options)
    _expect_stored(student, url, LARGE)
    transfer.copy(outside, site, url, f"file://{back}", remedy=remedy, options=options)
    _expect_same(outside, source, back)


def _fill(shell: Terminal, path: str, size: int) -> None:
    """A file with content that can't be guessed, so that nothing left over can stand in for it."""
    fill = f"openssl rand {size}" if size else "true"
    shell.run(f"{fill} > {path}").expect_success(LOGIN)


def _xrdcp(shell: Shell, source: str, target: str, options: str = "") -> None:
    xrdcp.copy(shell, options, source, target).expect_success(xrdcp.SERVER)


def _expect_stored(shell: Shell, url: str, size: int) -> None:
    """The SE lists the file, with its size."""
    directory, _, name = url.rpartition("/")
    listed = parse_list(shell.run(f"globus-url-copy -list {directory}/").expect_success(GRIDFTP).stdout)
    expect(listed.get(name) is False, f"{name} was stored, but is not among the files listed", remedy=GRIDFTP)
    entries = parse_long(shell.run(f"edg-gridftp-ls --verbose {url}").expect_success(GRIDFTP).stdout)
    sizes = [entry.size for entry in entries.values()]
    expect(sizes == [size], f"the SE lists {sizes} bytes for a file of {size}", remedy=GRIDFTP)


def _expect_same(shell: Terminal, source: str, back: str) -> None:
    compared = shell.run(f"cmp {source} {back}")
    expect(
        compared.ok,
        "the file that came back is another",
        why=compared.output,
        remedy="look for a full or broken disk: `df -h` and the kernel log of the SE's host",
    )

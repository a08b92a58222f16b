"""Remote I/O (XRootD) beyond reading and writing: checksums, and copies between servers."""

from collections.abc import Iterator

import pytest

from harness.access.shell import LOGIN, Shell
from harness.actors import xrdcp
from harness.expect import eventually, expect, expect_reason, in_seconds
from harness.grid.storage import xrootd
from harness.site import Site

CONTENT = "123456789"
SUMS = {
    "adler32": "091e01de",
    "md5": "25f9e794323b453885f5181f1b624d0b",
    "crc32c": "e3069283",
    "crc32": "377a6011",
}
"""Of the nine digits; crc32c's is the check value in catalogues of CRCs.  What XRootD calls crc32 is POSIX'
cksum, and not the CRC-32 of zip (cbf43926)."""
COPIES = f"`./icebox restore se /etc/xrootd`; {xrdcp.SERVER}"
DELEGATED = "--tpc delegate only"
LEFT = 60.0
"""Seconds until a file is gone whose client died: `hold` of ofs.persist, and the server's own rounds."""


@pytest.fixture
def place(student: Shell, site: Site, se: Shell, worker: str) -> Iterator[str]:
    """Start of paths in the student's directory on the SE; nothing of that name is left."""
    name = f"remote-io-{worker}-"
    start = f"{site.storage}/{student.account.user}/{name}"
    everywhere = f"{site.storage}/*/{name}*"
    se.run(f"rm -f {everywhere}").check()  # a run that was killed may have left something
    student.run(f"printf {CONTENT} > {name}file").expect_success(LOGIN)
    stored = xrdcp.copy(student, "-f", f"{name}file", xrdcp.url(site.se.fqdn, f"{start}source"))
    stored.expect_success(xrdcp.SERVER)
    yield start
    student.run(f"rm -f {name}*")
    se.run(f"rm -f {everywhere}")


@pytest.mark.needs("xrootd")
@pytest.mark.check(
    "SE-4",
    role="se",
    title="the SE tells the checksum of a file in remote I/O",
    learns="Data tools compare sums after each transfer: adler32, md5 and the CRCs come from the server, "
    "as FTS, gfal2 and xrdcp --cksum ask for them.",
    severity="normal",
)
def test_checksums(student: Shell, site: Site, place: str) -> None:
    path, source = f"{place}source", xrdcp.url(site.se.fqdn, f"{place}source")
    for kind, right in SUMS.items():
        told = xrdcp.checksum(student, site.se.fqdn, path, kind).expect_success(xrdcp.SERVER)
        expect(
            told.stdout.split() == [kind, right],
            f"the SE says {told.stdout.strip()!r} of a file whose {kind} is {right}",
            where=site.se.name,
            remedy=xrdcp.SERVER,
        )
    gfal = student.run(f"gfal-sum {source} adler32", timeout=xrdcp.LIMIT).expect_success(xrdcp.SERVER)
    expect(
        gfal.stdout.split()[-1:] == [SUMS["adler32"]],
        f"gfal-sum says {gfal.stdout.strip()!r}",
        where=site.se.name,
        remedy=xrdcp.SERVER,
    )
    back = f"{place.rpartition('/')[2]}back"
    xrdcp.copy(student, "-f --cksum adler32:source", source, back).expect_success(xrdcp.SERVER)
    wrong = xrdcp.copy(student, "-f --cksum adler32:00000001", source, back)
    expect(not wrong.ok, "xrdcp took a file with another sum than it was told", remedy=xrdcp.SERVER)
    expect_reason("xrdcp refused the wrong sum", "CheckSum", wrong.output, wrong.where)


@pytest.mark.needs("xrootd")
@pytest.mark.check(
    "SE-6",
    role="se",
    title="an upload that is broken off leaves no file",
    learns="A file that is there is whole: half of one, left by a client that died, looks like any other.",
    severity="normal",
)
def test_broken_upload(student: Shell, site: Site, place: str) -> None:
    path, folder = f"{place}half", place.rpartition("/")[0]

    def listed() -> bool:
        return path in student.run(f"xrdfs {xrootd(site.se.fqdn)} ls {folder}").stdout.split()

    # Its input never ends, so it is broken off in the middle, however fast the machine is.
    command = f"sleep 600 | exec xrdcp -s -f - {xrdcp.url(site.se.fqdn, path)}"
    began = student.run(["setsid", "sh", "-c", f"({command}) >/dev/null 2>&1 & echo $$"]).expect_success(
        LOGIN
    )
    try:
        eventually("the upload to begin", listed, where=site.se.name, remedy=xrdcp.SERVER)
    finally:
        student.run(f"kill -s KILL -- -{began.stdout.strip()}").expect_success(LOGIN)
    in_seconds("the half file to go", lambda: not listed(), seconds=LEFT, where=site.se.name, remedy=COPIES)


@pytest.mark.needs("xrootd")
@pytest.mark.check(
    "SE-5",
    role="se",
    title="a file goes from server to server without passing through the client",
    learns="Third-party copies are how sites move data: the SE fetches the file with the member's own proxy, "
    "so it may do what he may, and no more.",
    severity="normal",
)
def test_third_party(student: Shell, other_student: Shell, site: Site, place: str) -> None:
    host, name = site.se.fqdn, place.rpartition("/")[2]
    source, target = xrdcp.url(host, f"{place}source"), xrdcp.url(host, f"{place}copied")
    options = f"{DELEGATED} --cksum adler32:{SUMS['adler32']}"
    xrdcp.copy(student, options, source, target).expect_success(COPIES)
    xrdcp.copy(student, "-f", target, f"{name}back").expect_success(xrdcp.SERVER)
    content = student.run(f"cat {name}back").expect_success(LOGIN).stdout
    expect(
        content == CONTENT, f"the copy holds {content!r}, not {CONTENT!r}", where=site.se.name, remedy=COPIES
    )

    def refused(who: Shell, options: str, source: str, target: str, reason: str) -> None:
        tried = xrdcp.copy(who, options, source, target)
        expect(
            not tried.ok, f"`{tried.command}` must be refused and is not", where=tried.where, remedy=COPIES
        )
        expect_reason(f"`{tried.command}` was refused", reason, tried.output, tried.where)

    refused(other_student, DELEGATED, source, xrdcp.url(host, f"{place}by-other"), "permission denied")
    refused(student, "--tpc only", source, xrdcp.url(host, f"{place}bare"), "no delegated credentials")
    missing = xrdcp.url(host, f"{place}missing")
    refused(student, DELEGATED, missing, xrdcp.url(host, f"{place}nothing"), "no such file")
    listed = student.run(f"xrdfs {xrootd(host)} ls {place.rpartition('/')[0]}")
    left = [word for word in ("by-other", "bare", "nothing") if f"{name}{word}" in listed.stdout]
    expect(not left, f"copies that failed left files: {', '.join(left)}", where=site.se.name, remedy=COPIES)

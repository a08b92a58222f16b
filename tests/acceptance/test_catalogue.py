"""The file catalogue: files under names of one's own, with copies on storage elements."""

import re
from collections.abc import Callable

import pytest

from harness.access.shell import Shell
from harness.actors.cataloguearea import CATALOGUE, SWEEPER, CatalogueArea
from harness.checks import fromlaptop
from harness.checks.fromlaptop import at_laptop
from harness.expect import expect
from harness.grid.catalogue import parse_guid, parse_names, parse_replicas
from harness.grid.storage import gsiftp

ARC = "lcg-* commands work and an independent client does not: compare with `gfal-ls -l`; see SE-2"


@pytest.mark.needs("catalogue", "gridftp")
@pytest.mark.check(
    "CAT-1",
    role="cat",
    title="a file is stored, found by its name, fetched and deleted",
    learns="lcg-cr puts a file on the SE and gives it a name; lcg-lr, lcg-cp and lcg-del work by that name, "
    "on the UI and at a laptop outside.",
    severity="critical",
)
@pytest.mark.parametrize("where", ["student", "outside_student", at_laptop(*fromlaptop.CATALOGUE)])
def test_store_and_fetch(
    request: pytest.FixtureRequest, catalogue_area: Callable[[Shell], CatalogueArea], where: str
) -> None:
    mine = catalogue_area(request.getfixturevalue(where))
    guid = mine.store("hello.txt")
    (surl,) = parse_replicas(mine.do(f"lcg-lr --vo {mine.site.vo} {mine.lfn('hello.txt')}"))
    expect(
        surl.startswith(f"sfn://{mine.site.se.fqdn}{mine.site.storage}/"),
        f"the replica is not in the storage area: {surl}",
        remedy="`./icebox restore se /etc/gridinfo.toml`, then `systemctl restart bdii` there; "
        "`lcg-info --list-se --vo VO --attrs Path` shows the area",
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


@pytest.mark.needs("catalogue", "gridftp")
@pytest.mark.check(
    "CAT-3",
    role="cat",
    title="of two files under one name one wins, and the other is told",
    learns="A name leads to one file: of several lcg-cr at once one succeeds, and the losers leave nothing.",
    severity="normal",
)
def test_one_winner(student: Shell, catalogue_area: Callable[[Shell], CatalogueArea]) -> None:
    mine, tries = catalogue_area(student), 4
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


@pytest.mark.needs("catalogue", "gridftp")
@pytest.mark.check(
    "CAT-6",
    role="cat",
    title="an independent client fetches what lcg-cr stored, and the other way round",
    learns="ARC's arcls and arccp and gfal-copy, written by others, see the same files as the lcg- commands.",
    severity="normal",
)
def test_independent_clients(
    outside_student: Shell, catalogue_area: Callable[[Shell], CatalogueArea]
) -> None:
    mine = catalogue_area(outside_student)
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

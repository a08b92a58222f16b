"""Copies of a file on several storage elements; part of a run only where there are several."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from harness.access.shell import LOGIN, Shell
from harness.actors.cataloguearea import CATALOGUE, SWEEPER, CatalogueArea
from harness.expect import expect

SECOND = (
    "on the second SE: `systemctl status globus-gridftp-server`; its port must be in the port table (NET-4)"
)


@pytest.mark.several("se")
@pytest.mark.needs("catalogue", "gridftp")
@pytest.mark.check(
    "CAT-7",
    role="cat",
    title="a file is replicated to a second SE, and outlives the loss of either copy",
    learns="lcg-rep copies a file from SE to SE; each copy can be fetched and deleted alone, and lcg-del -a "
    "deletes all.",
    severity="critical",
)
@pytest.mark.parametrize("where", ["student", "outside_student"])
def test_replicate(
    request: pytest.FixtureRequest, catalogue_area: Callable[[Shell], CatalogueArea], where: str
) -> None:
    mine = catalogue_area(request.getfixturevalue(where))
    mine.store("data")
    first, second = (se.fqdn for se in mine.site.ses[:2])
    _replicate(mine, second)
    (surl,) = (each for each in _expect_on(mine, first, second) if _host(each) == first)
    for host in (first, second):
        _expect_fetched(mine, next(each for each in mine.replicas("data") if _host(each) == host))
    mine.do(f"lcg-del --vo {mine.site.vo} -s {first} {mine.lfn('data')}")
    expect(not mine.on_se(surl), f"lcg-del -s {first} left the file there: {surl}", remedy=SWEEPER)
    _expect_on(mine, second)
    _expect_fetched(mine, mine.lfn("data"))
    _replicate(mine, first)
    both = _expect_on(mine, first, second)
    mine.do(f"lcg-del --vo {mine.site.vo} -a {mine.lfn('data')}")
    expect("data" not in mine.listing(), "lcg-del -a left the name in the catalogue", remedy=CATALOGUE)
    left = [each for each in both if mine.on_se(each)]
    expect(not left, f"lcg-del -a left files on the SEs: {', '.join(left)}", remedy=SWEEPER)


def _replicate(mine: CatalogueArea, host: str) -> None:
    """One more copy; a second one on the same SE is refused."""
    line = f"lcg-rep --vo {mine.site.vo} -d {host} {mine.lfn('data')}"
    mine.do(line)
    again = mine.type(line)
    expect(
        not again.ok and "File exists" in again.stderr,
        f"lcg-rep makes a second copy on {host}, or does not say why it does not",
        why=again.output,
        remedy=CATALOGUE,
    )


def _expect_on(mine: CatalogueArea, *hosts: str) -> tuple[str, ...]:
    """The file has a copy on each of these SEs and on no other; the SURLs."""
    surls = mine.replicas("data")
    expect(
        sorted(map(_host, surls)) == sorted(hosts),
        f"lcg-lr does not show one copy on each of {' and '.join(hosts)}",
        why="\n".join(surls) or "it shows none",
        remedy=CATALOGUE,
    )
    return surls


def _expect_fetched(mine: CatalogueArea, name: str) -> None:
    mine.do(f"lcg-cp --vo {mine.site.vo} {name} file:{mine.file('back')}")
    expect(mine.same("data", "back"), f"what lcg-cp fetched by {name} is not what was stored", remedy=SECOND)
    mine.type(f"rm {mine.file('back')}").expect_success(LOGIN)


def _host(surl: str) -> str:
    return urlsplit(surl).hostname or ""

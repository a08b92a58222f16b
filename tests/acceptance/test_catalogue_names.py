"""Names in the file catalogue: how they are arranged, and by whom."""

from collections.abc import Callable

import pytest

from harness.access.shell import Shell
from harness.actors.cataloguearea import CATALOGUE, CatalogueArea
from harness.command import CommandResult
from harness.expect import expect, expect_reason
from harness.grid.catalogue import parse_replicas


@pytest.mark.needs("catalogue", "gridftp")
@pytest.mark.check(
    "CAT-2",
    role="cat",
    title="names are kept in order, and only their owner and the VO's admin change them",
    learns="lfc-mkdir, -ls, -rename, -chmod, -setacl and -rm do what they say; another student reads what is "
    "open, and changes nothing; who shows the role of an admin does.",
    severity="critical",
)
def test_order_and_owners(
    student: Shell, other_student: Shell, catalogue_area: Callable[[Shell], CatalogueArea]
) -> None:
    mine = catalogue_area(student)
    guid = mine.store("data")
    _arrange(mine, guid)
    _expect_unchangeable(mine, other_student)
    _expect_private(mine, other_student)
    _expect_changeable_by_admin(catalogue_area(other_student), student)


def _arrange(mine: CatalogueArea, guid: str) -> None:
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


def _expect_unchangeable(mine: CatalogueArea, other: Shell) -> None:
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


def _expect_private(mine: CatalogueArea, other: Shell) -> None:
    mine.do(f"lfc-chmod 700 {mine.top}")
    _expect_denied(other.run(f"lfc-ls {mine.top}"), "another student sees what is in a private directory")
    _expect_denied(
        other.run(f"lcg-lr {mine.lfn('data')}"), "another student finds the replicas of a private file"
    )


def _expect_denied(ran: CommandResult, what: str) -> None:
    expect(not ran.ok, what, where=ran.where, why=ran.output, remedy=CATALOGUE)
    expect_reason(f"`{ran.command}` was refused", "Permission denied", ran.output, ran.where)


def _expect_changeable_by_admin(theirs: CatalogueArea, first: Shell) -> None:
    """The first student may show the role of the VO's software manager, and changes what is another's."""
    theirs.store("data")
    admin = first.with_environment(X509_USER_PROXY=f"/tmp/x509up_admin_{theirs.top.rpartition('/')[2]}")
    vo, path = theirs.site.vo, f"{theirs.top}/data"
    try:
        admin.run(f"voms-proxy-init -quiet -voms {vo}:/{vo}/Role=SoftwareManager").expect_success(
            "`systemctl restart icebox-vo` on RB puts members and roles back (table m of the VO's database)"
        )
        for line in (f"lfc-chmod 600 {path}", f"lfc-rename {path} {theirs.top}/moved"):
            admin.run(line).expect_success(f"`./icebox restore rb /etc/icebox/catalogue`; {CATALOGUE}")
    finally:
        admin.run("rm -f $X509_USER_PROXY")
        admin.close()
    shown = theirs.listing()
    expect(
        set(shown) == {"moved"} and shown["moved"].mode == "rw-------",
        f"what the VO's admin changed is not changed: {shown}",
        remedy=CATALOGUE,
    )

"""LDIF as ldapsearch prints it."""

import pytest

from harness.grid.errors import UnexpectedOutput
from harness.grid.ldif import parse

TEXT = """\
version: 1

# a comment that is
  folded
dn: GlueCEUniqueID=xencenode.sytes.net:2119/jobmanager-pbs-short,Mds-Vo-name=r
 esource,o=grid
objectClass: GlueCE
objectClass: GlueCEState
GlueCEStateStatus: Production
GlueCEName:: w6k=
GlueCEStateFreeCPUs: 2

dn:: bz1ncmlk
GlueCEStateFreeCPUs: many

search: 2
result: 0 Success
"""


def test_folded_lines_base64_and_comments() -> None:
    first, second = parse(TEXT)
    assert first.dn == (
        "GlueCEUniqueID=xencenode.sytes.net:2119/jobmanager-pbs-short,Mds-Vo-name=resource,o=grid"
    )
    assert first.all("objectclass") == ("GlueCE", "GlueCEState")
    assert first.one("GlueCEName") == "é"
    assert first.number("GlueCEStateFreeCPUs") == 2
    assert second.dn == "o=grid"


def test_what_is_missing() -> None:
    first, second = parse(TEXT)
    assert first.one("GlueCEInfoHostName") == ""
    assert first.one("GlueCEInfoHostName", "none") == "none"
    with pytest.raises(UnexpectedOutput, match="a number for GlueCEStateFreeCPUs"):
        second.number("GlueCEStateFreeCPUs")


def test_a_version_may_stand_beside_the_first_dn() -> None:
    (entry,) = parse("version: 1\ndn: o=grid\no: grid\n")
    assert entry.one("o") == "grid"


def test_nothing_found() -> None:
    assert parse("") == ()


@pytest.mark.parametrize("text", ["dn: o=grid\nwhat is this", "dn: o=grid\na:: !!!\n"])
def test_what_is_no_ldif(text: str) -> None:
    with pytest.raises(UnexpectedOutput):
        parse(text)

"""LDIF as ldapsearch prints it."""

import pytest

from gridware.bdii.server import Bdii, BdiiError, UnreachableError, addresses_of, literal, with_port
from gridware.ldif import Entry, parse


def test_entries_are_split_and_lines_unfolded() -> None:
    text = "# a comment\ndn: a=1,o=grid\nname: long\n er\nname: two\n\ndn: a=2,o=grid\nb:: w6k=\n\n# end\n"
    first, second = parse(text)
    assert first.dn == "a=1,o=grid"
    assert first.all("NAME") == ["longer", "two"]
    assert second.one("b") == "é"


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("12.9", 12), ("-1", -1), ("n.a", 0), ("", 0)])
def test_a_number_is_read_as_perl_does(text: str, number: int) -> None:
    assert Entry("o=grid", [("n", text)]).number("N") == number


def test_a_missing_number_is_0() -> None:
    assert Entry("o=grid", []).number("n") == 0


def test_a_key_names_what_it_belongs_to() -> None:
    entry = Entry("o=grid", [("GlueChunkKey", "GlueCEUniqueID=x"), ("GlueChunkKey", "GlueSEUniqueID=se")])
    assert entry.key("GlueChunkKey", "GlueSEUniqueID") == "se"
    assert entry.key("GlueChunkKey", "GlueClusterUniqueID") == ""


def test_no_character_of_a_vo_name_means_anything_in_a_filter() -> None:
    assert literal("a*(b)\\") == "a\\2a\\28b\\29\\5c"


def test_addresses() -> None:
    assert addresses_of("a:2171, b ,") == ["a:2171", "b"]
    assert with_port("b") == "b:2170"
    assert with_port("ldap://b:2171/o=grid") == "b:2171"
    assert with_port("ldap://b") == "b:2170"


@pytest.mark.usefixtures("recorded_bdii")
def test_the_first_bdii_that_connects_is_used() -> None:
    assert (
        Bdii(["127.0.0.1:1", "b"]).search("(objectClass=GlueSite)")[0].one("GlueSiteName") == "ICEAGE-GRIDBOX"
    )


@pytest.mark.usefixtures("recorded_bdii")
def test_all_failures_to_connect_are_told_with_their_reason() -> None:
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1: .*Can't contact.* \(Connection refused\)"):
        Bdii(["127.0.0.1:1"]).search("(objectClass=GlueSite)")


@pytest.mark.usefixtures("recorded_bdii")
def test_a_refusal_is_no_empty_answer() -> None:
    with pytest.raises(BdiiError, match="Insufficient access"):
        Bdii(["b:50"]).search("(objectClass=GlueSite)")


def test_a_missing_ldapsearch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BdiiError, match="ldap-utils"):
        Bdii(["b"]).search("(objectClass=GlueSite)")

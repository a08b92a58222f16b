"""What stands before Debian's own programs: old options are translated, and failures get a hint."""

import os

import pytest

from gridware.bdii import elements, ldapsearch
from gridware.gridftp import no_se


@pytest.mark.parametrize(
    ("typed", "handed_on"),
    [
        ("-x -h ce -p 2170 -b o=grid", "-H ldap://ce:2170 -x -b o=grid --"),
        ("-xLLLh ce -p2170 -b o=grid (a=b) c", "-H ldap://ce:2170 -x -L -L -L -b o=grid -- (a=b) c"),
        ("-h ce -x", "-H ldap://ce -x --"),
        ("-x -p 2135", "-H ldap://localhost:2135 -x --"),
        ("-x (a=b) c -h ce:2170 -p 1", "-H ldap://ce:2170 -x -- (a=b) c"),
        ("-x -H ldap://ce -s sub", "-x -H ldap://ce -s sub"),
        ("-x -b -p -h ce", "-H ldap://ce -x -b -p --"),
        ("-x --nonsense -h ce", "-x --nonsense -h ce"),
    ],
)
def test_ldapsearch_takes_host_and_port(typed: str, handed_on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _handed_on(typed, monkeypatch) == handed_on.split()


def test_ldapsearch_asks_each_host_of_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _handed_on(["-h", "one two:389", "-p", "2170"], monkeypatch)[1] == "ldap://one:2170 ldap://two:389"


def test_ldapsearch_keeps_values_that_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The root of the directory is asked for by an empty name."""
    typed = ["-x", "-h", "ce", "-p", "2170", "-s", "base", "-b", "", "namingContexts"]
    assert _handed_on(typed, monkeypatch) == [
        "-H", "ldap://ce:2170", "-x", "-s", "base", "-b", "", "--", "namingContexts",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "told"),
    [("-H ldap://ce -h ce", "-h and -p must not"), ("-h ce -p ldap", "a port is a number")],
)
def test_what_ldapsearch_can_t_mean_is_told(typed: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=told):
        _handed_on(typed, monkeypatch)


def _handed_on(typed: str | list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(os, "execv", lambda _path, words: found.extend(words[1:]))
    ldapsearch.main(typed.split() if isinstance(typed, str) else typed)
    return found


@pytest.mark.usefixtures("recorded_bdii")
def test_who_takes_the_ce_for_the_se_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    told = elements.hint("xencenode.sytes.net")
    assert told == "xencenode.sytes.net is no storage element (SE); the SE is xensenode.sytes.net"
    assert elements.hint("XENsenode.sytes.net") == ""
    # The program behind globus-url-copy says the same, once for each host.
    words = ["file:/etc/hostname", "gsiftp://xencenode.sytes.net/a", "gsiftp://xencenode.sytes.net:2811/b"]
    assert no_se.main(words) == 0
    assert capsys.readouterr() == ("", f"{told}\n")


def test_nobody_is_told_anything_where_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LCG_GFAL_INFOSYS", raising=False)
    assert elements.hint("xencenode.sytes.net") == ""

"""Match-making by the real ClassAd library."""

from __future__ import annotations

import pytest

pytest.importorskip("classad2")

from wms.matching import WORST, MatchError, match

from tests.unit.wms_server.samples import make_resource

SHORT = make_resource("short", GlueCEPolicyMaxWallClockTime=15, GlueCEStateFreeCPUs=1)
LONG = make_resource("long", GlueCEPolicyMaxWallClockTime=720, GlueCEStateFreeCPUs=4)
TAGGED = make_resource("tag", GlueHostApplicationSoftwareRunTimeEnvironment=["GILDA-tag", "VO-x"])
CLOSED = make_resource("closed", GlueCEStateStatus="Closed")


def queues(requirements: str = "", rank: str = "") -> list[str]:
    jdl = '[ Executable = "/bin/true"; '
    jdl += f"Requirements = {requirements}; " if requirements else ""
    jdl += f"Rank = {rank}; " if rank else ""
    found = match(jdl + "]", [SHORT, LONG, TAGGED, CLOSED], "gilda")
    return [each.ceid.rpartition("-")[2] for each in found]


def test_by_default_only_production_queues_in_their_order() -> None:
    assert queues() == ["short", "long", "tag"]


def test_rank_sorts_best_first_and_undefined_last() -> None:
    assert queues(rank="other.GlueCEStateFreeCPUs") == ["long", "short", "tag"]


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ("other.GlueCEPolicyMaxWallClockTime >= 720", ["long"]),
        ('RegExp("ce.example.org:2119/.*-short", other.GlueCEUniqueID)', ["short"]),
        ('!RegExp(".*short", other.GlueCEUniqueID) && other.GlueCEStateFreeCPUs > 0', ["long"]),
        ('Member("GILDA-tag", other.GlueHostApplicationSoftwareRunTimeEnvironment)', ["tag"]),
        ("other.Nonsense > 3", []),
        ("false", []),
        ('other.GlueCEStateStatus == "Closed"', ["closed"]),
    ],
)
def test_requirements(requirements: str, expected: list[str]) -> None:
    assert queues(requirements) == expected


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ('anyMatch(other.storage.CloseSEs, target.GlueSEUniqueID == "se.example.org")', True),
        ('anyMatch(other.storage.CloseSEs, target.GlueSEUniqueID == "other.example.org")', False),
        ('allMatch(other.storage.CloseSEs, RegExp("se[.].*(org)", target.GlueSEUniqueID))', True),
        ('!anyMatch(other.storage.CloseSEs, target.GlueSEUniqueID == "x)y")', True),
    ],
)
def test_gang_matching_over_the_close_ses(condition: str, fits: bool) -> None:
    assert bool(match(f"[ Requirements = {condition}; ]", [SHORT], "gilda")) is fits


def test_only_queues_that_the_member_may_use() -> None:
    role = make_resource("role", rules=("VOMS:/gilda/Role=SoftwareManager",))
    fqan = "/gilda/Role=SoftwareManager/Capability=NULL"
    assert match("[]", [role], "gilda", ["/gilda/Role=NULL/Capability=NULL"]) == []
    assert [each.ceid for each in match("[]", [role], "gilda", [fqan])] == [role.ceid]
    assert match("[]", [SHORT], "other") == []


def test_a_rank_that_says_nothing_is_the_worst() -> None:
    assert match("[ Rank = other.Nothing; ]", [SHORT], "gilda")[0].rank == WORST


def test_what_is_no_classad_is_told() -> None:
    with pytest.raises(MatchError, match="no ClassAd"):
        match("[ Requirements = foo( ]", [SHORT], "gilda")

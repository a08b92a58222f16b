"""Match-making by the real ClassAd library."""

import json
import re
import subprocess
import sys

import pytest

from gridware.jdl import functions
from gridware.wms.matching import WORST, MatchError, match
from tests.gridware.broker.samples import make_resource

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
        ('stringListMember("short", "a, short") && RegExp("-short", other.GlueCEUniqueID)', ["short"]),
        ('size(split(other.GlueCEUniqueID, "-")) == 3 && other.GlueCEStateFreeCPUs > 1', ["long"]),
        ('split(other.GlueCEUniqueID, "-")[2] == "short"', ["short"]),
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


CALLS = """
    unparse(n) unresolved(zz) ifThenElse(true, 1, 2) isUndefined(zz) isError(error)
    isString("a") isInteger(1) isReal(1.0) isList({1}) isClassAd([a = 1]) isBoolean(true)
    isAbsTime(1) isRelTime(1) debug(1) int("3") real("3") string(3) bool("true") floor(1.5)
    ceil(1.5) ceiling(1.5) pow(2, 3) quantize(5, 4) round(1.5) random(5) strcat("a", "b") join(",",
    "a", "b") substr("abc", 1) strcmp("a", "b") stricmp("a", "A") toUpper("a") toLower("A")
    size("abc") time() formatTime(0, "%Y") interval(60) getYear(t) getMonth(t) getDayOfYear(t)
    getDayOfMonth(t) getDayOfWeek(t) getHours(t) getMinutes(t) getSeconds(t) timeZoneOffset()
    stringListsIntersect("a", "a") member("a", {"a"}) identicalMember("a", {"a"}) sum({1}) avg({1})
    min({1}) max({1}) anyCompare("<", {1}, 2) allCompare("<", {1}, 2) regexp("a", "a")
    regexps("(a)", "a", "b") regexpMember("a", {"a"}) replace("a", "a", "b") replaceAll("a", "a",
    "b") versioncmp("1", "2") versionGT("2", "1") versionGE("2", "1") versionLT("1", "2")
    versionLE("1", "2") versionEQ("1", "1") version_in_range("1.5", "1", "2") stringListMember("a",
    "a") stringListIMember("A", "a") stringListSize("a") stringListSum("1") stringListAvg("1")
    stringListMin("1") stringListMax("1") stringListSubsetMatch("a", "a")
    stringListISubsetMatch("A", "a") stringList_regexpMember("a", "a") split("a b")
    splitUserName("a@b") splitSlotName("s@b") evalInEachContext(x, {[x = 1]}) countMatches(x == 1,
    {[x = 1]}) envV1ToV2("a=b") mergeEnvironment("a=b") listToArgs({"a"}) argsToList("a b")
    absTime("2020-01-01T00:00:00Z") relTime("1") dayTime() currentTime()
"""


ALONE = """
import json, sys
from gridware.wms import matching
import classad2
wrong = []
for call in json.load(sys.stdin):
    jdl = f'[ n = 2; t = absTime("2020-01-01T00:00:00Z"); x = 5; a = {call}; ]'
    if matching.parse(jdl).eval("a") is classad2.Value.Error:
        wrong.append(call)
print(json.dumps(wrong))
"""


@pytest.mark.parametrize("table", [functions.LIBRARY, functions.MODULE], ids=["library", "module"])
def test_every_function_that_is_let_in_is_worked_out(table: frozenset[str]) -> None:
    """In a process of its own: what one call has loaded does for all that follow."""
    calls = re.findall(r"\w+\((?:[^()]|\([^()]*\))*\)", CALLS)
    mine = {name: call for call in calls if (name := call.partition("(")[0].lower()) in table}
    assert mine.keys() == table
    ran = subprocess.run(
        [sys.executable, "-c", ALONE],
        input=json.dumps(list(mine.values())),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout) == []


def test_no_other_function_is_let_in() -> None:
    for name in ("eval", "length", "regex", "sumFrom", "userHome", "getField", "nonsense"):
        assert not functions.known(name)

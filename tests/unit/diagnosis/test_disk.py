"""What the disks of a node say of it, by what was seen there."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.box.box import Box
from harness.diagnosis.fact import Case, Seen, View
from harness.diagnosis.facts import disk
from harness.site import Role
from tests.unit.diagnosis.judging import judged
from tests.unit.sites import SITE

CE = SITE.of(Role.CE)[0]
GOOD = {"bytes": 10**9, "free": 5 * 10**8, "files": 1000, "files_free": 500, "error": ""}
MISSING = {"error": "there is no such directory"}


def seen(**places: dict[str, Any]) -> list[Seen]:
    """What is wrong with the CE's disk where these places are so; ``_`` in a name stands for ``/``."""
    rooms = dict.fromkeys(disk._paths(SITE, CE), GOOD)
    rooms |= {
        name.replace("_", "/"): GOOD | room if "bytes" in room else room for name, room in places.items()
    }
    asked, opened, host = disk._wants(SITE, CE)
    modes = {path: {"mode": 0o1777, "changed": 0.0} for path in disk.OPEN}
    answers = {
        CE.name: {json.dumps(asked.words): {"got": rooms}, json.dumps(opened.words): {"got": modes}},
        host.place: {json.dumps(host.words): {"got": {disk.HOSTS: GOOD | {"bytes": 7}}}},
    }
    case = Case(cast(Box, SimpleNamespace(site=SITE)), CE, View(answers))
    return list(disk._disk(case))


def test_a_sound_disk_is_told_nothing_of() -> None:
    assert seen() == []


@pytest.mark.parametrize(
    ("room", "what", "remedy"),
    [
        ({"free": 0}, "is full at /var/log", "`du -xa /var/log | sort"),
        ({"files_free": 0}, "takes no more files at /var/log", "`du --inodes -x /var/log | sort"),
        ({"free": 10**7}, "is nearly full at /var/log", "`du -xa /var/log | sort"),
        ({"error": "Read-only file system"}, "read-only file system", "`mount -o remount,rw /var/log || "),
    ],
    ids=["full", "no inodes", "nearly full", "for reading only"],
)
def test_what_mends_it_names_the_place_and_the_node(room: dict[str, Any], what: str, remedy: str) -> None:
    [found] = seen(_var_log=GOOD | {"bytes": 10**9 + 1} | room)
    assert what in found.why
    assert remedy in found.remedy
    assert "xencenode" in found.remedy


def test_another_error_has_no_remedy_of_its_own() -> None:
    [found] = seen(_var_log=GOOD | {"bytes": 10**9 + 1, "error": "Input/output error"})
    assert (found.remedy, "input/output error" in found.why) == ("", True)


def test_a_directory_that_is_missing_is_the_disks_unless_another_link_tells_of_it() -> None:
    assert [found.why for found in seen(_var_log=MISSING)] == ["lacks /var/log: there is no such directory"]
    assert disk.LEASES in disk._paths(SITE, CE)
    assert disk._trouble(CE.name, disk.LEASES, MISSING) is None


@pytest.mark.parametrize(("options", "told"), [("rw,relatime", False), ("rw,nosuid,noexec,relatime", True)])
def test_jobs_start_programs_in_tmp(options: str, *, told: bool) -> None:
    def answer(_place: str, words: tuple[Any, ...]) -> Any:
        if words[0] == "files":
            return {path: {"mode": 0o1777, "changed": 1.0} for path in disk.OPEN}
        return {"code": 0, "said": f"{options}\n"} if words[0] == "run" else {disk.HOSTS: GOOD}

    found = judged(SITE, "disk", Role.WN, answer)
    assert ["noexec" in each.why for each in found] == [True] * told
    assert all(each.steps[0].line.startswith("mount -o remount,exec /tmp") for each in found)

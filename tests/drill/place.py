"""The box that drills are held on, and the checks as a trainer runs them."""

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.box import restart
from harness.box.box import Box, attach
from harness.command import CommandResult
from harness.diagnosis.diagnose import diagnose
from harness.drill import checks
from harness.faults import standing
from harness.faults.registry import named
from harness.report.verdict import CheckResult, Outcome
from harness.state import checkout
from tests.drill import printed
from tests.drill.console import type_at
from tests.drill.drill import FAULT, HERE, RESTART, Drill, Line
from tests.integration.boxes import standing as standing_box
from tests.unit.sites import SITE


@dataclass
class Place:
    """A box, and a directory for results."""

    box: Box
    directory: Path
    runs: int = 0

    def do(self, line: Line) -> CommandResult:
        """Type a line where it belongs."""
        place, text = line
        if place == FAULT:
            standing.put(self.box, named(text))
            return CommandResult(text, place, 0, "", "", 0.0)
        if line == RESTART:
            restart.restart(self.box)
            return CommandResult(text, place, 0, "", "", 0.0)
        if place == HERE:
            return self._type(text)
        if place.startswith("console "):
            type_at(self.box.name, place.removeprefix("console "), text)
            return CommandResult(text, place, 0, "", "", 0.0)
        if place == "dom0":
            return self.box.dom0.run(text)
        if place == "outside":
            return self.box.outside.run(text)
        return self.box.shell(next(node for node in self.box.site.nodes if node.role == place)).run(text)

    def _type(self, text: str) -> CommandResult:
        """A line of icebox, for this box."""
        command, *words = shlex.split(text)[1:]
        typed = [str(checkout() / "icebox"), command, "--box", self.box.name, *words]
        done = subprocess.run(typed, cwd=checkout(), capture_output=True, text=True, check=False)
        return CommandResult(text, HERE, done.returncode, done.stdout, done.stderr, 0.0)

    def check(self, drill: Drill) -> CheckResult:
        """What becomes of the drill's check now."""
        self.runs += 1
        started = time.monotonic()
        verdict = checks.run(
            self.box.name, self.directory / f"{self.runs}", "-n0", "-m", "", "-k", drill.select
        )
        print(f"{drill}: {time.monotonic() - started:.0f} s")
        [found] = [check for check in verdict.checks if check.id == drill.check]
        return found


@contextmanager
def place(directory: Path) -> Iterator[Place]:
    """A box of its own, or the one that ICEBOX_DRILL_BOX names; of its own nothing is left."""
    named = os.environ.get("ICEBOX_DRILL_BOX")
    if named:
        box = attach(named)
        yield Place(box, directory)
        box.close()
        return
    with standing_box(SITE, "drill") as box:
        yield Place(box, directory)


def a_place() -> Any:
    """The fixture of a module that holds drills: one place for all of them."""

    @pytest.fixture(scope="module")
    def held_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
        with place(tmp_path_factory.mktemp("drill")) as found:
            yield found

    return held_on


def hold(place: Place, drill: Drill) -> None:
    """Break it, see what the check says and the remedy shows, do what it says, and see it pass."""
    try:
        for line in drill.breaks:
            done = place.do(line)
            assert done.ok, f"could not be broken: {line}: {done.output}"
        broken = _with_findings(place.box, place.check(drill))
        _expect_told(drill, broken)
        for where, command, shown in drill.looks:
            assert command in broken.remedy, f"the remedy does not print `{command}`: {broken.remedy}"
            seen = place.do((where, command)).output
            assert shown in seen, f"`{command}` does not show {shown!r}: {seen[-2000:]}"
    finally:
        try:
            mended = [place.do(line) for line in drill.mends]
            after = place.check(drill)
        finally:
            for each in standing.standing(place.box.ledger):
                standing.take(place.box, each)
    assert [each.output for each in mended if not each.ok] == []
    assert after.outcome is Outcome.PASSED, f"the remedy does not mend it: {after.message}"


def _with_findings(box: Box, failed: CheckResult) -> CheckResult:
    """The check, and what a look finds beneath it: a check has the words of the command alone."""
    found = diagnose(box).broken
    return replace(
        failed,
        message="\n".join([failed.message, *(each.what for each in found)]),
        remedy="; ".join(filter(None, [failed.remedy, *(each.remedy for each in found)])),
    )


def _expect_told(drill: Drill, found: CheckResult) -> None:
    assert found.outcome is drill.outcome, f"{drill.check} is {found.outcome}: {found.message}"
    assert re.search(drill.says, found.message), f"not {drill.says!r}: {found.message}"
    for part in printed.parts(drill.remedy):
        wanted = ".+".join(map(re.escape, part.split(printed.GAP)))
        assert re.search(wanted, found.remedy), f"not {part!r}: {found.remedy}"
    assert found.message.partition("\n")[0].strip("."), "the first line says nothing"

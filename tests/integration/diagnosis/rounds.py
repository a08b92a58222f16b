"""Faults of several tests are in at once, one at a machine: each is found as if it were alone.

A look at all of a box costs as much as ten at one link, so tests share it.  A round of them begins with one
that finds just their faults, each test mends its own and sees its link well, and a last one finds nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

import pytest

from harness.box.box import Box
from harness.deadline import wait_for
from harness.diagnosis.diagnose import ALL, ails, id_of
from harness.diagnosis.finding import Finding
from harness.services.graph import Graph
from tests.integration.diagnosis.breaking import MENDED, Breaking, icebox
from tests.unit.sites import SITE

GRAPH = Graph(SITE, links=ALL)
PLACED = {id_of(each): each for each in GRAPH.all}


@dataclass(frozen=True)
class Fault:
    """A line typed at a place of the box (``Breaking.place``), and the id of what is found then."""

    found: str
    where: str
    line: str
    undo: str
    """What is typed in the end, if the remedy does not put back all."""
    until: str
    """A line that succeeds once the fault is in."""
    degraded: bool

    @property
    def machines(self) -> frozenset[str]:
        """Where it is put in, and where it is found."""
        node = SITE.node(self.where.removeprefix("net:"))
        return frozenset({node.name if node else self.where, self.found.partition("@")[2] or "dom0"})

    def bears(self, other: Self) -> bool:
        """Whether what it breaks is beneath what the other one does, and would hide that.

        So may the same link elsewhere, with which it is compared.  A link of the dom0 may be beneath all, and
        one that is only suspected is told of where nothing else explains what does not go.
        """
        own = PLACED[self.found]
        if own.node is None or getattr(own.link, "suspect", False):
            return True
        return own.link == PLACED[other.found].link or own in GRAPH.beneath(PLACED[other.found])


def breaks(
    found: str, where: str, line: str, undo: str = "", *, until: str = "", degraded: bool = False
) -> pytest.MarkDecorator:
    """Put that in for the test, which has what is found of it in the fixture ``broken``."""
    return pytest.mark.breaks(Fault(found, where, line, undo, until, degraded))


def breaks_each(
    found: str, where: str, lines: Iterable[str] | Mapping[str, str], *, degraded: bool = False
) -> pytest.MarkDecorator:
    """The same by each of these lines, which may have what undoes it, for a test of its own."""
    undoing = lines if isinstance(lines, Mapping) else dict.fromkeys(lines, "")
    faults = [
        pytest.param(line, marks=breaks(found, where, line, undo, degraded=degraded))
        for line, undo in undoing.items()
    ]
    return pytest.mark.parametrize("broken", faults, indirect=True)


def fault_of(test: pytest.Item) -> Fault | None:
    mark = test.get_closest_marker("breaks")
    return mark.args[0] if mark else None


@dataclass
class Round:
    """Tests whose faults are in together."""

    faults: dict[pytest.Item, Fault] = field(default_factory=dict)
    _breaking: Breaking | None = None
    _findings: Mapping[str, Finding] = field(default_factory=dict)

    def takes(self, fault: Fault) -> bool:
        """Whether it is found beside those that are there, and they beside it."""
        return not any(
            each.machines & fault.machines or each.bears(fault) or fault.bears(each)
            for each in self.faults.values()
        )

    def broken(self, box: Box, test: pytest.Item) -> "Broken":
        """What was found of a test's fault; the first one that asks has all of them put in."""
        if self._breaking is None:
            self._breaking = Breaking(box)
            for each in self.faults.values():
                self._breaking.put(each.where, each.line, each.undo)
            for each in self.faults.values():
                if each.until:
                    self._breaking.until(each.where, each.until, f"the fault of {each.found} to be in")
            self._findings = self._breaking.just((each.found, each.degraded) for each in self.faults.values())
        assert self._findings, "not all of its round was found: the first test of it says what was"
        fault = self.faults[test]
        return Broken(self._breaking, fault, self._findings[fault.found])

    def is_last(self, test: pytest.Item) -> bool:
        return test is [*self.faults][-1]

    def end(self) -> None:
        """Take out what is still in; then nothing is found."""
        if self._breaking is not None:
            self._breaking.restore()


@dataclass(frozen=True)
class Broken:
    """A fault that is in, what was found of it, and what is typed against it."""

    breaking: Breaking
    fault: Fault
    finding: Finding

    @property
    def commands(self) -> list[str]:
        """Those of the remedy."""
        return re.findall(r"`([^`]*)`", self.finding.remedy)

    @property
    def restoring(self) -> int:
        """Which of them puts files back."""
        return next(at for at, line in enumerate(self.commands) if line.startswith("./icebox restore "))

    def follow(self, *numbers: int) -> None:
        """Type these commands of the remedy, of its first one if none is named, and see the link well."""
        for number in numbers or (0,):
            command = self.commands[number]
            if command.startswith("./icebox "):
                icebox(self.breaking.box, *command.split()[1:])
            else:
                self.type(command)
        self.expect_well()

    def mend(self, line: str) -> None:
        """Type what a person does who has read the remedy, and see the link well."""
        self.type(line)
        self.expect_well()

    def type(self, line: str) -> str:
        """Type a line where the fault was put in, which has to succeed; what it prints."""
        return self.breaking.type(self.fault.where, line)

    def expect_well(self) -> None:
        """Wait until its link is well; the round's last look tells of all others."""
        box, found = self.breaking.box, self.fault.found
        wait_for(f"{found} to be well", lambda: not ails(box, [found]), MENDED, pause=0.5)


def in_rounds(tests: list[pytest.Item]) -> dict[pytest.Item, Round]:
    """The round of each test that breaks something, those of one round one after another."""
    rounds: list[Round] = []
    for test in tests:
        if fault := fault_of(test):
            mine = next((each for each in rounds if each.takes(fault)), None)
            if mine is None:
                rounds.append(mine := Round())
            mine.faults[test] = fault
    return {test: each for each in rounds for test in each.faults}

"""One of several WNs that is down is no fault of the box as long as jobs get to the others."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.box.box import Box
from harness.diagnosis import diagnose
from harness.diagnosis.diagnose import ALL
from harness.diagnosis.fact import Seen
from harness.diagnosis.looked import Looked
from harness.diagnosis.reserve import spared
from harness.services.graph import Graph, Placed
from harness.site import Role
from tests.unit.sites import site_with


def graph(tmp_path: Path, wns: int) -> Graph:
    address = 'address = "192.168.1.3"\n'
    return Graph(site_with(tmp_path, (f"{address}count = 1", f"{address}count = {wns}")), "school", ALL)


def at(graph: Graph, name: str, node: str) -> Placed:
    return next(each for each in graph.all if each.link.name == name and str(each.node) == node)


@pytest.mark.parametrize("name", ["node", "slurmd", "tunnelled"])
def test_one_of_two_is_spared(tmp_path: Path, name: str) -> None:
    two = graph(tmp_path, 2)
    down = at(two, name, str(two.site.of(Role.WN)[-1]))
    assert spared(two, {down: Seen("is down")}, [down]) == {down}


def test_the_only_one_is_not(tmp_path: Path) -> None:
    one = graph(tmp_path, 1)
    down = at(one, "node", "xenwnnode")
    assert spared(one, {down: Seen("is down")}, [down]) == frozenset()


def test_both_are_not(tmp_path: Path) -> None:
    two = graph(tmp_path, 2)
    down = {at(two, "slurmd", str(node)): Seen("is down") for node in two.site.of(Role.WN)}
    assert spared(two, down, down) == frozenset()


def test_one_whose_jobs_are_lost_is_not(tmp_path: Path) -> None:
    two = graph(tmp_path, 2)
    first = str(two.site.of(Role.WN)[0])
    full = at(two, "disk", first)
    assert spared(two, {full: Seen("is full")}, [full]) == frozenset()


def test_one_for_which_jobs_do_not_come_back_is_not(tmp_path: Path) -> None:
    two = graph(tmp_path, 2)
    down, job = at(two, "slurmd", str(two.site.of(Role.WN)[0])), at(two, "job", "xencenode")
    assert spared(two, {down: Seen("is down")}, [down, job]) == frozenset()


@pytest.mark.parametrize("slow", [True, False], ids=["only slow", "lost"])
def test_a_job_that_only_took_long_misses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    two = graph(tmp_path, 2)
    down, job = at(two, "slurmd", str(two.site.of(Role.WN)[0])), at(two, "job", "xencenode")
    broken = {down: Seen("is down"), job: Seen("gets no answer in time")}
    asked: list[Placed] = []

    def look(_box: Box, links: list[Placed], _patience: float) -> Looked:
        asked.extend(links)
        return Looked({} if slow else {job: broken[job]})

    monkeypatch.setattr(diagnose, "_look", look)
    monkeypatch.setattr(diagnose, "slowness", lambda _place: 1.0)
    box = cast(Box, SimpleNamespace(site=two.site, dom0=None))
    missed_by = diagnose._missing(box, two, {down: broken[down]}, Looked(broken))
    assert asked == [job]
    assert set(missed_by) == ({down} if slow else {down, job})

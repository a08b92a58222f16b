"""Ask the whole graph of a box what is broken, without any check."""

from __future__ import annotations

import time

from harness.box.box import Box
from harness.diagnosis.finding import Finding, Findings
from harness.services import status
from harness.services.graph import Broken, Graph


def diagnose(box: Box) -> Findings:
    """The first broken links of a box, and what is degraded; never raises for what it can't ask."""
    started = time.monotonic()
    found = status.of(box)
    broken = tuple(_finding(found.graph, each) for each in found.broken)
    return Findings(broken, seconds=time.monotonic() - started)


def _finding(graph: Graph, broken: Broken) -> Finding:
    placed = broken.placed
    above = (each for each in graph.all if placed in graph.beneath(each))
    return Finding(
        link=placed.link.name,
        node=placed.node.name if placed.node else "",
        what=str(broken),
        stops=tuple(str(each) for each in above),
        means=placed.link.means,
        remedy=broken.remedy,
    )

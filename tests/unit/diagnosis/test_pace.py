"""A service that is many times slower than its fellows is degraded; on a slow machine all are slow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from harness.box.box import Box
from harness.diagnosis.diagnose import ALL
from harness.diagnosis.fact import Case, Seen, View
from harness.diagnosis.facts import pace as facts
from harness.dom0.pace import IDLE
from harness.dom0.talk import Answer
from harness.services.graph import Graph
from harness.services.registry import GATEKEEPER
from harness.site import Site


def seen(
    site: Site, others: float, gatekeeper: Answer, slowness: float = 1.0, pace: float = 1.0
) -> list[Seen]:
    """What is told of the CE whose gatekeeper answers so, on a machine that is so many times too slow."""
    port = site.public_port(site.ce, GATEKEEPER.port)
    doors = {row.first: Answer("", [], others) for row in site.ports} | {port: gatekeeper}
    typed = SimpleNamespace(seconds=IDLE * slowness)
    dom0 = SimpleNamespace(run=lambda _words: typed, pace=1.0)
    address = site.public_address
    box = cast(Box, SimpleNamespace(site=site, public_address=address, dom0=dom0, pace=pace))
    [fact] = facts.FACTS
    return list(fact.seen(Case(box, site.ce, View({}, doors=doors))))


def test_one_slow_service_is_degraded_and_named(site: Site) -> None:
    [problem] = seen(site, 0.02, Answer("", [], 3.0))
    assert problem.degraded
    assert problem.why.startswith(f"is slow: {GATEKEEPER.title} took 3.0 s")


@pytest.mark.parametrize(
    ("others", "gatekeeper", "slowness"),
    [
        (0.02, Answer("", [], 0.5), 1.0),
        (1.0, Answer("", [], 3.0), 1.0),
        (0.02, Answer("", [], 1.2), 6.0),
        (0.02, Answer("the connection is refused", [], 0.01), 1.0),
    ],
    ids=["a moment", "all are slow", "a slow machine", "nobody there"],
)
def test_it_is_not(site: Site, others: float, gatekeeper: Answer, slowness: float) -> None:
    assert seen(site, others, gatekeeper, slowness) == []


def test_on_an_emulated_box_nobody_should_wait_for_as_much_longer(site: Site) -> None:
    assert seen(site, 0.3, Answer("", [], 4.0), pace=10.0) == []
    assert seen(site, 0.3, Answer("", [], 6.0), pace=10.0)


def test_one_that_gives_no_answer_in_its_time_is_slow_unless_it_is_broken(site: Site) -> None:
    [problem] = seen(site, 0.02, Answer("it says nothing within 2 s", [], 2.0))
    assert problem.degraded
    graph = Graph(site, "box", ALL)
    [placed] = [each for each in graph.all if each.link is facts.FACTS[0] and each.node == site.ce]
    assert any(each.link is GATEKEEPER for each in graph.beneath(placed))

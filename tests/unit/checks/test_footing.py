"""Dead services: told by one check, and blocking the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from harness.box.ready import Wanted
from harness.checks.footing import CONDOR, TELLING, Footing, block_by, lost_for_jobs
from harness.command import CommandResult
from harness.image import part
from harness.site import Node, Role, Site
from harness.sitefile import load
from harness.state import checkout

GATEKEEPER, SLURMD = 2119, 6818


@pytest.fixture
def site() -> Site:
    return load(checkout() / "icebox.toml")


def without(*ports: int) -> Callable[[Iterable[Wanted]], set[Wanted]]:
    """Everything answers but these."""
    return lambda wanted: {each for each in wanted if each[1].port not in ports}


def with_twins(site: Site) -> Site:
    """A second CE and a second WN."""
    twins = tuple(replace(node, name=f"{node.name}2") for node in (site.ce, site.wn))
    return replace(site, nodes=(*site.nodes, *twins))


def test_every_service_named_is_one() -> None:
    there = {(role, port.name) for role in Role for port in part.ports(role.value)}
    assert set(TELLING) <= there


def test_who_is_blocked_and_by_what(site: Site) -> None:
    footing = Footing(site, without(GATEKEEPER), late=0)
    with pytest.raises(
        pytest.skip.Exception, match=r"^blocked by CE-1: gatekeeper on xencenode does not answer$"
    ):
        footing.need("slurmd", "gatekeeper")
    footing.need("slurmd", "voms")


def test_nobody_is_blocked_where_all_answer(site: Site) -> None:
    footing = Footing(site, without(), late=0)
    assert footing.dead() == ()
    block_by(footing.dead_at((node, 2119) for node in site.nodes).values())


def test_what_no_check_tells_of_blocks_none(site: Site) -> None:
    # Remote I/O has no check of its own: NET-4 must go red.
    footing = Footing(site, without(3147, GATEKEEPER), late=0)
    places = [(site.se, 3147), (site.ce, GATEKEEPER), (site.ui, 22)]
    assert [each.check for each in footing.dead_at(places).values()] == ["CE-1"]


def test_a_further_node_counts_where_its_check_looks_at_all(site: Site) -> None:
    # CE-1 asks the first CE: of a second one it can't tell, so others must.
    first = {site.ce, site.wn}

    def ask(wanted: Iterable[Wanted]) -> set[Wanted]:
        return {(node, port) for node, port in wanted if node in first}

    dead = Footing(with_twins(site), ask, late=0).dead("gatekeeper", "slurmd")
    assert [(each.node.name, each.check) for each in dead] == [("xenwnnode2", "WN-1")]


def test_a_service_gets_time_once_and_counts_as_soon_as_it_is_back(site: Site) -> None:
    answers = iter([False, True, False, True])

    def ask(wanted: Iterable[Wanted]) -> set[Wanted]:
        return set(wanted) if next(answers) else set()

    patient = Footing(site, ask, late=60)
    assert patient.dead("gatekeeper") == (), "it was given no time"
    hasty = Footing(site, ask, late=0)
    assert hasty.dead("gatekeeper")
    assert not hasty.dead("gatekeeper")


def test_a_service_known_to_be_dead_is_not_waited_for_again(site: Site) -> None:
    asked: list[set[Wanted]] = []

    def ask(wanted: Iterable[Wanted]) -> set[Wanted]:
        asked.append(set(wanted))
        return set()

    footing = Footing(site, ask, late=0)
    footing.dead("gatekeeper")
    before = len(asked)
    footing._late = 3600  # with patience, it would take an hour
    assert footing.dead("gatekeeper")
    assert len(asked) == before + 1


def test_a_service_that_answers_and_serves_nobody_is_told_of(site: Site) -> None:
    asked: list[str] = []

    def probe(node: Node) -> str:
        asked.append(node.name)
        return "gets no jobs: for the scheduler it is down"

    footing = Footing(site, without(), late=0, probes={"slurmd": probe}, probed=0)
    assert not footing.dead("gatekeeper")
    assert footing.lost("slurmctld", "slurmd") == (
        "slurmd on xenwnnode gets no jobs: for the scheduler it is down"
    )
    with pytest.raises(pytest.skip.Exception, match=r"^blocked by WN-1: slurmd on xenwnnode gets no jobs"):
        footing.need("slurmd")
    assert asked == ["xenwnnode"], "an answer of a moment ago is asked for again"


def test_a_service_that_serves_nobody_for_a_moment_gets_time(site: Site) -> None:
    told = iter(["down", ""])
    footing = Footing(site, without(), late=0, probes={"slurmd": lambda node: next(told)}, probed=60)
    assert footing.lost("slurmd") == ""


@pytest.mark.parametrize(("state", "lost"), [("free", ""), ("job-exclusive", ""), ("down", "it is down")])
def test_what_the_scheduler_says_of_a_wn(site: Site, state: str, lost: str) -> None:
    class Root:
        def run(self, line: str) -> CommandResult:
            assert line == "pbsnodes -a"
            return CommandResult(line, "xencenode", 0, f"xenwnnode\n     state = {state}\n", "", 0.1)

    box = SimpleNamespace(site=site, shell=lambda node: Root())
    assert lost_for_jobs(box, site.wn).endswith(lost)
    assert bool(lost_for_jobs(box, site.wn)) == bool(lost)


def test_what_takes_jobs_to_the_ces_is_asked_for_beside_the_broker(site: Site) -> None:
    inactive = "is inactive: no job gets from the broker to a CE"
    footing = Footing(site, set, late=0, probes={CONDOR: lambda _: inactive}, probed=0)
    [dead] = footing.dead("broker", CONDOR)
    assert (str(dead), dead.check) == (f"condor on xenrbnode {inactive}", "WMS-1")
    assert footing.dead("broker") == (), "the broker's door needs no condor"


def test_the_check_that_tells_of_a_service_is_not_blocked_by_it(site: Site) -> None:
    footing = Footing(site, without(22), late=0)
    footing.need("ssh", telling="UI-1")
    with pytest.raises(pytest.skip.Exception, match="blocked by UI-1: ssh on xenuinode does not answer"):
        footing.need("ssh")

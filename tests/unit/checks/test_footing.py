"""Dead services: told by one check, and blocking the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from harness.box.ready import Wanted
from harness.checks.footing import TELLING, Footing, block_by
from harness.image import part
from harness.site import Role, Site
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

"""Broken links: told by one check, blocking the others, and laid where the trouble begins."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.checks.resting import rest_on
from harness.errors import CheckFailed
from harness.services.graph import Graph, Placed
from harness.services.health import Ask, Health
from harness.site import Node, Site

SILENT = "does not answer"


def without(*names: str, why: str = SILENT) -> Ask:
    """All works but these, by name or as ``name@role``."""

    def ask(placed: Iterable[Placed], each: float) -> Mapping[Placed, str]:
        return {
            one: why
            for one in placed
            if {one.link.name, f"{one.link.name}@{one.node.role if one.node else ''}"} & {*names}
        }

    return ask


Make = Callable[..., Health]


@pytest.fixture
def health(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes one that believes nobody's earlier answers."""

    def make(site: Site, ask: Ask, patience: float | None = 0.0, chosen: list[str] | None = None) -> Health:
        return Health(Graph(site, "school"), ask, tmp_path_factory.mktemp("good"), chosen, patience=patience)

    return make


def with_twins(site: Site) -> Site:
    """A second CE and a second WN."""
    twins = tuple(replace(node, name=f"{node.name}2", index=2) for node in (site.ce, site.wn))
    return replace(site, nodes=(*site.nodes, *twins))


def told(found: Health, *names: str) -> list[tuple[str, str]]:
    return [(str(each), each.told_by) for each in found.broken(*names)]


def test_who_is_blocked_and_by_what(site: Site, health: Make) -> None:
    found = health(site, without("gatekeeper"))
    with pytest.raises(
        pytest.skip.Exception, match=r"^blocked by CE-1: gatekeeper on xencenode does not answer$"
    ):
        rest_on(found.broken("slurmd", "gatekeeper"))
    rest_on(found.broken("slurmd", "voms"))


def test_nobody_is_blocked_where_all_work(site: Site, health: Make) -> None:
    found = health(site, without())
    assert found.broken("gatekeeper", "jobs", "student", "node", "box") == ()
    rest_on(found.broken_at((node, 2119) for node in site.nodes).values())


def test_the_check_that_tells_fails_with_what_mends_it(site: Site, health: Make) -> None:
    found = health(site, without("ssh@ui"))
    with pytest.raises(CheckFailed, match="ssh on xenuinode does not answer") as caught:
        rest_on(found.broken("ssh"), "UI-1")
    assert caught.value.remedy == "`./icebox console ui` gets there: `systemctl restart ssh`"
    with pytest.raises(pytest.skip.Exception, match="blocked by UI-1: ssh on xenuinode does not answer"):
        rest_on(found.broken("student"), "UI-2")
    assert told(found, "ssh@ce") == [], "ssh of another node"


def test_where_the_check_that_tells_was_left_out_any_tells(site: Site, health: Make) -> None:
    found = health(site, without("broker", "gatekeeper"), chosen=["GUIDE-4", "CE-1"])
    with pytest.raises(CheckFailed, match=r"^broker on xenrbnode does not answer") as caught:
        rest_on(found.broken("broker", "gatekeeper"), "GUIDE-4")
    assert "systemctl start icebox-wms condor" in caught.value.remedy
    with pytest.raises(CheckFailed, match=r"^broker on xenrbnode does not answer"):
        rest_on(found.broken("broker"))
    with pytest.raises(pytest.skip.Exception, match="blocked by CE-1"):
        rest_on(found.broken("gatekeeper"), "GUIDE-4")


def test_of_two_faults_a_check_tells_its_own(site: Site, health: Make) -> None:
    found = health(site, without("gatekeeper", "condor"))
    with pytest.raises(CheckFailed, match="condor on xenrbnode"):
        rest_on(found.broken("jobs"), "WMS-1")


def test_a_further_node_counts_where_its_check_looks_at_all(site: Site, health: Make) -> None:
    # CE-1 asks the first CE: of a second one it can't tell, so others must.
    first = {site.ce, site.wn}

    def ask(placed: Iterable[Placed], each: float) -> Mapping[Placed, str]:
        return {one: SILENT for one in placed if one.node not in (*first, None) and one.link.name != "node"}

    found = health(with_twins(site), ask).broken("gatekeeper", "slurmd")
    assert {(str(each.placed), each.told_by) for each in found} == {
        (f"{link} on {name}", "WN-1") for link in ("munge", "tunnel") for name in ("xencenode2", "xenwnnode2")
    }


def test_the_first_broken_link_is_named_and_not_what_stands_on_it(site: Site, health: Make) -> None:
    assert told(health(site, without("mariadb", "voms")), "voms") == [
        ("mariadb on xenrbnode does not answer", "UI-2")
    ]
    assert told(health(site, without("munge@ce", "slurmctld", "slurmd")), "jobs") == [
        ("munge on xencenode does not answer", "WN-1")
    ]
    frozen = health(site, without("node@ce", "gatekeeper", "bdii@ce", "slurmctld", "munge@ce"))
    assert told(frozen, "gatekeeper", "slurmd") == [("xencenode does not answer", "BOX-2")]


def test_a_node_is_asked_only_where_something_on_it_is_broken(site: Site, health: Make) -> None:
    asked: list[str] = []

    def ask(placed: Iterable[Placed], each: float) -> Mapping[Placed, str]:
        listed = list(placed)
        asked.extend(str(one) for one in listed)
        return {one: SILENT for one in listed if one.link.name == "gatekeeper"}

    health(site, ask).broken("gatekeeper", "voms")
    assert asked.count("xencenode") == 1
    assert "xenrbnode" not in asked


def test_services_at_places_are_broken_by_what_is_beneath(site: Site, health: Make) -> None:
    places = [(site.rb, 15001), (site.ce, 2119), (site.ce, 22), (site.rb, 2172)]
    found = health(site, without("mariadb", "records")).broken_at(places)
    # Of records no check tells.
    assert {place: str(each.placed) for place, each in found.items()} == {
        (site.rb, 15001): "mariadb on xenrbnode"
    }


def test_a_service_gets_time_once_and_counts_as_soon_as_it_is_back(site: Site, health: Make) -> None:
    answers = iter([False, True, False, False, True])

    def ask(placed: Iterable[Placed], each: float) -> Mapping[Placed, str]:
        listed = [one for one in placed if one.link.name == "gatekeeper"]
        return {} if not listed or next(answers) else dict.fromkeys(listed, SILENT)

    assert health(site, ask, patience=60).broken("gatekeeper") == (), "it was given no time"
    hasty = health(site, ask)
    assert hasty.broken("gatekeeper")
    hasty._patience = 3600  # with patience, it would take an hour
    assert hasty.broken("gatekeeper"), "it was waited for again"
    assert not hasty.broken("gatekeeper")


def test_an_answer_holds_for_a_while_and_the_box_is_always_looked_at(site: Site, health: Make) -> None:
    asked: list[str] = []

    def ask(placed: Iterable[Placed], each: float) -> Mapping[Placed, str]:
        asked.extend(one.link.name for one in placed)
        return {}

    found = health(site, ask)
    for _ in range(2):
        found.broken("gatekeeper", "box")
    assert sorted(asked) == ["box", "box", "gatekeeper"]


def test_processes_side_by_side_ask_once(site: Site, tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(placed: Iterable[Placed], each: float) -> Mapping[Placed, str]:
        asked.extend(one.link.name for one in placed)
        return {}

    for _ in range(2):
        Health(Graph(site), ask, tmp_path / "good").broken("gatekeeper")
    assert asked == ["gatekeeper"]


def test_what_stands_on_a_broken_link_is_not_waited_for(site: Site, health: Make) -> None:
    # slurmd alone would get a minute: the scheduler may not have heard of it.
    found = health(site, without("munge@wn", "slurmd"), None)
    found._known.update(found.graph.named("munge"))
    asked: list[int] = []
    ask = found._ask
    found._ask = lambda placed, each: asked.append(1) or ask(placed, each)  # type: ignore[func-returns-value]
    assert found.broken("slurmd")
    assert len(asked) == 2, "once, and what is beneath"


def test_a_name_that_there_is_not(site: Site, health: Make) -> None:
    with pytest.raises(KeyError, match="gatekeper"):
        health(site, without()).broken("gatekeper")


@pytest.mark.parametrize(
    ("down", "name", "check", "what"),
    [("box", "box", "BOX-1", "the box school is down"), ("node@ce", "node", "BOX-2", "xencenode is down")],
)
def test_what_follows_a_failed_restart_is_blocked_and_one_check_tells(
    site: Site, down: str, name: str, check: str, what: str, health: Make
) -> None:
    found = health(site, without(down, why="is down"))
    with pytest.raises(pytest.skip.Exception, match=f"^blocked by {check}: {what}$"):
        rest_on(found.broken(name), "DNS-2")
    with pytest.raises(CheckFailed, match=what) as caught:
        rest_on(found.broken(name), check)
    assert "./icebox start --box school" in caught.value.remedy


@pytest.fixture
def second_ce(site: Site) -> Callable[[str], Placed]:
    graph = Graph(with_twins(site))
    return lambda name: next(
        each for each in graph.all if each.link.name == name and each.node and each.node.index == 2
    )


def test_a_wn_rests_on_its_own_ces_batch_server(site: Site, second_ce: Callable[[str], Placed]) -> None:
    graph = Graph(with_twins(site))
    needs: list[Node | None] = [each.node for each in graph.needs(second_ce("slurmd"))]
    assert [node and node.name for node in needs] == ["xenwnnode2", "xenwnnode2", "xencenode2"]


@pytest.mark.parametrize(("pace", "seconds"), [(1.0, 2.0), (5.0, 10.0), (500.0, 20.0)])
def test_emulated_nodes_have_more_patience(site: Site, tmp_path: Path, pace: float, seconds: float) -> None:
    graph = Graph(site)
    health = Health(graph, lambda placed, each: {}, tmp_path / "good", patience=2.0, pace=pace)
    assert health._patience_of(next(iter(graph.named("gatekeeper")))) == seconds

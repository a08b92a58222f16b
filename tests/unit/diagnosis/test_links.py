"""The graph with all facts in it: nothing rests on itself, and trouble begins beneath what it stops."""

import pytest

from harness.diagnosis.diagnose import ALL
from harness.diagnosis.fact import Fact
from harness.diagnosis.facts import FACTS
from harness.report.state import ENTRY, WIRES
from harness.services.graph import ANYWHERE, Graph, Placed, names_of
from tests.unit.sites import SITE


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph(SITE, "school", ALL)


def at(graph: Graph, word: str) -> Placed:
    """A link by name and role: ``disk@se``."""
    name, _, role = word.partition("@")
    return next(
        each
        for each in graph.all
        if each.link.name == name and (not role or (each.node and each.node.role == role))
    )


def test_nothing_rests_on_itself(graph: Graph) -> None:
    assert [str(each) for each in graph.all if each in graph.beneath(each)] == []


def test_what_a_link_carries_and_needs_there_is() -> None:
    known = {*names_of(ALL), "*"}
    words = {word.removeprefix(ANYWHERE) for link in ALL for word in (*link.carries, *link.needs)}
    assert words - known == set()


def test_what_the_drawing_shows_as_wires_there_is() -> None:
    assert (WIRES | ENTRY) - {fact.name for fact in FACTS} == set()


@pytest.mark.parametrize(
    ("broken", "stops"),
    [
        ("forwarding", "names@ce"),
        ("dns", "gridftp@se"),
        ("rules", "door@rb"),
        ("disk@se", "transfer@se"),
        ("disk@rb", "mariadb@rb"),
        ("authority@ce", "login@ce"),
        ("hostcert@rb", "voms@rb"),
        ("hostcert@se", "door@se"),
        ("lsc@se", "transfer@se"),
        ("mungekey@wn", "slurmd@wn"),
        ("queues@ce", "jobs@rb"),
        ("pool@ce", "login@ce"),
        ("pool@ce", "homes@wn"),
        ("members@rb", "student@ui"),
        ("books@rb", "lookup@rb"),
        ("credentials@ui", "student@ui"),
        ("address@wn", "slurmd@wn"),
        ("ranges@se", "transfer@se"),
        ("settings@ce", "login@ce"),
        ("published@ce", "match@rb"),
        ("voms@rb", "proxy@ui"),
        ("books@rb", "sweeper@se"),
        ("accounts@wn", "runs@wn"),
        ("homes@wn", "job@ce"),
        ("staging@ce", "job@ce"),
        ("myproxystore@rb", "stored@rb"),
        ("spool@ce", "slurmctld@ce"),
        ("tunnelled@wn", "slurmd@wn"),
        ("ways@ui", "proxy@ui"),
        ("uplink", "path@se"),
        ("spool@wn", "programs@wn"),
    ],
)
def test_trouble_begins_beneath_what_it_stops(graph: Graph, broken: str, stops: str) -> None:
    first, then = at(graph, broken), at(graph, stops)
    assert first in graph.beneath(then)
    assert graph.roots({first, then}) == (first,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("disk@se", "gatekeeper@ce"),
        ("authority@ce", "gridftp@se"),
        ("pool@se", "login@ce"),
        ("disk@ce", "ssh@wn"),
        ("munge@ce", "stored@rb"),
        ("members@rb", "login@ui"),
        ("slurmd@wn", "transfer@se"),
        # What is between machines is none of why something is wrong on one of them.
        ("names@ce", "queues@ce"),
        ("rules", "members@rb"),
        ("route@se", "disk@se"),
        ("ways@ui", "credentials@ui"),
    ],
)
def test_what_has_nothing_to_do_with_it_is_a_fault_of_its_own(graph: Graph, one: str, other: str) -> None:
    assert set(graph.roots({at(graph, one), at(graph, other)})) == {at(graph, one), at(graph, other)}


def test_what_is_looked_at_can_be_told_to_a_program(graph: Graph) -> None:
    for each in graph.all:
        if isinstance(each.link, Fact):
            wants = list(each.link.wants(graph.site, each.node))
            assert all(want.words and isinstance(want.words[0], str) for want in wants)


def test_what_sweeps_an_se_fails_with_what_it_asks_the_catalogue_by() -> None:
    graph = Graph(SITE, "mine", ALL)
    [sweeper] = [each for each in graph.all if each.link.name == "sweeper"]
    near = (sweeper.node, graph.site.rb)
    beneath = {each.link.name for each in graph.beneath(sweeper) if each.node in near}
    assert {"catalogue", "authority", "hostcert", "names", "ways"} <= beneath

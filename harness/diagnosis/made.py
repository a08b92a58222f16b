"""A finding made of what was seen of a link: what it stops, who tells of it, its remedy with names in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from harness.diagnosis import evidence
from harness.diagnosis.fact import Seen
from harness.diagnosis.facts import typed
from harness.diagnosis.finding import Finding, Step
from harness.services.graph import Graph, Placed
from harness.services.service import Service


def finding(
    graph: Graph,
    placed: Placed,
    seen: Seen,
    told: Mapping[Placed, evidence.Told],
    victims: Collection[Placed] = (),
) -> Finding:
    """What is told of a link, with what rests on it."""
    node = placed.node
    more = told.get(placed, evidence.Told())
    site = graph.site
    names = {"node": node, "box": graph.box, "public": site.public_address, "db": site.vo_database}
    here = {placed, *victims}
    above = [*victims, *(each for each in graph.all if here & graph.beneath(each))]
    mends = [line.format(vo=graph.site.vo) for line in evidence.mends_of(placed)]
    return Finding(
        link=placed.link.name,
        node=node.name if node else "",
        what=f"{placed} {seen.why}",
        probe=seen.probe,
        output=seen.output,
        since=seen.since or more.since,
        log=more.log,
        stops=tuple(str(each) for each in above),
        words=_words(graph, (placed, *above)),
        told_by=_told_by(placed, above),
        means=placed.link.means,
        remedy=_filled(seen.remedy or placed.link.remedy, names),
        steps=seen.steps or tuple(Step(node.name if node else "", line) for line in mends),
        degraded=seen.degraded,
    )


def _told_by(placed: Placed, above: Iterable[Placed]) -> str:
    """The check that is about it, or about the first thing that rests on it."""
    return next((each.link.told_by for each in (placed, *above) if each.link.told_by), "")


def _words(graph: Graph, placed: Iterable[Placed]) -> tuple[str, ...]:
    """What checks name if they rest on one of these, or on a service that serves nobody for it."""
    found: dict[str, None] = {}
    for one in placed:
        # What a student gets of a service is a fact upon it: without that, all that needs the service fails.
        used = [each for each in graph.needs(one) if isinstance(each.link, Service)] if _typed(one) else []
        for each in (one, *used):
            found[each.link.name] = None
            if each.node:
                found[f"{each.link.name}@{each.node.role}"] = None
    return tuple(found)


def _typed(placed: Placed) -> bool:
    return placed.link in typed.FACTS


def _filled(text: str, names: Mapping[str, object]) -> str:
    """A remedy with names in it; braces that are the shell's own stay."""
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text

"""Ask the whole graph of a box what is broken, without any check."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from harness.box.box import Box
from harness.diagnosis import evidence, view
from harness.diagnosis.fact import Case, Fact, Seen, Unseen, View, Want
from harness.diagnosis.facts import FACTS, settings, student
from harness.diagnosis.finding import Findings
from harness.diagnosis.looked import Looked, laid, roots_of
from harness.diagnosis.made import finding
from harness.diagnosis.reserve import missing, spared
from harness.diagnosis.rounds import doors, is_only_late
from harness.dom0.pace import slowness
from harness.services import ask
from harness.services.graph import Graph, Placed
from harness.services.registry import LINKS, NODE
from harness.services.service import Service

ALL = (*LINKS, student.LOGIN, student.ROOT_LOGIN, *FACTS)
"""Every link: services, and the facts that they and checks rest on."""
AGAIN, LONGEST = 2.5, 12.0
"""How much more time the second look has, at least and at most: a busy machine is not a broken one."""
MORE = 2
"""How often what is degraded is looked at again."""
SPARED = "jobs go to the other worker nodes, and there are fewer slots"
BUSY = 3.0
"""By how much a machine is slower than an idle one that needs no more time than the first look gives."""


def diagnose(box: Box) -> Findings:
    """The first broken links of a box, and what is degraded; never raises for what it can't ask.

    What is broken is looked at twice: only what was so both times is told.
    """
    started = time.monotonic()
    graph = graph_of(box)
    first = _whole(box, graph)
    with ThreadPoolExecutor(max_workers=1) as pool:
        worse_later = pool.submit(_still_degraded, box, first)
        looked = _confirmed(box, graph, first)
    roots = roots_of(graph, looked)
    later = {one: seen for one, seen in looked.degraded.items() if one not in first.degraded}
    late = _still_degraded(box, replace(looked, degraded=later))
    worse = laid(graph, {**worse_later.result(), **late}, looked)
    told = evidence.of(box, roots)
    victims = _victims(roots)
    reserve = spared(graph, roots, _missing(box, graph, roots, looked))
    all_found = {
        placed: finding(graph, placed, seen, told, victims.get(placed, ()))
        for placed, seen in roots.items()
        if not any(placed in each for each in victims.values())
    }
    found = tuple(each for placed, each in all_found.items() if placed not in reserve)
    degraded = tuple(
        replace(each, degraded=True, spared=True, means=SPARED)
        for placed, each in all_found.items()
        if placed in reserve
    ) + tuple(
        finding(graph, placed, seen, {})
        for placed, seen in worse.items()
        if placed not in roots and not graph.beneath(placed) & {*roots, *worse}
    )
    # What is broken may well be why something there could not be looked at.
    excused = {placed.node.name for placed in looked.broken if placed.node}
    unasked = tuple(each for each in looked.unasked if each.partition(":")[0] not in excused)
    changed = tuple(
        finding(graph, placed, seen, {})
        for placed, seen in looked.suspects.items()
        if placed not in {*roots, *worse} and placed.link.suspect  # type: ignore[attr-defined]
    )
    red = frozenset(
        each.link.name for each in looked.broken if each in roots or graph.beneath(each) & roots.keys()
    )
    return Findings(found, degraded, unasked, time.monotonic() - started, changed, red)


def ails(box: Box, ids: Collection[str]) -> bool:
    """Whether any of the links with these ids (``Finding.id``) is broken or degraded now.

    Only they are looked at: it costs a tenth of the whole look, and says nothing of what is beneath.
    """
    meant = [each for each in graph_of(box).all if id_of(each) in ids]
    looked = _look(box, meant, 1.0)
    return bool(looked.broken or looked.degraded)


def id_of(placed: Placed) -> str:
    """The id that a finding of this link has."""
    return f"{placed.link.name}@{placed.node.name}" if placed.node else placed.link.name


def _confirmed(box: Box, graph: Graph, looked: Looked) -> Looked:
    """The same look, with those of the first broken links that are still broken when they have more time.

    What was only slow is not broken, and what stood on it is looked at in its place.
    """
    broken, unseen = dict(looked.broken), set(looked.unseen)
    if not broken:
        return looked
    # What waits for one that is slow is laid at that, whatever more time would tell.
    slow = {each for each in looked.degraded if _is_sure(each)}
    sure = {each for each in broken if graph.beneath(each) & slow}
    known = {door.node for door in doors(box.site) if door.row.first in looked.view.rounds}
    more_time = 0.0
    while True:
        doubtful = [each for each in graph.roots(broken) if each not in sure]
        # What could not be judged at first may be what is beneath; or what was beneath it was only slow.
        late = [each for each in unseen if _may_tell(graph, each, doubtful, broken)]
        if not doubtful and not late:
            return replace(looked, broken=broken, unseen=frozenset(unseen))
        # Of who was silent, nothing was said of how quickly it is.
        told = known - {each.node for each in doubtful if isinstance(each.link, Service)}
        paces = [each for each in _paces(graph, doubtful, sure) if each.node not in told]
        more_time = more_time or _more_time(box)
        again = _look(box, [*doubtful, *late, *paces], more_time)
        unseen -= set(late)
        # What can't be looked at any more is no better for that; what is seen for the first time is doubtful.
        still = {each: broken[each] for each in doubtful if each in again.unseen}
        still |= again.broken
        sure |= still.keys() if doubtful else set()
        broken = {each: seen for each, seen in broken.items() if each not in doubtful} | still
        looked = replace(
            looked,
            degraded={**looked.degraded, **_new(again.degraded, late)},
            suspects={**looked.suspects, **_new(again.suspects, late)},
            unasked=looked.unasked if doubtful else again.unasked,
        )


def _missing(box: Box, graph: Graph, roots: Mapping[Placed, Seen], looked: Looked) -> Collection[Placed]:
    """What is broken, without what was only slow when it seemed to miss a WN that could be spared."""
    doubtful = missing(graph, roots, looked.broken)
    if not doubtful:
        return looked.broken
    again = _look(box, doubtful, _more_time(box))
    return looked.broken.keys() - (doubtful - again.broken.keys() - again.unseen)


def _may_tell(
    graph: Graph, late: Placed, doubtful: Collection[Placed], broken: Mapping[Placed, Seen]
) -> bool:
    """Whether what came too late to be judged may be why something is broken, or the first link that is."""
    if doubtful:
        return any(late in graph.beneath(each) for each in doubtful)
    return not graph.beneath(late) & broken.keys()


def _new(seen: Mapping[Placed, Seen], late: Collection[Placed]) -> dict[Placed, Seen]:
    """What a second look adds to the first one: what that could not judge, and what is sure."""
    return {placed: what for placed, what in seen.items() if placed in late or _is_sure(placed)}


def _paces(graph: Graph, doubtful: Collection[Placed], dead: Collection[Placed]) -> Iterable[Placed]:
    """How quickly nodes answer on which, or on whose services, something rests that may only be slow."""
    silent = {each.node for each in dead if isinstance(each.link, Service)}
    for each in filter(_is_sure, graph.all):
        meant = any(each in graph.beneath(one) or each.node == one.node for one in doubtful)
        if meant and each.node not in silent:
            yield each


def _is_sure(placed: Placed) -> bool:
    return isinstance(placed.link, Fact) and placed.link.sure


def _more_time(box: Box) -> float:
    """By how much longer a second look may take, by how busy the machine is."""
    return min(LONGEST, max(AGAIN, slowness(box.dom0) / BUSY))


def _whole(box: Box, graph: Graph) -> Looked:
    """A look at everything; what came too late to be judged, as on a busy machine, is looked at once more.

    Not what stands on something that is broken: it would be no first link, and may well wait for that.
    """
    first = _look(box, graph.all, 1.0)
    late = [each for each in first.unseen if not graph.beneath(each) & first.broken.keys()]
    if not late:
        return first
    again = _look(box, late, _more_time(box))
    return Looked(
        {**first.broken, **again.broken},
        {**first.degraded, **again.degraded},
        {**first.suspects, **again.suspects},
        again.unasked,
        again.unseen | (first.unseen - set(late)),
        first.view,
    )


def _still_degraded(box: Box, looked: Looked) -> Mapping[Placed, Seen]:
    """What is still so at one of two more looks: a moment's load is none of it, and what is slow answers now
    and then at once."""
    found = {one: seen for one, seen in looked.degraded.items() if _is_sure(one)}
    for _ in range(MORE):
        left = [one for one in looked.degraded if one not in found]
        found |= _look(box, left, 1.0).degraded if left else {}
    return {one: found[one] for one in looked.degraded if one in found}


def graph_of(box: Box) -> Graph:
    """The graph of a box with all facts in it."""
    return Graph(box.site, box.name, ALL)


def _look(box: Box, placed: Collection[Placed], patience: float) -> Looked:
    """Look at links: services are spoken with while machines are looked at from within."""
    services = [one for one in placed if one.link.asked]
    facts = {one: one.link for one in placed if isinstance(one.link, Fact)}
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(ask.broken, box, services, each=ask.EACH * patience)
        at_doors = {one.node for one, fact in facts.items() if fact.doors and one.node}
        wants = _wants(box, [*facts, *services])
        seen, lost = view.take(box, wants, view.EACH * patience, at_doors)
        silent = asked.result()
    silent = {one: why for one, why in silent.items() if not _is_only_late(one, seen, box)}
    broken = {one: evidence.of_service(one, why, seen, box) for one, why in silent.items()}
    asked_in_vain = frozenset((one.node.name, one.link.name) for one in silent if one.node)
    degraded: dict[Placed, Seen] = {}
    suspects: dict[Placed, Seen] = {}
    unseen: set[Placed] = set()
    unasked = {f"{place}: {why}" for place, why in lost.items()}
    down = {one.node for one in broken if one.link is NODE and one.node}
    for one in facts:
        if one.node in down:
            unseen.add(one)  # it may only have been slow
            continue
        try:
            problems = list(facts[one].seen(Case(box, one.node, seen, asked_in_vain)))
        except Unseen as reason:
            unasked.add(str(reason))
            unseen.add(one)
            continue
        grave = [each for each in problems if not each.degraded]
        if grave:
            (suspects if facts[one].suspect else broken)[one] = _joined(grave)
        elif problems:
            degraded[one] = _joined(problems)
            if facts[one].slows:
                suspects[one] = replace(degraded[one], degraded=False)
    # What could not be looked at because its node is down, or because nobody could look there at all.
    told = tuple(sorted(_telling(unasked, lost, down)))
    return Looked(broken, degraded, suspects, told, frozenset(unseen), seen)


def _is_only_late(placed: Placed, seen: View, box: Box) -> bool:
    """Whether a service had no answer in its time, and has one by the rounds that it was asked then."""
    if placed.node is None or not isinstance(placed.link, Service):
        return False
    return is_only_late(seen.rounds, seen.doors, box.site, placed.node, placed.link)


def _telling(unasked: Collection[str], lost: Mapping[str, str], down: Collection[object]) -> Iterable[str]:
    silent = {str(node) for node in down}
    for each in unasked:
        place = each.partition(":")[0].removesuffix(" was not looked at")
        if place not in silent and (":" in each or place not in lost):
            yield each


def _wants(box: Box, placed: Iterable[Placed]) -> Iterable[Want]:
    for one in placed:
        if isinstance(one.link, Fact):
            yield from one.link.wants(box.site, one.node)
        elif isinstance(one.link, Service) and one.node:
            yield settings.units_of(box.site, one.node)


def _joined(problems: list[Seen]) -> Seen:
    """Several problems of one link: the first one counts, and the others stand behind it.

    What mends them is all that mends each; the link's own remedy stands for what has none.
    """
    first, *others = problems
    if not others:
        return first
    remedies = [each.remedy for each in problems]
    return replace(
        first,
        why="; it ".join([first.why, *(each.why for each in others)]),
        output="\n".join(each.output for each in problems if each.output),
        remedy="; ".join(dict.fromkeys(remedies)) if all(remedies) else first.remedy,
        steps=tuple(dict.fromkeys(step for each in problems for step in each.steps)),
    )


def _victims(roots: Mapping[Placed, Seen]) -> Mapping[Placed, tuple[Placed, ...]]:
    """By a link that is at fault, links of the same name elsewhere that are broken because of it."""
    found: dict[Placed, tuple[Placed, ...]] = {}
    for placed, seen in roots.items():
        for other in roots:
            if seen.of and other.node and other.node.name == seen.of and other.link is placed.link:
                found[other] = (*found.get(other, ()), placed)
    return found

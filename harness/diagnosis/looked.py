"""What came of a look at many links, and which of them trouble begins at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.diagnosis.fact import Seen, View
from harness.services.graph import Graph, Placed
from harness.services.service import Service

COVERED = ": covered by a mount"
"""At the end of a line of what was changed: a file that is whole beneath."""
RESTARTED, RESTORE = "`systemctl restart", "`./icebox restore"
"""In the remedy of what daemons make: the files that they read may be why it is wrong."""


@dataclass(frozen=True)
class Looked:
    """What came of a look at many links."""

    broken: Mapping[Placed, Seen]
    degraded: Mapping[Placed, Seen] = field(default_factory=dict)
    suspects: Mapping[Placed, Seen] = field(default_factory=dict)
    unasked: tuple[str, ...] = ()
    unseen: frozenset[Placed] = frozenset()
    """What could not be judged."""
    view: View = field(default_factory=View)


def roots_of(graph: Graph, looked: Looked) -> dict[Placed, Seen]:
    """The first broken links; where nothing else explains one, the suspects beneath it."""
    found = {placed: looked.broken[placed] for placed in graph.roots(looked.broken)}
    blamed: dict[Placed, Seen] = {}
    for placed in list(found):
        mine = _suspects(graph, placed, looked) if not _is_down(placed, found[placed]) else {}
        itself = {placed: found[placed]}
        others = {each: seen for each, seen in found.items() if each != placed}
        if mine and all(_is_told(suspect, seen, others) for suspect, seen in mine.items()):
            found.pop(placed)
        elif mine and all(_is_told(suspect, seen, itself) for suspect, seen in mine.items()):
            continue  # it says itself what is to be put back
        elif mine:
            blamed |= {
                suspect: replace(seen, output=f"{found[placed].probe}: {found[placed].output}\n{seen.output}")
                for suspect, seen in mine.items()
            }
            found.pop(placed)
        elif (
            placed.link.asked
            or RESTARTED in (found[placed].remedy or placed.link.remedy)
            or _is_covered(found[placed], placed, looked)
        ):
            found[placed] = _with_changes(placed, found[placed], looked.suspects)
    return _one_cause(looked, found) | blamed


def laid(graph: Graph, worse: Mapping[Placed, Seen], looked: Looked) -> dict[Placed, Seen]:
    """What is only degraded, or what was changed directly beneath it there: a queue for packets, a rule."""
    found: dict[Placed, Seen] = {}
    for placed, seen in worse.items():
        mine = {
            each: what
            for each, what in looked.suspects.items()
            if each in graph.needs(placed) and each.node in (placed.node, None)
            if each not in worse and each.link.name != "settings"
        }
        for each, what in mine.items():
            found[each] = replace(what, degraded=True, output=f"{placed} {seen.why}\n{what.output}")
        if not mine:
            found[placed] = seen
    return found


def _suspects(graph: Graph, placed: Placed, looked: Looked) -> Mapping[Placed, Seen]:
    """What may be why a link is broken: what is beneath it there, or else what it rests on elsewhere."""
    beneath, directly = graph.beneath(placed), graph.needs(placed)
    here = (placed.node, None)
    suspects = {each: seen for each, seen in looked.suspects.items() if not _is_taken(each, seen, looked)}
    near = {each: seen for each, seen in suspects.items() if each in beneath and each.node in here}
    mine = near or {each: seen for each, seen in suspects.items() if each in directly}
    mine = {each: seen for each, seen in mine.items() if not (placed.link.plain and each.link.between)}
    # One that rests on another is slow, say, for what lies in that node's network.
    return {each: seen for each, seen in mine.items() if not graph.beneath(each) & mine.keys()}


def _is_taken(suspect: Placed, seen: Seen, looked: Looked) -> bool:
    """Whether what was laid on a node is all taken away by the remedy of what it does there."""
    if suspect.link.name != "settings":
        return False
    words = [
        set(each.remedy.replace("`", " ").replace(";", " ").split())
        for other, each in looked.suspects.items()
        if other.node == suspect.node and other != suspect
    ]
    paths = {line.partition(": ")[0] for line in seen.output.splitlines()}
    return bool(paths) and any(paths <= each for each in words)


def _is_covered(seen: Seen, placed: Placed, looked: Looked) -> bool:
    """Whether something is mounted over a file that it names."""
    lines = (
        line
        for each, what in looked.suspects.items()
        if each.node == placed.node
        for line in what.output.splitlines()
    )
    return any(
        line.endswith(COVERED) and line.removesuffix(COVERED) in f"{seen.why} {seen.probe}" for line in lines
    )


def _is_told(suspect: Placed, seen: Seen, found: Mapping[Placed, Seen]) -> bool:
    """Whether what was changed on a node is what a broken link there puts back anyhow."""
    here = (each for each in found if each.node == suspect.node and each.link is not suspect.link)
    own = (found[each].remedy or each.link.remedy for each in here)
    return suspect.link.name == "settings" and any(_says(remedy, seen.output) for remedy in own)


def _is_down(placed: Placed, seen: Seen) -> bool:
    """Whether it is a service that systemd has not running: no packet that gets lost explains that."""
    return isinstance(placed.link, Service) and seen.why != seen.output


def _one_cause(looked: Looked, found: dict[Placed, Seen]) -> dict[Placed, Seen]:
    """Where files were changed, that is the one cause of services there that all run and do not answer."""
    for suspect, seen in looked.suspects.items():
        if suspect.link.name != "settings":
            continue
        here = [each for each in found if each.node == suspect.node and _runs(each, found[each])]
        if len(here) > 1:
            said = "\n".join(f"{each}: {found[each].output}" for each in here)
            found = {each: what for each, what in found.items() if each not in here}
            found[suspect] = replace(seen, output=f"{said}\n{seen.output}")
    return found


def _runs(placed: Placed, seen: Seen) -> bool:
    """Whether it is a service that systemd says nothing against."""
    return isinstance(placed.link, Service) and not _is_down(placed, seen)


def _with_changes(placed: Placed, seen: Seen, suspects: Mapping[Placed, Seen]) -> Seen:
    """What is to be started again on a node with changed files: they may well be why it is broken."""
    own = seen.remedy or placed.link.remedy
    here = [
        each
        for suspect, each in suspects.items()
        if suspect.node == placed.node and each.remedy and not _says(own, each.output)
    ]
    if not here:
        return seen
    return replace(seen, remedy="; ".join([*(each.remedy for each in here), own]))


def _says(remedy: str, changes: str) -> bool:
    """Whether a remedy puts back all of these files, a line each, by their names or their directories'."""
    if RESTORE not in remedy:
        return False
    paths = tuple(word.strip("`,;") for word in remedy.split() if word.startswith("/"))
    # What was added, or lies over a file, nothing puts back.
    lines = changes.splitlines()
    return all(line.startswith(paths) and not line.endswith((": added", COVERED)) for line in lines)

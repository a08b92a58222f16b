"""Ask links whether they work: all at once, each with a deadline of its own."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from harness.errors import IceboxError, LostError, UnreachableError
from harness.services.graph import Placed
from harness.services.looks import LOOKS, Way, Ways
from harness.services.service import Line, Look, Service, Talk

if TYPE_CHECKING:
    from harness.box.box import Box
    from harness.site import Node

EACH = 2.0
"""Seconds of a usual machine that one gets for its answer; milliseconds on an idle one."""


def talks(
    box: Box, placed: Collection[Placed], *, each: float = EACH, until: float = 0.0
) -> dict[Placed, str]:
    """What is wrong with services at their ports, as the dom0 meets them; nothing if they answer."""
    asked = [
        (one, question)
        for one in placed
        for question in one.link.asked
        if isinstance(question, Talk) and one.node is not None
    ]
    targets = [(question.kind, str(one.node and one.node.address), question.port) for one, question in asked]
    answers = box.dom0.speak(targets, each=each, until=until, pace=box.pace) if targets else []
    found: dict[Placed, list[str]] = {}
    for (one, question), answer in zip(asked, answers, strict=True):
        if answer.why:
            port = f"port {question.port}: " if len(_ports(one)) > 1 else ""
            found.setdefault(one, []).append(f"{port}{answer.why}")
    return {one: f"does not answer: {'; '.join(whys)}" for one, whys in found.items()}


def broken(box: Box, placed: Iterable[Placed], *, each: float = EACH) -> Mapping[Placed, str]:
    """Those that don't work now, with what is wrong: all questions of each, side by side."""
    links = list(dict.fromkeys(placed))
    if not box.dom0.stands:
        # There is nothing to be asked.
        return dict.fromkeys(links, "is down")
    others = [
        (one, question) for one in links for question in one.link.asked if isinstance(question, Line | Look)
    ]
    ways = _Ways(box)
    with ThreadPoolExecutor(max_workers=len(others) + 1) as pool:
        spoken = pool.submit(_spoken, box, links, each)
        seen = pool.map(lambda one: _asked(box, one[0], one[1], ways, each), others)
        found = dict(spoken.result())
        for (one, _), why in zip(others, seen, strict=True):
            if why:
                found.setdefault(one, why)
    return {one: found[one] for one in links if one in found}


def _spoken(box: Box, links: Collection[Placed], each: float) -> Mapping[Placed, str]:
    """As ``talks``; of a dom0 that dies just now, or lets nobody in, that is what is wrong."""
    try:
        return talks(box, links, each=each)
    except (LostError, UnreachableError):
        raise  # what the way to the dom0 lacks says nothing of the box
    except (IceboxError, OSError) as error:
        asked = [one for one in links if any(isinstance(question, Talk) for question in one.link.asked)]
        return dict.fromkeys(asked, f"can't be asked: {error}")


def _ports(placed: Placed) -> tuple[int, ...]:
    return placed.link.ports if isinstance(placed.link, Service) else ()


class _Ways:
    """Where lines are typed on each node; looked for once, and only if somebody asks."""

    def __init__(self, box: Box) -> None:
        self._box, self._lock = box, threading.Lock()

    def __call__(self) -> Mapping[Node, Way]:
        with self._lock:
            return self._found

    @cached_property
    def _found(self) -> Mapping[Node, Way]:
        box = self._box
        inside = box.machines.insides(box.site.nodes)
        down = box.down() if None in inside.values() else []
        return {node: place or (None if node in down else box.shell(node)) for node, place in inside.items()}


def _asked(box: Box, placed: Placed, question: Line | Look, ways: Ways, seconds: float) -> str:
    try:
        if isinstance(question, Look):
            return LOOKS[question.name](box, placed.node, ways)
        way = ways()[placed.node] if placed.node else None
        if way is None:
            return "is down"
        ran = way.run(_line(placed, question, box), timeout=seconds + box.dom0.DISTANCE)
        return "" if ran.ok else ran.stdout.strip() or f"does not answer within {way.longer(seconds):.3g} s"
    except (LostError, UnreachableError):
        raise
    except (IceboxError, OSError) as error:
        return f"can't be asked: {error}"


def _line(placed: Placed, question: Line, box: Box) -> str:
    """The question, and if it fails what systemd says of the unit.

    ``$SECOND`` is one of a usual machine, in whole seconds of this one.
    """
    units = placed.link.units if isinstance(placed.link, Service) else ()
    unit = units[0].format(vo=box.site.vo) if units else ""
    state = f"systemctl is-active {unit}" if unit else "echo active"
    return (
        f"SECOND={math.ceil(box.pace)}; said=$( {{ {question.text}; }} 2>&1 ) && exit; state=$({state})\n"
        'case $state in active) echo "does not answer: $said" ;; *) echo "is $state" ;; esac; exit 1'
    )

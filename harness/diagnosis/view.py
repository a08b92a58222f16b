"""Looks at all machines of a box: one small program for each, all side by side."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.box.box import Box
from harness.diagnosis import look, rounds, wire
from harness.diagnosis.fact import DOM0, OUTSIDE, WIRE, View, Want, Words
from harness.dom0.place import Place
from harness.dom0.talk import Answer
from harness.errors import IceboxError
from harness.site import Node

EACH = look.USUAL
"""Seconds of a usual machine for all looks at one: what a student types takes one or two if it is idle, all
else 0.1."""
DOOR = 2.0
"""Seconds for what answers at the public address, if all looks have ``EACH``."""
STARTING = 30.0
"""Seconds beside that until a machine's answers are here; it takes a tenth of one on an idle machine, and on
one that is busy beyond measure nothing is known sooner."""
PROGRAMS = {WIRE: wire}
Answers = dict[str, Mapping[str, Any]]


def take(
    box: Box, wants: Iterable[Want], each: float = EACH, doors: Collection[Node] = ()
) -> tuple[View, Mapping[str, str]]:
    """What was seen, and what could not be looked at: why, by the place.  Never raises.

    With ``doors`` also what answers at the public address; services of these nodes that are late there are
    asked again.

    A node that is down is not among these: it is a link of its own.
    """
    by_place: dict[str, list[Words]] = {}
    for want in {(want.place, json.dumps(want.words)): want for want in wants}.values():
        by_place.setdefault(want.place, []).append(want.words)
    places, lost = _places(box, by_place)
    started = time.time()
    with ThreadPoolExecutor(max_workers=len(places) + 1) as pool:
        opened = pool.submit(_opened, box, DOOR * each / EACH, doors) if doors else None
        asked = {
            name: pool.submit(_look, PROGRAMS.get(name, look), place, by_place[name], each)
            for name, place in places.items()
        }
        answers: dict[str, Answers] = {}
        for name, future in asked.items():
            try:
                answers[name] = future.result()
            except (IceboxError, OSError, ValueError) as error:
                lost[name] = str(error)
        took = time.time() - started
        at_doors, again = opened.result() if opened else ({}, {})
        return View(answers, at_doors, started + took / 2, took / 2, again), lost


def _places(box: Box, wanted: Collection[str]) -> tuple[dict[str, Place], dict[str, str]]:
    """Where the program runs; and why it can't."""
    found: dict[str, Place] = {}
    lost: dict[str, str] = {}
    found |= {name: box.dom0 for name in (DOM0, WIRE) if name in wanted}
    try:
        if OUTSIDE in wanted:
            found[OUTSIDE] = box.dom0.outside
        nodes = [node for node in box.site.nodes if node.name in wanted]
        insides = box.machines.insides(nodes)
    except (IceboxError, OSError) as error:
        return found, {"the nodes": str(error)}
    found |= {node.name: place for node, place in insides.items() if place is not None}
    return found, lost


def _look(program: ModuleType, place: Place, wants: list[Words], each: float) -> Answers:
    told = place.tell(
        Path(str(program.__file__)),
        stdin=json.dumps({"each": place.longer(each), "wants": wants}),
        timeout=each + STARTING,
    )
    lines = [json.loads(line) for line in told.splitlines()]
    return dict(zip(map(json.dumps, wants), lines, strict=True))


def _opened(box: Box, each: float, nodes: Collection[Node]) -> tuple[Mapping[int, Answer], rounds.Rounds]:
    """What answers at the public address, as the outside meets it; and again, where that was late.

    Nothing of either if there is no outside, or nobody can be asked.
    """
    asked = list(rounds.doors(box.site))
    targets = [
        (door.service.kind_at(door.row.target), str(box.public_address), door.row.first) for door in asked
    ]
    try:
        answers = box.dom0.outside.speak(targets, each=each, pace=box.pace)
        at_doors = {door.row.first: answer for door, answer in zip(asked, answers, strict=True)}
    except (IceboxError, OSError):
        return {}, {}
    try:
        return at_doors, rounds.asked_again(box, at_doors, nodes)
    except (IceboxError, OSError):
        return at_doors, {}

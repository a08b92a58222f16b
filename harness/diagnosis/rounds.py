"""Services that were late at the public address, asked again and again while all else is looked at."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import NamedTuple

from harness.box.box import Box
from harness.dom0.pace import worked
from harness.dom0.talk import Answer
from harness.services.registry import at_port
from harness.services.service import Service
from harness.site import Node, Site
from harness.site.portrow import PortRow

ODD = 0.2
"""Seconds from which one is asked again: one that stops and goes may just have had its moment."""
OTHERS = 6.0
"""How many times slower than most others it must be for that: on a busy machine all are slow."""
ROUNDS, APART = 4, 0.7
"""How often one is asked again, and seconds between these: what stops and goes answers all that comes in the
moment in which it goes."""
LONGEST = 3.0
"""Seconds for which an answer is waited for."""


class Door(NamedTuple):
    """A port of the public address, and what it leads to."""

    row: PortRow
    service: Service
    node: Node


class Round(NamedTuple):
    """One answer of a service."""

    answer: Answer
    base: float
    """Seconds in which its node did a piece of work of its own meanwhile: what all there wait for, be it a
    processor, is no service's own."""


Rounds = Mapping[int, tuple[Round, ...]]
"""By the port of the public address."""


def doors(site: Site) -> Iterator[Door]:
    """Single ports of the public address that lead to a service."""
    nodes = {node.address: node for node in site.nodes}
    for row in site.ports:
        node = nodes.get(row.address) if row.first == row.last else None
        if node and (service := at_port(node.role, row.target)):
            yield Door(row, service, node)


def asked_again(box: Box, answers: Mapping[int, Answer], nodes: Collection[Node]) -> Rounds:
    """Rounds of those of these nodes that were late; they begin one after another, and wait for none.

    Raises IceboxError or OSError if nobody can be asked.
    """
    late = [each for each in _late(box, answers) if each.node in nodes]
    if not late:
        return {}
    with ThreadPoolExecutor(max_workers=ROUNDS) as pool:
        rounds = list(pool.map(lambda number: _round(box, late, number), range(ROUNDS)))
    return {door.row.first: tuple(each[door] for each in rounds) for door in late}


def _late(box: Box, answers: Mapping[int, Answer]) -> list[Door]:
    usual = median([each.seconds for each in answers.values() if not each.why] or [0.0])
    least, most = ODD * box.pace, OTHERS * usual
    found = [(each, answers[each.row.first]) for each in doors(box.site) if each.row.first in answers]
    # What gave no answer in its time was given no more of it: nobody knows whether others are as slow.
    return [door for door, told in found if told.seconds > (least if told.why else max(least, most))]


def _round(box: Box, late: list[Door], number: int) -> dict[Door, Round]:
    time.sleep(APART * box.pace * (number + 1))
    nodes = dict.fromkeys(door.node for door in late)
    targets = [
        (each.service.kind_at(each.row.target), str(each.node.address), each.row.target) for each in late
    ]
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        places = {node: box.inside(node) or box.dom0 for node in nodes}
        working = {node: pool.submit(worked, places[node], box.pace, LONGEST) for node in nodes}
        answers = box.dom0.speak(targets, each=LONGEST, pace=box.pace)
        return {
            door: Round(answer, working[door.node].result())
            for door, answer in zip(late, answers, strict=True)
        }


def is_only_late(
    rounds: Rounds, answers: Mapping[int, Answer], site: Site, node: Node, service: Service
) -> bool:
    """Whether a service that gave no answer in its time does answer, at all of its ports, if it has more."""
    own = [each.row for each in doors(site) if each.node == node and each.service == service]
    late = [row for row in own if row.first in rounds]
    return (
        bool(late)
        and {row.target for row in own} == set(service.ports)
        and all(
            any(not each.answer.why for each in rounds[row.first])
            if row in late
            else not answers.get(row.first, Answer("not asked")).why
            for row in own
        )
    )

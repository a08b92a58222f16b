"""The state of a whole box: every service and fact asked at once, and where the trouble begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.box.patience import answering
from harness.dom0.pace import slowness
from harness.services import ask
from harness.services.graph import Broken, Graph, Placed
from harness.services.registry import NODE
from harness.services.service import Service
from harness.site import Node

if TYPE_CHECKING:
    from harness.box.box import Box

AGAIN = 1.0
"""Seconds, at least, for what did not answer well at first: a busy machine is not a broken one."""


@dataclass(frozen=True)
class Status:
    """What works and what does not."""

    graph: Graph
    whys: Mapping[Placed, str]
    """What is wrong with those that don't work."""

    @cached_property
    def broken(self) -> tuple[Broken, ...]:
        """Where the trouble begins; what stands on these is silent, too."""
        return tuple(Broken(each, self.whys[each]) for each in self.graph.roots(self.whys))

    @property
    def silent(self) -> tuple[Placed, ...]:
        """Services that don't work."""
        return tuple(each for each in self.whys if isinstance(each.link, Service))

    def running(self, node: Node) -> bool:
        """Whether the node's machine runs; it may hang."""
        return not any(
            each.link is NODE and each.node == node and why == "is down" for each, why in self.whys.items()
        )

    def services(self, node: Node) -> dict[str, bool]:
        """By the services of a node, whether each works."""
        placed = (each for each in self.graph.all if each.node == node and isinstance(each.link, Service))
        return {each.link.name: each not in self.whys for each in placed}


def of(box: Box) -> Status:
    """Ask all of a box, and once more what did not answer well: a second, or what this machine needs."""
    graph = Graph(box.site, box.name)
    whys = ask.broken(box, graph.all)
    still = ask.broken(box, whys, each=answering(slowness(box.dom0), AGAIN)) if whys else {}
    return Status(graph, {placed: whys[placed] for placed in still})


def silent_services(box: Box) -> tuple[str, ...]:
    """In words, what does not work now: services, or the box itself."""
    if not box.dom0.stands:
        return ("the whole box",)
    return tuple(sorted(str(each) for each in of(box).silent))

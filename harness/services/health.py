"""Which links of a box are broken: asked when somebody rests on them, and believed for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from pathlib import Path

from harness.deadline import Deadline
from harness.services.ask import EACH
from harness.services.graph import Broken, Graph, Placed
from harness.site import Node

Ask = Callable[[Iterable[Placed], float], Mapping[Placed, str]]
"""As ``harness.services.ask.broken``: links, and seconds for each answer; what is wrong with which."""
PAUSE = 0.5
QUICK = 0.5
"""Seconds for the answer of one that is known to be broken, to see whether it is back."""


LONGER = 10.0
"""Times the patience that a link gets at most: who waits has the time of a check."""


class Good:
    """Links that were found to work a moment ago: a file each, so that processes side by side ask once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)

    def has(self, placed: Placed) -> bool:
        """Whether that still holds."""
        try:
            return time.time() - self._file(placed).stat().st_mtime < placed.link.holds
        except FileNotFoundError:
            return False

    def note(self, found: Iterable[Placed]) -> None:
        for placed in found:
            self._file(placed).touch()

    def forget(self, broken: Iterable[Placed]) -> None:
        for placed in broken:
            self._file(placed).unlink(missing_ok=True)

    def _file(self, placed: Placed) -> Path:
        return self._directory / f"{placed.link.name}.{placed.node or 'dom0'}"


class Health:
    """The links of a box as those see them who rest on them."""

    def __init__(
        self,
        graph: Graph,
        ask: Ask,
        good: Path,
        chosen: Container[str] | None = None,
        *,
        patience: float | None = None,
        pace: float = 1.0,
    ) -> None:
        """``chosen`` are the ids of the checks that this run does; all if it is None.

        At nodes that have a ``pace`` it takes so much more patience, up to LONGER.
        """
        self._factor = min(LONGER, pace)
        self.graph, self._chosen = graph, chosen
        self._ask, self._patience = ask, patience
        self._good = Good(good)
        self._known: set[Placed] = set()
        """Those that did not in all the time they got."""

    def broken(self, *words: str) -> tuple[Broken, ...]:
        """The first broken links beneath what is named, and among it.

        What does not work gets its patience, once; what did not work after that is only asked again.
        """
        return self._roots(self.graph.with_needs(self.graph.named(*words)))

    def broken_at(self, places: Iterable[tuple[Node, int]]) -> Mapping[tuple[Node, int], Broken]:
        """The first broken link beneath each of the services at nodes and ports that does not work."""
        found: dict[tuple[Node, int], Broken] = {}
        named = self.graph.at(places)
        roots = self._roots(self.graph.with_needs(named.values()))
        for place, placed in named.items():
            beneath = self.graph.beneath(placed) | {placed}
            first = next((root for root in roots if root.placed in beneath), None)
            if first:
                found[place] = first
        return found

    def lost(self, *words: str) -> str:
        """In words, what is broken; empty if nothing is."""
        return "; ".join(map(str, self.broken(*words)))

    def _roots(self, wanted: Collection[Placed]) -> tuple[Broken, ...]:
        whys = dict(self._patiently(wanted))
        if whys:
            ground = {each for placed in whys for each in self.graph.ground(placed)} - whys.keys()
            whys |= self._ask(ground, EACH)
        return tuple(
            Broken(placed, whys[placed], told=self._chosen is None or placed.link.told_by in self._chosen)
            for placed in self.graph.roots(whys)
        )

    def _patiently(self, wanted: Collection[Placed]) -> Mapping[Placed, str]:
        doubtful = {each for each in wanted if each.link.asked and not self._good.has(each)}
        deadlines = {each: Deadline(self._patience_of(each)) for each in doubtful}
        whys: Mapping[Placed, str] = {}
        while doubtful:
            whys = self._ask(doubtful, QUICK if doubtful <= self._known else EACH)
            self._good.note(doubtful - whys.keys())
            self._good.forget(whys)
            self._known -= doubtful - whys.keys()
            doubtful = set(whys)
            # What stands on a broken link is not waited for.
            roots = self.graph.roots(doubtful)
            if all(each in self._known or deadlines[each].expired for each in roots):
                break
            time.sleep(PAUSE)
        self._known |= doubtful
        return whys

    def _patience_of(self, placed: Placed) -> float:
        return self._factor * (placed.link.patience if self._patience is None else self._patience)

"""What checks rest on: services that answer.  Of a dead one a single check tells, which blocks the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.box.box import Box
from harness.box.ready import Wanted
from harness.deadline import Deadline
from harness.grid.batch import parse_pbsnodes
from harness.image import part
from harness.report.classify import block
from harness.site import Node, Role, Site

TELLING: Mapping[tuple[Role, str], str] = {
    (Role.CE, "gatekeeper"): "CE-1",
    (Role.CE, "bdii"): "CE-2",
    (Role.CE, "slurmctld"): "WN-1",
    (Role.WN, "slurmd"): "WN-1",
    (Role.SE, "gridftp"): "SE-1",
    (Role.UI, "ssh"): "UI-1",
    (Role.RB, "voms"): "UI-2",
    (Role.RB, "myproxy"): "MYP-1",
    (Role.RB, "broker"): "WMS-1",
    (Role.RB, "catalogue"): "CAT-1",
}
"""The check that fails where a service does not answer, and tells what to do."""
CONDOR = "condor"
"""What takes the broker's jobs to the CEs.  It has no port of its own: systemd is asked."""
BESIDE: Mapping[Role, tuple[part.Port, str]] = MappingProxyType({Role.RB: (part.Port(22, CONDOR), "WMS-1")})
"""Services without a port, where they can be asked for, and the check that tells of them."""
OF_ALL = {"WN-1"}
"""Checks that look at every node; the others look at the first one of the role."""
Probe = Callable[[Node], str]
"""Says what is wrong with a service that answers at its port; empty if nothing is."""
PROBED = 60.0
"""Seconds for a service that answers and is of no use yet, as a WN that the scheduler has not heard of."""
FRESH = 20.0
"""Seconds for which the answer of a probe holds."""
LATE = 15.0
"""Seconds for a service that does not answer: it may be busy, or just starting again."""
PAUSE = 0.5


@dataclass(frozen=True)
class Dead:
    """A service that does not answer."""

    node: Node
    port: part.Port
    check: str
    """Id of the check that tells of it."""
    why: str = "does not answer"

    @property
    def place(self) -> tuple[Node, int]:
        return self.node, self.port.port

    def __str__(self) -> str:
        return f"{self.port.name} on {self.node} {self.why}"


class Footing:
    """The services of a box whose silence one check tells of.

    ``ask`` gives those that answer now at their node's own address, as ``harness.box.ready.answering`` does:
    one that answers there and not at the public address is alive, and what lies between is no matter of its
    check.  ``probes``, by the services' names, look further than to the port of one that somebody needs.
    """

    def __init__(
        self,
        site: Site,
        ask: Callable[[Iterable[Wanted]], set[Wanted]],
        late: float = LATE,
        probes: Mapping[str, Probe] = MappingProxyType({}),
        probed: float = PROBED,
    ) -> None:
        self._telling = dict(_telling(site))
        self._ask, self._late, self._probes, self._patience = ask, late, probes, probed
        self._probed: dict[Wanted, tuple[float, str]] = {}
        self._known: set[Wanted] = set()

    def dead(self, *names: str) -> tuple[Dead, ...]:
        """Those of the services ``names`` (all by default) that stay silent.

        They get ``late`` seconds, once; those that were silent after that are only asked again.
        """
        silent = {wanted for wanted in self._telling if not names or wanted[1].name in names}
        deadline = Deadline(self._late)
        while silent := self._still(silent):
            if deadline.expired or silent <= self._known:
                break
            time.sleep(PAUSE)
        self._known |= silent
        useless = self._useless({wanted for wanted in self._telling if wanted[1].name in names} - silent)
        return tuple(
            Dead(*wanted, check, useless[wanted]) if wanted in useless else Dead(*wanted, check)
            for wanted, check in self._telling.items()
            if wanted in silent | useless.keys()
        )

    def _useless(self, answering: Iterable[Wanted]) -> dict[Wanted, str]:
        """Those that answer and serve nobody, with what is wrong."""
        found = {wanted: self._look(wanted) for wanted in answering if wanted[1].name in self._probes}
        return {wanted: why for wanted, why in found.items() if why}

    def _look(self, wanted: Wanted) -> str:
        when, why = self._probed.get(wanted, (0.0, ""))
        if when and time.monotonic() - when < FRESH:
            return why
        # What was useless before gets no further time.
        deadline = Deadline(0.0 if why else self._patience)
        probe = self._probes[wanted[1].name]
        while (why := probe(wanted[0])) and not deadline.expired:
            time.sleep(PAUSE)
        self._probed[wanted] = time.monotonic(), why
        return why

    def dead_at(self, places: Iterable[tuple[Node, int]]) -> Mapping[tuple[Node, int], Dead]:
        """Those of the services at nodes and ports that stay silent."""
        wanted = set(places)
        return {each.place: each for each in self.dead() if each.place in wanted}

    def lost(self, *names: str) -> str:
        """In words, those of the services ``names`` that are dead; empty if none is."""
        return "; ".join(map(str, self.dead(*names)))

    def need(self, *names: str, telling: str = "") -> None:
        """Block the running check, unless it is itself the one ``telling``, if one of these is dead."""
        block_by(each for each in self.dead(*names) if each.check != telling)

    def _still(self, silent: set[Wanted]) -> set[Wanted]:
        answering = self._ask(silent)
        self._known -= answering
        return silent - answering


def block_by(dead: Iterable[Dead]) -> None:
    """End the running check as blocked if something it rests on is dead."""
    listed = list(dead)
    if listed:
        block(listed[0].check, "; ".join(map(str, listed)))


def lost_for_jobs(box: Box, wn: Node) -> str:
    """What keeps the scheduler from sending jobs to a WN whose slurmd answers; empty if nothing does."""
    ce = next((ce for ce in box.site.ces if wn in box.site.wns_of(ce)), box.site.ce)
    listed = box.shell(ce).run("pbsnodes -a")
    if not listed.ok:
        return ""  # the scheduler's own trouble, of which another check tells
    states = {node.name: node for node in parse_pbsnodes(listed.stdout)}
    seen = states.get(wn.name) or states.get(wn.fqdn)
    if seen is None or seen.up:
        return ""
    return f"gets no jobs: for the scheduler on {ce} it is {' '.join(seen.states)}"


def lost_for_sending(box: Box, rb: Node) -> str:
    """What keeps the broker's jobs from a CE though the broker takes them; empty if nothing does."""
    told = box.shell(rb).run(f"systemctl is-active {CONDOR}")
    return "" if told.ok else f"is {told.stdout.strip() or 'not there'}: no job gets from the broker to a CE"


def _telling(site: Site) -> Iterator[tuple[Wanted, str]]:
    for node in site.nodes:
        for port in part.ports(node.role.value):
            check = TELLING.get((node.role, port.name), "")
            if check in OF_ALL or (check and node == site.of(node.role)[0]):
                yield (node, port), check
    for role, (port, check) in BESIDE.items():
        yield (site.of(role)[0], port), check

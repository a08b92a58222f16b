"""Facts of how quickly services answer: one that is far slower than its node is about to fail."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from harness.diagnosis.fact import Case, Fact, Seen, Unseen, Want
from harness.diagnosis.facts.ways import rows_of
from harness.dom0.pace import worked
from harness.dom0.talk import Answer
from harness.errors import IceboxError
from harness.services.registry import SERVICES
from harness.services.service import Service
from harness.site import Node, Role, Site
from harness.site.portrow import PortRow

SLOW = 0.5
"""Seconds for the first words of a service that no student should wait for; they take 0.01 to 0.05."""
ODD = 0.2
"""Seconds from which one is asked again: one that stops and goes may just have had its moment."""
OTHERS = 6.0
"""How many times slower than most others it must be for that: on a busy machine all are slow."""
TYPED = (
    *("login", "job", "transfer", "remote", "any:proxy", "stored", "lookup", "listed", "match", "any:match"),
    *("any:job", "any:transfer", "any:listed"),
)
"""What a student types, and waits for."""
TIMES = 2.0
"""How many times as long as a harder piece of work that its node does at that moment."""
ROUNDS, ENOUGH, APART = 4, 2, 0.5
"""How often one is asked again at most, how often it must be slow then, and seconds between these: what stops
and goes answers all that comes in the moment in which it goes."""
LONGEST = 4.0
"""Seconds for which an answer is waited for."""
Door = tuple[PortRow, Service]


def _wants(_site: Site, _node: Node | None) -> Iterator[Want]:
    # What answers at the public address is asked in any case.
    return iter(())


def _pace(case: Case) -> Iterator[Seen]:
    """Each service answers about as quickly as its node lets it."""
    usual = median([each.seconds for each in case.view.doors.values() if not each.why] or [0.0])
    odd = [door for door in rows_of(case) if _is_odd(case, door, usual)]
    for (row, service), took in _slow(case, odd).items():
        units = " ".join(service.units).format(vo=case.site.vo)
        seconds, base = max(took)
        yield Seen(
            f"is slow: {service.title} took {seconds:.1f} s for its first words, and harder work takes the "
            f"node {base:.2f} s",
            f"time nc -zw9 {case.site.public_address} {row.first}; systemctl status {units}",
            "\n".join(f"{seconds:.2f} s, the node {base:.2f} s" for seconds, base in took),
            degraded=True,
            remedy=f"`systemctl status {units}` on {case.here}: a limit in a drop-in, something that "
            "stops its processes, a name that is not found",
        )


def _is_odd(case: Case, door: Door, usual: float) -> bool:
    """Whether it came late at the public address; one that is silent there is broken, or the way to it is."""
    row, service = door
    answer = case.view.doors.get(row.first)
    if answer is None or answer.why or (case.here.name, service.name) in case.silent:
        return False
    return answer.seconds > max(ODD * case.box.pace, OTHERS * usual)


def _slow(case: Case, odd: Sequence[Door]) -> dict[Door, list[tuple[float, float]]]:
    """Those that are slow when they are asked again and again, with seconds of them and of the node's own."""
    slow: dict[Door, list[tuple[float, float]]] = {door: [] for door in odd}
    for left in reversed(range(ROUNDS)):
        open_ = [door for door in odd if len(slow[door]) < ENOUGH <= len(slow[door]) + left + 1]
        if not open_:
            break
        time.sleep(APART)
        answers, base = _round(case, open_)
        for door, answer in zip(open_, answers, strict=True):
            if answer.seconds > max(SLOW * case.box.pace, TIMES * base):
                slow[door].append((answer.seconds, base))
    return {door: took for door, took in slow.items() if len(took) >= ENOUGH}


def _round(case: Case, doors: Sequence[Door]) -> tuple[list[Answer], float]:
    """Answers of services, and the seconds in which their node did its own piece of work meanwhile.

    So what all on the node wait for, be it a processor, is no service's own.  Raises Unseen.
    """
    box, node = case.box, case.here
    targets = [(service.kind_at(row.target), str(node.address), row.target) for row, service in doors]
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            base = pool.submit(worked, box.inside(node) or box.dom0, box.pace)
            return box.dom0.speak(targets, each=LONGEST, pace=box.pace), base.result()
        except (IceboxError, OSError) as error:
            raise Unseen(f"{node}: {error}") from error


FACTS = (
    Fact(
        name="pace",
        slows=True,
        doors=True,
        sure=True,
        # What does not answer at all is told by itself.
        needs=(*(service.name for service in SERVICES if service.ports), "door", "reach", "ways"),
        carries=TYPED,
        told_by="NET-4",
        everywhere=True,
        roles=(Role.CE, Role.SE, Role.RB, Role.UI),
        label="{node}",
        wants=_wants,
        judge=_pace,
        means="students wait, and what has a deadline of its own fails now and then",
    ),
)

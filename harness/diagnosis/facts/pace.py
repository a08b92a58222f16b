"""Facts of how quickly services answer: one that takes many times as long as its fellows is about to fail."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts.ways import rows_of
from harness.dom0.pace import slowness
from harness.services.registry import SERVICES
from harness.site import Node, Role, Site

SLOW = 0.5
"""Seconds for the first words of a service that no student should wait for; they take 0.01 to 0.05."""
TYPED = (
    *("login", "job", "transfer", "remote", "any:proxy", "stored", "lookup", "listed", "match", "any:match"),
    *("any:job", "any:transfer", "any:listed"),
)
"""What a student types, and waits for."""
BUSIEST = 6.0
"""By how much a busy machine makes one answer slower that it does not make the others."""
TIMES = 6.0
"""How many times slower than most others it must be: on a busy machine all are slow."""


def _wants(_site: Site, _node: Node | None) -> Iterator[Want]:
    # What answers at the public address is asked in any case.
    return iter(())


def _pace(case: Case) -> Iterator[Seen]:
    """Each service answers about as quickly as the others do."""
    least = SLOW * case.box.pace
    usual = median([each.seconds for each in case.view.doors.values() if not each.why] or [0.0])
    for row, service in rows_of(case):
        answer = case.view.doors.get(row.first)
        # One that gives none in time is broken, or is as slow as that.
        late = answer is not None and answer.seconds > max(least, TIMES * usual)
        if answer and late and answer.seconds > least * min(BUSIEST, slowness(case.box.dom0)):
            port, units = row.first, " ".join(service.units).format(vo=case.site.vo)
            yield Seen(
                f"is slow: {service.title} took {answer.seconds:.1f} s for its first words, most others "
                f"{usual:.2f} s",
                f"time nc -zw9 {case.site.public_address} {port}; systemctl status {units}",
                "\n".join(f"port {port}: {each.seconds} s" for port, each in case.view.doors.items()),
                degraded=True,
                remedy=f"`systemctl status {units}` on {case.here}: a limit in a drop-in, something that "
                "stops its processes, a name that is not found",
            )


FACTS = (
    Fact(
        name="pace",
        slows=True,
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

"""Facts of how quickly services answer: one that takes many times as long as its fellows is about to fail."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from harness.box.patience import slowness
from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.facts.ways import rows_of
from harness.site import Node, Role, Site

SLOW = 0.7
"""Seconds for the first words of a service that no student should wait for; they take 0.01 to 0.05."""
TIMES = 6.0
"""How many times slower than most others it must be: on a busy machine all are slow."""


def _wants(_site: Site, _node: Node | None) -> Iterator[Want]:
    # What answers at the public address is asked in any case.
    return iter(())


def _pace(case: Case) -> Iterator[Seen]:
    """Each service answers about as quickly as the others do."""
    usual = median([each.seconds for each in case.view.doors.values() if not each.why] or [0.0])
    for row, service in rows_of(case):
        answer = case.view.doors.get(row.first)
        late = answer and not answer.why and answer.seconds > max(SLOW, TIMES * usual)
        if answer and late and answer.seconds > SLOW * slowness(case.box.dom0):
            port = row.first
            yield Seen(
                f"is slow: {service.title} took {answer.seconds:.1f} s for its first words, most others "
                f"{usual:.2f} s",
                f"time nc -zw9 {case.site.public_address} {port}; systemctl status {' '.join(service.units)}",
                "\n".join(f"port {port}: {each.seconds} s" for port, each in case.view.doors.items()),
                degraded=True,
            )


FACTS = (
    Fact(
        name="pace",
        roles=(Role.CE, Role.SE, Role.RB, Role.UI),
        label="{node}",
        wants=_wants,
        judge=_pace,
        means="students wait, and what has a deadline of its own fails now and then",
        remedy="`systemctl status UNIT` on {node}: a limit in a drop-in, something that stops its processes, "
        "a name that is not found",
    ),
)

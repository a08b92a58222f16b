"""Facts of how quickly services answer: one that is far slower than its node is about to fail."""

from __future__ import annotations

from collections.abc import Iterator

from harness.diagnosis.fact import Case, Fact, Seen, Want
from harness.diagnosis.rounds import Round, doors
from harness.services.registry import SERVICES
from harness.site import Node, Role, Site

SLOW = 0.5
"""Seconds for the first words of a service that no student should wait for; they take 0.01 to 0.05."""
TYPED = (
    *("login", "job", "transfer", "remote", "any:proxy", "stored", "lookup", "listed", "match", "any:match"),
    *("any:job", "any:transfer", "any:listed"),
)
"""What a student types, and waits for."""
TIMES = 2.0
"""How many times as long as a harder piece of work that its node does at that moment."""
ENOUGH, LAST = 2, 2
"""Rounds in which one must be slow, and how many of the last must have one of these: who had a bad moment is
quick again by then."""


def _wants(_site: Site, _node: Node | None) -> Iterator[Want]:
    # What answers at the public address is asked in any case.
    return iter(())


def _pace(case: Case) -> Iterator[Seen]:
    """Each service answers about as quickly as its node lets it."""
    for row, service, node in doors(case.site):
        rounds = case.view.rounds.get(row.first, ())
        # One that is silent is broken.
        if node != case.here or (node.name, service.name) in case.silent or not _is_slow(case, rounds):
            continue
        units = " ".join(service.units).format(vo=case.site.vo)
        took = [(each.answer.seconds, each.base) for each in rounds]
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


def _is_slow(case: Case, rounds: tuple[Round, ...]) -> bool:
    slow = [each.answer.seconds > max(SLOW * case.box.pace, TIMES * each.base) for each in rounds]
    return sum(slow) >= ENOUGH and any(slow[-LAST:])


FACTS = (
    Fact(
        name="pace",
        slows=True,
        doors=True,
        sure=True,
        # What does not answer at all is told by itself, wherever it is; others may not need it at all.
        ends=True,
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

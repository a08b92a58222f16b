"""Memory of a box that is up and idle, by node.

PSS of every process of the box, from its first process down: nodes, outside, libvirtd and its controllers.
The page cache, which the kernel gives back at need, and the harness itself are not counted.
"""

import time

from bench import processes
from bench.figure import Figure
from bench.session import Bench, Session

LIMIT = 350.0
SETTLING = 10.0
"""Seconds after all ports answer: services have then read what they read at their start."""


def measure(session: Session) -> list[Figure]:
    """One look at each of several fresh boxes."""
    looks, roles = [], {}
    for _ in range(session.runs):
        with session.box() as (box, _):
            time.sleep(SETTLING)
            looks.append(processes.memory(box))
            roles = {node.name: node.role.value.upper() for node in box.site.nodes}
    whole = tuple(sum(look.values()) / 1e6 for look in looks)
    figures = [Figure("memory.box", "memory of the box (PSS)", "MB", whole, LIMIT)]
    for owner in looks[0]:
        title = roles.get(owner, owner)
        figures.append(Figure(f"memory.{owner}", title, "MB", tuple(look[owner] / 1e6 for look in looks)))
    return figures


BENCH = Bench("memory", "memory of an idle box, by node", measure)

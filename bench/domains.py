"""Domains of a box on the emulated Xen host: their boot against a bare one, and the memory they have.

Above the line: the nodes' stage of ``./icebox start``, from the first domain until all ports answer.  Below:
the same domains, on the disks that they have by then, are created by libvirt and nothing else is done, until
each sshd answers.  The host is to be up (``./icebox xen-host start``), and ``ICEBOX_SSH_CONFIG`` its file.
"""

from dataclasses import replace

from bench.bringup import start_bare
from bench.figure import Figure, ratios
from bench.session import Bench, Session
from harness.box.box import Box
from harness.box.restart import unplug
from harness.state import checkout
from harness.virt import fleet

LIMIT = 1.3
MEBIBYTES = 1024.0
"""Of the whole box, the original's 1280 less the 256 of its host."""
TAKEN = "awk '/^MemTotal|^MemAvailable/ {print $2}' /proc/meminfo"


def measure(session: Session) -> list[Figure]:
    """A fresh box for each pair."""
    session = replace(session, site_file=checkout() / "docs/examples/xen.toml")
    nodes, bare, taken = [], [], []
    for _ in range(session.runs):
        with session.box() as (box, timings):
            nodes.append(timings["nodes"])
            taken.append(sum(_taken(box)))
            for node in box.site.nodes:
                unplug(box, node)
            bare.append(start_bare(box))
            given = float(sum(fleet.memory(box.site).values()))
    return [
        Figure(
            "domains.ratio",
            "boot of a box's domains ÷ bare boot of them",
            "ratio",
            ratios(nodes, bare),
            LIMIT,
        ),
        Figure("domains.nodes", "domains until all ports answer", "s", tuple(nodes)),
        Figure("domains.memory", "memory that the domains of a box are given", "MB", (given,), MEBIBYTES),
        Figure("domains.taken", "of which they have taken once all ports answer", "MB", tuple(taken)),
    ]


def _taken(box: Box) -> list[float]:
    """MiB that the system in each domain can't give to others."""
    found = []
    for node in box.site.nodes:
        total, available = box.shell(node).run(TAKEN).check().stdout.split()
        found.append((int(total) - int(available)) / 1024)
    return found


BENCH = Bench("domains", "domains of the emulated Xen host", measure, by_default=False)

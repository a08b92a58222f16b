"""Space that is left: a class fills the host's disk together, and no node has a quota of its own."""

from __future__ import annotations

from collections.abc import Iterator

SCARCE = 5_000_000
"""kB; with less a class may meet the end in an afternoon, as 30 students of whom each stores 200 MB."""
REMEDY = (
    "all nodes and the SE share the host's disk, or `disk.gigabytes` of it: make room there, or let "
    "ICEBOX_HOME be on a larger disk; `du -x -d 2` below it tells who takes most"
)


def scarce(where: str, free: int) -> Iterator[str]:
    """A warning if ``free``, in kB, will not last."""
    if free < SCARCE:
        yield f"{where}: {free / 1e6:.1f} GB are left to store in, less than {SCARCE / 1e6:g} GB"

"""A fault: something that is broken on purpose, how, how it is undone, and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.box.box import Box

Content = Callable[["Box"], bytes]
"""Makes a file that a step brings along, for a box."""
DOM0, OUTSIDE = "dom0", "outside"


@dataclass(frozen=True)
class Step:
    """One thing that is broken at one place, in shell as root types it there.

    Both texts see ``$keep``, a directory of the fault's own at that place, and what ``hands.NAMES`` lists.
    ``take`` is typed in any state between whole and broken, also twice, and after somebody mended it.
    """

    place: str
    put: str
    take: str
    brings: tuple[tuple[str, Content], ...] = ()
    """Files that lie in ``$keep`` before ``put`` is typed, by their names there."""


@dataclass(frozen=True)
class Fault:
    """One way in which a box can be broken."""

    name: str
    about: str
    """What it is, in one line for a trainer."""
    finding: str
    """The link that is broken, and where: ``gatekeeper@ce``; the names are the graph's.  Empty for what looks
    wrong and is not."""
    steps: tuple[Step, ...]

    @property
    def link(self) -> str:
        return self.finding.partition("@")[0]

    @property
    def where(self) -> str:
        """The role, or ``dom0``, at which the broken link is."""
        return self.finding.partition("@")[2] or DOM0

    @property
    def mark(self) -> str:
        """What its traces in a box are called: a name would tell those who look for it."""
        return sha256(self.name.encode()).hexdigest()[:8]

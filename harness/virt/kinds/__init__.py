"""Kinds of machines, a module for each hypervisor, that a site file chooses by ``[dom0] machines``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.kinds import Kinds

if TYPE_CHECKING:
    from harness.virt.machines import Machines

KINDS: Kinds[type[Machines]] = Kinds(__name__, __file__)

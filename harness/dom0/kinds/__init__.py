"""Kinds of dom0, a module each, that a site file chooses by ``[dom0] kind``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.kinds import Kinds

if TYPE_CHECKING:
    from harness.dom0.dom0 import Dom0

USUAL = "embedded"
"""For whoever has no site file at hand."""
KINDS: Kinds[type[Dom0]] = Kinds(__name__, __file__)

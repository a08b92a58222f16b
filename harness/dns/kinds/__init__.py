"""Kinds of DNS providers, a module each, that a site file chooses by ``[dns] provider``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.kinds import Kinds

if TYPE_CHECKING:
    from harness.dns.kind import ProviderKind

KINDS: Kinds[ProviderKind] = Kinds(__name__, __file__)

"""All drills."""

from __future__ import annotations

from tests.drill import files, network, security, services

DRILLS = (*services.DRILLS, *files.DRILLS, *network.DRILLS, *security.DRILLS)

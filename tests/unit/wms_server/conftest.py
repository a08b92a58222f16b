"""The broker, importable as on RB. Of HTCondor only the ClassAd library is needed (package htcondor)."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

PARTS = Path(__file__).parents[3] / "box" / "parts"
for part in ("client", "wms-common", "wms"):
    sys.path.insert(0, str(PARTS / part / "tree/usr/lib/icebox"))

# The queue is never touched here, and its library would look for a schedd.
sys.modules["htcondor2"] = ModuleType("htcondor2")

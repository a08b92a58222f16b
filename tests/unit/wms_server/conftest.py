"""The broker, importable as on RB. Of HTCondor only the ClassAd library is needed (package htcondor)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PARTS = Path(__file__).parents[3] / "box" / "parts"
for part in ("client", "catalogue-client", "wms-common", "wms"):
    sys.path.insert(0, str(PARTS / part / "tree/usr/lib/icebox"))

# The queue is never touched here; without a configuration its library would look for one, and warn.
os.environ["CONDOR_CONFIG"] = "/dev/null"

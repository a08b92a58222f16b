"""gridinfo lies where the image has it; it is imported from there."""

from __future__ import annotations

import sys
from pathlib import Path

PART = Path(__file__).parents[3] / "box" / "parts" / "bdii"
sys.path.insert(0, str(PART / "tree" / "usr" / "lib" / "icebox"))

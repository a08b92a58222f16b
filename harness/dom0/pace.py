"""How fast a place is, by a small program: a busy one is slow, and so is one that is emulated or far away."""

from __future__ import annotations

from harness.dom0.place import PYTHON, Place

IDLE = 0.01
"""Seconds that the small program takes on an idle machine of 2024."""
LOOKS = 3
"""Times that it is run: one may have had bad luck, or good."""


def slowness(place: Place) -> float:
    """By which factor ``place`` is slower now than an idle machine: a busy one, or one that is emulated."""
    seconds = sorted(place.run([PYTHON, "-I", "-S", "-c", "pass"]).seconds for _ in range(LOOKS))
    return max(1.0, seconds[LOOKS // 2] / IDLE)

"""Whether somebody keeps a machine's clock: what programs of NTP and PTP have told its kernel (adjtimex(2)).

``is_kept`` has it asked at a place, where this file prints ``kept`` or ``alone``.  Needs nothing there but
Python.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.dom0.place import Place

TIME_ERROR = 5
"""The clock is not synchronized."""
TIMEX = 512
"""Bytes; struct timex has 208.  All zero, it asks for the state and changes nothing."""


def is_kept(place: Place) -> bool:
    """Whether the clock of ``place`` is synchronized; nodes that share its kernel share its clock."""
    return place.tell(Path(__file__)).strip() == "kept"


def is_kept_here() -> bool:
    """The same of this machine."""
    return ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX)) not in (TIME_ERROR, -1)


if __name__ == "__main__":
    print("kept" if is_kept_here() else "alone")

"""Look at a machine from within: files, disks, names, ways to others, units and what commands say.

It runs there, with JSON on standard input: ``each``, the seconds that one look gets, and ``wants``,
a list of looks, each a list of a kind (``KINDS``) and its words.  All are done side by side, and for each a
line of JSON is printed, in their order: ``{"got": …}``, or ``{"late": true}`` for one that was not done in
its time, or ``{"error": "…"}``.  Needs nothing but Python; nothing is changed but what a look says.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from harness.diagnosis.looks import beside, disks, knocks, lines, names, processes

USUAL = 7.0
"""Seconds for all looks at a machine that is not known to be busy."""


def now() -> float:
    """Seconds since 1970, as the machine has it."""
    return time.time()


def zone() -> str:
    """How far its local time is from UTC, as ``date +%z`` has it."""
    os.environ.pop("TZ", None)
    time.tzset()
    return time.strftime("%z")


def hostname() -> str:
    """The name that it goes by itself."""
    return os.uname().nodename


KINDS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        *(now, zone, hostname),
        *(disks.files, disks.disks, disks.writable),
        *(names.names, names.servers, names.listeners, names.tables),
        *(knocks.reach, lines.run),
        *(processes.units, processes.meant, processes.busy),
    )
}


def look(wants: list[list[Any]], each: float) -> list[dict[str, Any]]:
    """All that is wanted, in its order."""
    found: list[dict[str, Any]] = [{"late": True} for _ in wants]

    def one(number: int) -> None:
        kind, *words = wants[number]
        try:
            found[number] = {"got": KINDS[kind](*words)}
        except Exception as error:
            found[number] = {"error": f"{type(error).__name__}: {error}"}

    beside.side_by_side([lambda number=number: one(number) for number in range(len(wants))], each)  # type: ignore[misc]
    return list(found)


def main() -> None:
    asked = json.load(sys.stdin)
    beside.SLOWER[0] = max(1.0, asked["each"] / USUAL)
    for answer in look(asked["wants"], asked["each"]):
        print(json.dumps(answer))
    sys.stdout.flush()
    lines.end()
    os._exit(0)  # whatever hangs is not waited for


if __name__ == "__main__":
    main()

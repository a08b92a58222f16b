"""Lists of numbers, as ``-t`` names the tasks of an array: ``1,3-5``."""

from __future__ import annotations

from gridware.pbs import numbers

MOST = 100_000
"""Numbers in a list; Slurm's own end of an array is far below."""


def read(text: str) -> set[int]:
    """``1,3-5`` → 1, 3, 4, 5. ValueError if it is no such list."""
    found: set[int] = set()
    for item in text.split(","):
        low, dash, high = item.strip().partition("-")
        if not numbers.is_whole(low) or (dash and not numbers.is_whole(high)):
            raise ValueError(text)
        first, last = int(low), int(high or low)
        if last < first or last - first + len(found) > MOST:
            raise ValueError(text)
        found |= set(range(first, last + 1))
    return found


def write(known: list[int]) -> str:
    """1, 2, 3, 7 → ``1-3,7``."""
    found: list[list[int]] = []
    for number in sorted(known):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in found)

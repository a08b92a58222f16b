"""Durations: PBS writes ``[[DD:]HH:]MM:SS`` or seconds, Slurm ``[DD-]HH:MM:SS``."""

from __future__ import annotations

from gridware.pbs import numbers

NO_LIMIT = 0


def seconds(text: str) -> int:
    """A duration as PBS takes it: ``90``, ``1:30``, ``00:01:30``, ``1:00:00:00``. ValueError otherwise."""
    parts = text.split(".")[0].split(":")
    if not 1 <= len(parts) <= 4 or not all(map(numbers.is_whole, parts)):
        raise ValueError(text)
    total = 0
    for part, unit in zip(reversed(parts), (1, 60, 3600, 86400), strict=False):
        total += int(part) * unit
    return total


def from_slurm(text: str) -> int:
    """Seconds of Slurm's ``2-00:00:00``; NO_LIMIT for UNLIMITED and what is not set."""
    days, dash, rest = text.partition("-")
    try:
        return int(days) * 86400 + seconds(rest) if dash else seconds(text)
    except ValueError:
        return NO_LIMIT


def clock(total: int) -> str:
    """``HH:MM:SS``, with as many hours as it takes."""
    return f"{total // 3600:02d}:{total // 60 % 60:02d}:{total % 60:02d}"


def slurm_minutes(total: int) -> str:
    """A limit for ``sbatch --time``: whole minutes, rounded up, as Slurm would; at least one."""
    return str(max(1, -(-total // 60)))

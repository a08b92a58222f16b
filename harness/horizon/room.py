"""When there is no room left where nodes write, if it goes on as it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from harness.box import room
from harness.box.box import Box
from harness.box.room import Moment
from harness.errors import IceboxError
from harness.horizon.end import End

SHORTEST = 6 * 3600.0
"""Seconds between the moments that tell a rate: in less, an hour of a class, or a build, is all there is."""
MAKE = "make room on the host: `du -x / | sort -n | tail` shows what takes it"


def ends(box: Box) -> Iterator[End]:
    """When that disk is full, if it fills as it did since the oldest moment that is known."""
    try:
        moments = room.note(box)
    except (IceboxError, OSError, ValueError):
        return  # a dom0 that can't be asked is told by others
    where = "where the nodes write"
    for kind, what in (("free", "the disk is full"), ("files_free", "the disk takes no more files")):
        at, rate = full(moments, kind)
        if at is not None:
            yield End(at, f"{what} if it goes on as now, {rate}", where, "nothing is written any more", MAKE)


def full(moments: Sequence[Moment], kind: str) -> tuple[datetime | None, str]:
    """When nothing of a kind (``free``, ``files_free``) is left, and the rate in words; None if not at all.

    Moments of another size of the disk, or from before it was emptied, tell nothing.
    """
    *before, now = moments
    like = [
        each
        for each in before
        if (each.size, each.files) == (now.size, now.files) and now.at - each.at >= SHORTEST
    ]
    first = max(like, key=lambda each: getattr(each, kind), default=now)
    taken, seconds = getattr(first, kind) - getattr(now, kind), now.at - first.at
    if taken <= 0 or seconds < SHORTEST:
        return None, ""
    left = getattr(now, kind) / (taken / seconds)
    day = taken / seconds * 86400
    rate = f"{day / 1e9:.2g} GB a day" if kind == "free" else f"{day:.2g} files a day"
    try:
        return datetime.fromtimestamp(now.at + left, UTC), f"{rate} in the last {seconds / 3600:.2g} hours"
    except (OverflowError, ValueError, OSError):
        return None, ""

"""The day up to which a box is to last, as a person gives it.

Standard library only: the launcher judges by it what it was given before it installs anything.
"""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime, time, timedelta

USUAL = 14
"""Days that are looked ahead if nobody names a day."""
LONGEST = 3650
"""Days from now that may be asked for."""
NONE = "none"


def until(text: str) -> str:
    """The type of ``--until``: a day to come as 2026-12-31, or ``none``; it is given back as it is."""
    if text == NONE:
        return text
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text[:40]!r} is neither a day, such as {usual()}, nor {NONE}"
        ) from None
    today = datetime.now().astimezone().date()
    if not today <= day <= today + timedelta(days=LONGEST):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a day from today, {today}, to {today + timedelta(days=LONGEST)}"
        )
    return day.isoformat()


def usual() -> str:
    """The day that is meant if none is named."""
    return (datetime.now().astimezone().date() + timedelta(days=USUAL)).isoformat()


def end(text: str) -> datetime | None:
    """The last moment of a day, by this machine's time zone, in UTC; None if nobody is to look ahead."""
    if text == NONE:
        return None
    last = datetime.combine(date.fromisoformat(text), time(23, 59, 59))
    return last.astimezone(UTC)

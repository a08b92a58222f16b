"""An end: something that serves now and will not any more from a moment on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

SHOWN = 4
"""Machines, or people, that a line names; it says how many more there are."""


BEFORE = "Do before: "


@dataclass(frozen=True)
class End:
    """What ends, when, where, and what that means."""

    at: datetime
    """In UTC."""
    what: str
    """With a verb: ``the CRL of /C=IT/… ends``."""
    where: str
    """The machine, or whoever it is that it happens to."""
    means: str
    """What goes no more then."""
    remedy: str
    """What to do before; commands stand in backquotes."""


def lines(ends: Iterable[End]) -> list[str]:
    """What ends in the same way on a day as one text, the earliest first; its second line is the remedy."""
    same: dict[tuple[str, str, str, str], list[End]] = {}
    for each in sorted(ends, key=lambda end: (end.at, end.what, end.where)):
        same.setdefault((f"{each.at:%Y-%m-%d}", each.what, each.means, each.remedy), []).append(each)
    return [_line(some) for some in same.values()]


def _line(same: list[End]) -> str:
    first = same[0]
    places = list(dict.fromkeys(each.where for each in same))
    listed = ", ".join(places[:SHOWN])
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    when = "now" if first.at <= datetime.now(UTC) else f"{first.at:%Y-%m-%d %H:%M} UTC"
    return f"{when}: {first.what} ({listed}{more}): {first.means}\n{BEFORE}{first.remedy}"

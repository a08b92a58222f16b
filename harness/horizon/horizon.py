"""A look ahead: all that ends in a box before a day, and whether its certificates count on that day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.box.box import Box
from harness.diagnosis import view
from harness.diagnosis.fact import Case, Unseen, View, Want
from harness.diagnosis.facts.student import CERTS
from harness.horizon import calendar, lastday, papers, room
from harness.horizon.end import End, lines
from harness.horizon.lastday import Tried
from harness.site import Node

REMEDY = "do what each line says before its day, and validate again"
WANTS = {papers.ends: papers.wants, calendar.ends: calendar.wants}
"""Looks, by what judges them."""


@dataclass(frozen=True)
class Ahead:
    """What was seen."""

    until: datetime
    """In UTC."""
    ends: tuple[End, ...] = ()
    """All that ends by then."""
    tried: Mapping[Node, Tried] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    """Where nobody could look, in words."""

    def warnings(self) -> list[str]:
        """In the order of their days; what could not be looked at stands last."""
        return [*lines(self.ends), *self._unforeseen(), *(f"not looked at: {each}" for each in self.unseen)]

    def _unforeseen(self) -> Iterator[str]:
        """What openssl does not take on the last day, although nothing that was seen on that node ends."""
        known = {each.where for each in self.ends}
        # Those of students are tried on each node.
        of_students = any(each.what.startswith(papers.STUDENTS) for each in self.ends)
        for node, tried in self.tried.items():
            whys = [why for why in tried.whys if not (of_students and why == lastday.OVER)]
            if whys and node.name not in known:
                on = f"{self.until:%Y-%m-%d %H:%M} UTC"
                yield f"{on}: certificates don't count on {node} any more: {'; '.join(whys)}"


def look(box: Box, until: datetime) -> Ahead:
    """Look at all of a box; never raises for a machine that can't be looked at."""
    wanted = [(judge, want) for judge in (papers.ends, calendar.ends) for want in WANTS[judge](box.site)]
    seen, lost = view.take(box, [want for _, want in wanted])
    ends, unseen = [*calendar.names(box), *room.ends(box)], [f"{place}: {why}" for place, why in lost.items()]
    days = (until - datetime.now(UTC)).days + 2  # of today and of that day each a part
    for judge, want in wanted:
        try:
            ends += judge(Case(box, None, seen), want, days)
        except Unseen as reason:
            unseen += [] if want.place in lost else [str(reason)]
        except (ValueError, LookupError, OverflowError) as error:  # what was said is of another form
            unseen.append(f"{want.place}: {type(error).__name__}: {error}")
    tried, untried = lastday.tried(box, _students(box, seen), until)
    soon = tuple(each for each in ends if each.at <= until)
    return Ahead(until, soon, tried, tuple(dict.fromkeys((*unseen, *untried))))


def _students(box: Box, seen: View) -> str:
    """The certificates of all students, PEM."""
    try:
        found = seen.got(Want(box.site.ui.name, ("files", CERTS, True)))
    except Unseen:
        return ""
    return "".join(f"{told.get('text', '')}\n" for told in found.values())

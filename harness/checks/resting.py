"""Checks that rest on links of the box: of a broken one a single check tells, which blocks the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from harness.errors import CheckFailed
from harness.report.classify import block
from harness.services.graph import Broken


def block_by(broken: Iterable[Broken]) -> None:
    """End the running check as blocked if something it rests on is broken."""
    listed = list(broken)
    if listed:
        block(listed[0].told_by, "; ".join(map(str, listed)))


def rest_on(broken: Iterable[Broken], check: str = "", absent: Collection[str] = ()) -> None:
    """The same; but the ``check`` that tells of one of these fails, and says what mends it.

    So does any check where the one that tells of it is ``absent``, as in a quick run: nobody else would.
    """
    listed = list(broken)
    own = [each for each in listed if each.told_by == check or each.told_by in absent]
    if own:
        raise CheckFailed("; ".join(map(str, own)), why=own[0].placed.link.means, remedy=own[0].remedy)
    block_by(listed)

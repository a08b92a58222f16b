"""Checks that rest on links of the box: of a broken one a single check tells, which blocks the others."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import CheckFailed
from harness.report.classify import block
from harness.services.graph import Broken


def rest_on(broken: Iterable[Broken], check: str = "") -> None:
    """End the running check as blocked if something it rests on is broken.

    But the ``check`` that tells of it fails, and says what mends it.  So does any where no check of this run
    tells, as in a quick one or with ``-k``.
    """
    listed = list(broken)
    own = [each for each in listed if each.told_by in (check, "")]
    if own:
        raise CheckFailed("; ".join(map(str, own)), why=own[0].placed.link.means, remedy=own[0].remedy)
    if listed:
        block(listed[0].told_by, "; ".join(map(str, listed)))

"""Checks of a box that has been taken down under them, or of nodes that a restart has left down."""

from __future__ import annotations

import pytest

from harness.box.box import Box
from harness.errors import CheckFailed
from harness.report.classify import block
from harness.report.mark import CheckMark

WHOLE, NODES = "BOX-1", "BOX-2"
"""The checks that stop and start the box, and each of its nodes: they tell of what does not come back."""


def expect_standing(box: Box, item: pytest.Item, *, nodes: bool) -> None:
    """Block a check whose box is down or, if it is to look at ``nodes``, one of them is.

    The check that tells of it fails.
    """
    if not box.dom0.stands:
        _tell(item, WHOLE, f"the box {box.name} is down", f"./icebox start --box {box.name} brings it up")
    down = box.down() if nodes else []
    if down:
        names = " and ".join(map(str, down))
        remedy = f"./icebox stop --box {box.name}, then ./icebox start --box {box.name}"
        _tell(item, NODES, f"{names} is down" if len(down) == 1 else f"{names} are down", remedy)


def _tell(item: pytest.Item, check: str, what: str, remedy: str) -> None:
    mark = CheckMark.of(item)
    if mark is not None and mark.id == check:
        raise CheckFailed(what, remedy=remedy)
    block(check, what)

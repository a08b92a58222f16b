"""Two workers of pytest-xdist do these tests: those in sandboxes of their own, beside those on this machine.

Boxes on this machine share its state directory, and who starts one removes what others killed on purpose.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

SANDBOXED = ("hosts", "leaks", "local")
WITHOUT_BOXES = ("dns", "network", "sessions")
"""Rooms of which it does not matter what is done beside them."""
ENDING = 60.0
"""Seconds that workers get after Ctrl-C, for their boxes go with them."""

# Programs that tests start, pytest among them, are no workers of this run.
for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
    del os.environ[name]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A lane is done by one worker in its order; whoever is through first takes the other rooms."""
    for item in items:
        room = item.path.parent.name
        lane = room if room in WITHOUT_BOXES else "sandboxed" if room in SANDBOXED else "home"
        item.add_marker(pytest.mark.xdist_group(lane))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.nodemanager.EXIT_TIMEOUT = ENDING

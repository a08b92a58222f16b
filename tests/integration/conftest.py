"""Three workers of pytest-xdist do these tests: two those in sandboxes of their own, one the others.

Boxes on this machine share its state directory, and who starts one removes what others killed on purpose.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

KILLED, HOSTS = ("hosts", "leaks"), ("install", "local")
"""Rooms with sandboxes of their own, in two lanes of about the same length."""
WITHOUT_BOXES = ("dns", "network", "sessions")
"""Rooms of which it does not matter what is done beside them."""
ENDING = 60.0
"""Seconds that workers get after Ctrl-C, for their boxes go with them."""

# Programs that tests start, pytest among them, are no workers of this run.
for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
    del os.environ[name]


class Lanes(LoadScopeScheduling):
    """A lane is done by one worker in its order; whoever is through first takes the other rooms.

    xdist's own groups (``--dist=loadgroup``) are no groups with pytest 9.2: findings/xdist-groups.sh.
    """

    def _split_scope(self, nodeid: str) -> str:
        room = nodeid.removeprefix("tests/integration/").partition("/")[0]
        if room in WITHOUT_BOXES:
            return room
        return "killed" if room in KILLED else "hosts" if room in HOSTS else "home"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    return Lanes(config, log)


def pytest_configure_node(node: Any) -> None:
    node.nodemanager.EXIT_TIMEOUT = ENDING

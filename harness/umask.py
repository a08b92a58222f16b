"""The umask under which nodes, layers and boxes are made: ours, not that of whoever calls."""

from __future__ import annotations

import os

OURS = 0o022


def ours() -> None:
    """Let files that get no mode of their own have those of a Debian system: nodes boot from them.

    A caller's 027 or 077 would shut /etc to the accounts in the nodes.  What is secret says its own mode.
    """
    os.umask(OURS)

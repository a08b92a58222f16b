"""``icebox`` as it is typed, with the emulated Xen host as what root@xenhost is."""

from __future__ import annotations

import os
import subprocess

from harness.command import CommandResult
from harness.dom0.sshhost import CONFIG
from harness.state import checkout
from harness.xenhost import host

MAKING = 3600.0
"""Seconds for all of the first start, or for a box there."""


def icebox(*words: str) -> CommandResult:
    """A command about the host."""
    return typed("xen-host", *words)


def typed(*words: str, seconds: float = MAKING) -> CommandResult:
    """Any command."""
    done = subprocess.run(
        [str(checkout() / "icebox"), *words],
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, CONFIG: str(host.config())},
    )
    return CommandResult(" ".join(words), "here", done.returncode, done.stdout, done.stderr, 0.0)

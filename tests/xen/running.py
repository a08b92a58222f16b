"""``icebox`` as it is typed, with the emulated Xen host as what root@xenhost is."""

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
    with begun(*words) as running:
        try:
            said, told = running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            raise
    return CommandResult(" ".join(words), "here", running.returncode, said, told, 0.0)


def begun(*words: str) -> subprocess.Popen[str]:
    """The same, while it runs."""
    pipe = subprocess.PIPE
    surroundings = {**os.environ, CONFIG: str(host.config())}
    return subprocess.Popen(
        [str(checkout() / "icebox"), *words], stdout=pipe, stderr=pipe, text=True, env=surroundings
    )

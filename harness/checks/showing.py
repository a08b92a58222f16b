"""Showing certificates to a service past all checks of the clients (``harness.probes.handshake``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.access.shell import LOGIN, Shell
from harness.probes import handshake

PROGRAM = Path(handshake.__file__).read_text()
OWN = "$HOME/.globus/usercert.pem", "$HOME/.globus/userkey.pem"
"""The student's certificate and its key."""


def show(student: Shell, kind: str, host: str, port: int, shown: Sequence[Sequence[str]]) -> list[str]:
    """What a service says to each: certificate, key and, if only these are offered, cipher suites."""
    line = f"python3 - {kind} {host} {port} {' '.join(','.join(words) for words in shown)}"
    told = student.run(line, stdin=PROGRAM).expect_success(LOGIN).stdout.splitlines()
    assert len(told) == len(shown), told
    return told

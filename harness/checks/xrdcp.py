"""xrdcp and xrdfs as a student types them, with an end to their patience."""

from __future__ import annotations

from harness.access.shell import Shell
from harness.command import CommandResult

PORT = 3147
PATIENT = "XRD_CONNECTIONRETRY=1 XRD_CONNECTIONWINDOW=30"
"""By itself a client tries a dead server for ten minutes."""
LIMIT = 120.0
"""Seconds a large file may take on a busy machine."""


def server(host: str) -> str:
    """The URL of a server, as xrdfs takes it."""
    return f"root://{host}:{PORT}"


def url(host: str, path: str) -> str:
    """The URL of an absolute path."""
    return f"{server(host)}/{path}"


def copy(shell: Shell, options: str, source: str, target: str) -> CommandResult:
    """``xrdcp`` from one URL or file to another."""
    return shell.run(f"{PATIENT} xrdcp --nopbar {options} {source} {target}", timeout=LIMIT)


def checksum(shell: Shell, host: str, path: str, kind: str) -> CommandResult:
    """``xrdfs query checksum``; prints the kind and the sum."""
    asked = f"'{path}?cks.type={kind}'"
    return shell.run(f"{PATIENT} xrdfs {server(host)} query checksum {asked}", timeout=LIMIT)

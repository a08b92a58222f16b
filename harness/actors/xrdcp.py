"""xrdcp and xrdfs as a student types them; client.conf of the machines ends their patience."""

from __future__ import annotations

from harness.access.shell import Shell
from harness.command import CommandResult
from harness.grid.storage import xrootd
from harness.services.registry import XROOTD

SERVER = XROOTD.remedy
LIMIT = 120.0
"""Seconds a large file may take on a busy machine."""


def url(host: str, path: str) -> str:
    """The URL of an absolute path."""
    return f"{xrootd(host)}/{path}"


def copy(shell: Shell, options: str, source: str, target: str) -> CommandResult:
    """``xrdcp`` from one URL or file to another."""
    return shell.run(f"xrdcp --nopbar {options} {source} {target}", timeout=LIMIT)


def checksum(shell: Shell, host: str, path: str, kind: str) -> CommandResult:
    """``xrdfs query checksum``; prints the kind and the sum."""
    asked = f"'{path}?cks.type={kind}'"
    return shell.run(f"xrdfs {xrootd(host)} query checksum {asked}", timeout=LIMIT)

"""Processes of this host, found by a token in their command line and ended by number."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from harness.deadline import wait_for

PROC = Path("/proc")


def with_token(token: str) -> Iterator[int]:
    """Numbers of the processes that have ``token`` as a word of their command line."""
    wanted = token.encode()
    for path in PROC.iterdir():
        if path.name.isdigit() and wanted in words(int(path.name)):
            yield int(path.name)


def words(pid: int) -> list[bytes]:
    """Command line of a process; empty if it is gone."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def started(pid: int) -> str:
    """Start time of a process in clock ticks since boot, which tells reused numbers apart; "" if gone."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    after_name = stat.rpartition(")")[2].split()
    return "" if after_name[0] == "Z" else after_name[19]


def children(pid: int) -> list[int]:
    """Direct children of a process."""
    found = []
    for path in PROC.iterdir():
        if not path.name.isdigit():
            continue
        try:
            stat = (path / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(stat.rpartition(")")[2].split()[1]) == pid:
            found.append(int(path.name))
    return found


def end_with_token(token: str, seconds: float = 30.0) -> None:
    """Kill every process marked by ``token`` and wait until none is left."""

    def none_left() -> bool:
        left = [pid for pid in with_token(token) if pid != os.getpid() and started(pid)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not left

    wait_for(f"the processes marked {token} to end", none_left, seconds)

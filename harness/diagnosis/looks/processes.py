"""A look at what runs: units of systemd, and programs that want a processor."""

from __future__ import annotations

import contextlib
import glob
import os
import subprocess
import time
from collections.abc import Iterator

from harness.diagnosis.looks.beside import read

ENABLED = "/etc/systemd/system/*.wants/*"


def units(names: list[str]) -> dict[str, dict[str, str]]:
    """What systemd says of its units, and which of their processes are stopped (signal STOP)."""
    properties = "Id,ActiveState,SubState,FreezerState,NRestarts,StateChangeTimestamp,ControlGroup"
    groups, found = _stopped(), {}
    for name, told in zip(names, _shown(properties, names), strict=False):
        group = told.get("ControlGroup") or "none"
        stopped = [process for process, path in groups if path.endswith(group) or f"{group}/" in path]
        found[name] = told | {"stopped": " ".join(stopped)}
    return found


def meant() -> list[dict[str, str]]:
    """What systemd says of units that are enabled, which is a link, or that failed, tried again or not.

    To list all with their unit files (``list-unit-files``) takes 0.3 s of CPU.
    """
    failed = _systemctl("list-units", "--state=failed,auto-restart", "--no-legend", "--plain")
    names = {line.split()[0] for line in failed.splitlines() if line.split()}
    names |= {path.rpartition("/")[2] for path in glob.glob(ENABLED)}
    # One without its instance can't be asked of.
    named = sorted(name for name in names if "@." not in name)
    return _shown("Id,ActiveState,SubState,Transient,StateChangeTimestamp", named) if named else []


def _shown(properties: str, names: list[str]) -> list[dict[str, str]]:
    said = _systemctl("show", "--timestamp=unix", f"--property={properties}", "--", *names)
    blocks = said.strip().split("\n\n")
    return [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in blocks]


def _systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False).stdout


def _stopped() -> list[tuple[str, str]]:
    """Processes that a signal has stopped, with their control groups."""
    found = []
    for number, name, rest in _processes():
        with contextlib.suppress(OSError):
            if rest[0] == "T":
                found.append((f"{name}[{number}]", read(f"/proc/{number}/cgroup").strip()))
    return found


def busy(times: int, apart: float) -> list[list[str]]:
    """Programs that want a processor, at so many moments, some seconds apart; a batch job's do not count."""
    found = []
    for moment in range(times):
        time.sleep(apart if moment else 0)
        seen = {number: (name, *rest) for number, name, rest in _processes()}
        running = [each for each in seen if seen[each][1] == "R" and not _of_others(each, seen)]
        found.append([seen[each][0] for each in running])
    return found


def _of_others(number: str, seen: dict[str, tuple[str, ...]]) -> bool:
    """Whether a batch job has started it, or this look."""
    while number in seen:
        name, _, parent, *_ = seen[number]
        if name == "slurmstepd" or number == str(os.getpid()):
            return True
        number = parent
    return False


def _processes() -> Iterator[tuple[str, str, list[str]]]:
    """Number, name, and what else proc_pid_stat(5) has of each process."""
    for number in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            name, _, rest = read(f"/proc/{number}/stat").partition("(")[2].rpartition(")")
            yield number, name, rest.split()

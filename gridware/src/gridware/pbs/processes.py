"""The processes of a job on its WN, from /proc: those of its session, and what came from them."""

from __future__ import annotations

import os
import time

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
LOOKS, BETWEEN = 10, 0.002
"""At an environment that is empty, and seconds between them."""
CARRIER = 34
"""The first real-time signal: qsig's signal N reaches a job's mom as CARRIER + N, so that mom can tell a
SIGTERM for the job from Slurm's own, which means the end, and survives what it passes on."""


class Process:
    """One line of /proc/PID/stat (proc_pid_stat(5)). CPU times in seconds, sizes in bytes."""

    def __init__(self, pid: int, text: str) -> None:
        fields = text.rpartition(")")[2].split()
        self.pid = pid
        self.state = fields[0]
        self.parent, self.session = int(fields[1]), int(fields[3])
        self.own_cpu = (int(fields[11]) + int(fields[12])) / TICKS
        self.cpu = self.own_cpu + (int(fields[13]) + int(fields[14])) / TICKS
        self.virtual, self.resident = int(fields[20]), int(fields[21]) * PAGE


def of_job(session: int, ident: str, root: str = "/proc") -> list[Process]:
    """All processes of a job's session, its daemons, and what descends from them; this one is not among them.

    A daemon has left the session and its parent, but has the job's environment (proc_pid_environ(5)).
    """
    mark = f"PBS_JOBID={ident}".encode()
    every = {process.pid: process for process in _all(root)}
    found = {
        pid
        for pid, process in every.items()
        if process.session == session or mark in _environment(process, f"{root}/{pid}")
    }
    more = True
    while more:
        children = {pid for pid, process in every.items() if process.parent in found} - found
        found |= children
        more = bool(children)
    return [process for pid, process in every.items() if pid in found and pid != os.getpid()]


def _environment(process: Process, place: str) -> list[bytes]:
    """What a process was started with; nothing if it is another's, or has ended."""
    text = b""
    try:
        for _ in range(LOOKS if process.virtual else 0):  # the kernel's own have no memory
            with open(f"{place}/environ", "rb") as file:
                text = file.read()
            if text:
                break
            time.sleep(BETWEEN)  # in the middle of execve(2) it has none
    except OSError:
        return []
    return text.split(b"\0")


def _all(root: str) -> list[Process]:
    found = []
    for name in os.listdir(root):
        if not name.isdigit():
            continue
        try:
            with open(f"{root}/{name}/stat", encoding="utf-8", errors="replace") as file:
                found.append(Process(int(name), file.read()))
        except (OSError, IndexError):  # it has just ended
            continue
    return found

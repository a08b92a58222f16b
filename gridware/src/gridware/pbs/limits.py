"""A job's limits on its WN: what it may use, and whether it has used more (pbs_mom's ``job_over_limit``)."""

from __future__ import annotations

import resource

from gridware.pbs import resources, times
from gridware.pbs.processes import Process

GRACE = 10
"""Seconds of CPU time beyond a limit after which the kernel ends a process that nobody else has ended."""

NO_LIMIT = 2**62
"""From here on the kernel can't be told, and nothing comes near it."""


def seconds(asked: dict[str, str], name: str) -> int:
    """A time of the resource list in seconds; 0 if it is not limited."""
    return times.seconds(asked[name]) if name in asked else 0


def size(asked: dict[str, str], name: str) -> int:
    """A size of the resource list in bytes; 0 if it is not limited."""
    return resources.size(asked[name]) if name in asked else 0


def set_own(asked: dict[str, str]) -> None:
    """The limits that the kernel keeps, for this process and what it starts."""
    cpu = [value for value in (seconds(asked, "cput"), seconds(asked, "pcput")) if value]
    virtual = [value for value in (size(asked, "vmem"), size(asked, "pvmem")) if value]
    for kind, wanted in (
        (resource.RLIMIT_CPU, min(cpu) + GRACE if cpu else 0),
        (resource.RLIMIT_AS, min(virtual, default=0)),
        (resource.RLIMIT_FSIZE, size(asked, "file")),
    ):
        hard = resource.getrlimit(kind)[1]
        if 0 < wanted < NO_LIMIT and (hard == resource.RLIM_INFINITY or wanted < hard):
            resource.setrlimit(kind, (wanted, wanted))


def watched(asked: dict[str, str]) -> bool:
    """Whether there is anything to look at while the job runs, beside the clock."""
    return any(name in asked for name in ("cput", "pcput", "mem", "pmem", "vmem", "pvmem"))


def exceeded(asked: dict[str, str], running: list[Process]) -> str:
    """What the job has too much of, in Torque's words; empty if it keeps its limits."""
    cput, pcput = seconds(asked, "cput"), seconds(asked, "pcput")
    mem, pmem, vmem, pvmem = (size(asked, name) for name in ("mem", "pmem", "vmem", "pvmem"))
    used = sum(process.cpu for process in running)
    resident, virtual = sum(p.resident for p in running), sum(p.virtual for p in running)
    if cput and used > cput:
        return f"cput {used:.0f} exceeded limit {cput}"
    if pcput and any(process.own_cpu > pcput for process in running):
        return f"pcput exceeded limit {pcput}"
    if vmem and virtual > vmem:
        return f"vmem {virtual} exceeded limit {vmem}"
    if pvmem and any(process.virtual > pvmem for process in running):
        return f"pvmem exceeded limit {pvmem}"
    if mem and resident > mem:
        return f"mem job total {resident // 1024} kb exceeded limit {mem // 1024} kb"
    if pmem and any(process.resident > pmem for process in running):
        return f"pmem exceeded limit {pmem}"
    return ""

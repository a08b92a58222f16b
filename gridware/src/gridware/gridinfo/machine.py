"""The processor, memory and system of a worker node, as GLUE's subcluster tells of them."""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gridware.gridinfo import benchmark


class Machine(NamedTuple):
    """A worker node as jobs see it."""

    model: str
    vendor: str
    mhz: int
    ram: int
    """MB"""
    virtual: int
    """MB"""
    system: str
    release: str
    architecture: str
    figures: benchmark.Figures


_machine: list[Machine] = []


def read() -> Machine:
    """Read once: WNs are containers on this machine, so they have the CE's processor and memory."""
    if not _machine:
        _machine.append(
            parse(
                Path("/proc/cpuinfo").read_text(),
                Path("/proc/meminfo").read_text(),
                _os_release(),
                benchmark.figures(),
            )
        )
    return _machine[0]


def _os_release() -> dict[str, str]:
    lines = Path("/etc/os-release").read_text().splitlines()
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def parse(cpuinfo: str, meminfo: str, release: Mapping[str, str], figures: benchmark.Figures) -> Machine:
    cpu = _fields(cpuinfo)
    memory = {name: int(value.split()[0]) // 1024 for name, value in _fields(meminfo).items() if value}
    ram = memory.get("MemTotal", 0)
    return Machine(
        model=cpu.get("model name", "unknown"),
        vendor=cpu.get("vendor_id", "unknown"),
        mhz=round(float(cpu.get("cpu MHz", 0))),
        ram=ram,
        virtual=ram + memory.get("SwapTotal", 0),
        system=release.get("NAME", "Debian").removesuffix(" GNU/Linux"),
        release=release.get("VERSION_ID", ""),
        architecture=platform.machine(),
        figures=figures,
    )


def _fields(text: str) -> dict[str, str]:
    """The first value of each name in ``name : value`` lines."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip(), value.strip())
    return fields

"""The step that compiles libvirt-python against this host's libvirt.

It lies in a directory of its own, found by the environment through a .pth file: compiled beside the rest of
the set-up, and again only when Python, libvirt or its own pin changes.
"""

from __future__ import annotations

from pathlib import Path

from harness.setup import pins, pip
from harness.setup.machine import Machine
from harness.setup.shell import Shell
from harness.setup.step import Step, fill, is_complete

NAME = "libvirt"


def step(machine: Machine) -> Step:
    return Step(
        NAME,
        "libvirt binding",
        ready=lambda: machine.libvirt_version != "" and is_complete(directory(machine), "libvirt.py"),
        lacking=lambda: f"{_requirement(machine)}, compiled here",
        install=lambda shell: fill(directory(machine), lambda: _compile(machine, shell)),
        after=("debian",),
        space=20_000_000,
    )


def directory(machine: Machine) -> Path:
    return machine.directory(NAME, _requirement(machine), machine.python_version, machine.libvirt_version)


def _requirement(machine: Machine) -> str:
    return pins.requirement(pins.parse(machine.text("constraints.txt")), pins.BINDING)


def _compile(machine: Machine, shell: Shell) -> None:
    where = ["--target", str(directory(machine))]
    # A wheel from elsewhere, or one cached here before libvirt was upgraded, would fit another libvirt.
    fresh = ["--no-binary", pins.BINDING, "--no-cache-dir", "--no-deps"]
    pip.run(machine, shell, NAME, machine.python, ["install", *where, *fresh, _requirement(machine)])

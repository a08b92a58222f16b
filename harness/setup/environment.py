"""The step that makes the virtual environment the harness runs in."""

from __future__ import annotations

from pathlib import Path

from harness.setup import binding, pins, pip
from harness.setup.machine import Machine
from harness.setup.shell import Shell
from harness.setup.step import Step, fill, is_complete

NAME = "python"


def step(machine: Machine) -> Step:
    return Step(
        NAME,
        "Python environment",
        ready=lambda: is_complete(directory(machine), "bin/python"),
        lacking=lambda: f"{len(_requirements(machine))} packages of constraints.txt, below {machine.home}",
        install=lambda shell: fill(directory(machine), lambda: _make(machine, shell)),
        after=("debian",),
        space=260_000_000,
    )


def directory(machine: Machine) -> Path:
    """Named by all that goes in, the place of the libvirt binding included."""
    return machine.directory(
        NAME, *_requirements(machine), machine.python_version, str(binding.directory(machine))
    )


def interpreter(machine: Machine) -> Path:
    """The Python that runs the harness; it exists once the step is ready."""
    return directory(machine) / "bin/python"


def _requirements(machine: Machine) -> list[str]:
    return pins.environment(pins.parse(machine.text("constraints.txt")))


def _make(machine: Machine, shell: Shell) -> None:
    target = directory(machine)
    shell.run(NAME, [machine.python, "-m", "venv", "--without-pip", str(target)])
    library = target / "lib" / f"python{machine.python_version}" / "site-packages"
    (library / "libvirt-binding.pth").write_text(f"{binding.directory(machine)}\n", encoding="utf-8")
    # The pins are complete, so nothing needs to be resolved; and nothing but the binding may be compiled.
    exactly = ["--no-deps", "--only-binary", ":all:"]
    pip.run(machine, shell, NAME, str(interpreter(machine)), ["install", *exactly, *_requirements(machine)])

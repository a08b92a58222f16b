"""pip as it comes with python3-venv: a wheel that runs without being installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.errors import HostError
from harness.setup.machine import Machine
from harness.setup.shell import Shell

WHEELS = "usr/share/python-wheels/pip-*.whl"
QUIETLY = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    # Settings of a person's shell that would send packages elsewhere.
    "PIP_TARGET": "",
    "PIP_USER": "0",
    "PIP_REQUIRE_VIRTUALENV": "0",
}


def run(machine: Machine, shell: Shell, step: str, python: str, arguments: Sequence[str]) -> None:
    """``pip`` with ``arguments`` for the interpreter ``python``.

    Saves installing pip into each environment (3 s) and is the same pip for all of them.
    """
    with _scratch(machine, step) as scratch:
        command = [python, str(_wheel(machine) / "pip"), *arguments]
        shell.run(step, command, env={**QUIETLY, "TMPDIR": str(scratch)}, cwd=scratch)


def _wheel(machine: Machine) -> Path:
    for wheel in sorted(machine.root.glob(WHEELS), reverse=True):
        return wheel
    raise HostError(
        "Debian's pip is missing",
        where=str(machine.root / WHEELS),
        remedy="apt-get install --reinstall python3-venv python3-pip-whl",
    )


@contextmanager
def _scratch(machine: Machine, step: str) -> Iterator[Path]:
    """Where pip unpacks and compiles; a killed pip's remains go with the next."""
    directory = machine.home / "tmp" / f"setup-{step}"
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)

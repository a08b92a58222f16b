"""The step that installs Allure 3, which makes the report."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from harness.errors import HostError
from harness.setup import node
from harness.setup.machine import Machine
from harness.setup.shell import Shell
from harness.setup.step import Step, fill, is_complete

NAME = "allure"
ENTRY = "node_modules/allure/cli.js"
TRUST = "NODE_EXTRA_CA_CERTS"
CAS = "/etc/ssl/certs/ca-certificates.crt"
"""What this machine trusts (update-ca-certificates(8)); Node.js looks there if it is told to."""


def step(machine: Machine) -> Step:
    return Step(
        NAME,
        "Allure",
        ready=lambda: is_complete(directory(machine), ENTRY),
        lacking=lambda: f"the npm package allure {version(machine)} and what it needs",
        install=lambda shell: fill(directory(machine), lambda: _install(machine, shell)),
        after=(node.NAME,),
        space=60_000_000,
    )


def directory(machine: Machine) -> Path:
    return machine.directory(NAME, machine.text("package-lock.json"))


def version(machine: Machine) -> str:
    """The pinned version."""
    return str(json.loads(machine.text("package.json"))["dependencies"]["allure"])


def command(machine: Machine | None = None) -> tuple[str, ...]:
    """What to run instead of ``allure``.  HostError if the set-up has not been run."""
    machine = machine or Machine()
    found = node.find(machine)
    if found is None or not is_complete(directory(machine), ENTRY):
        raise HostError("Allure is not installed", remedy="run ./icebox setup")
    return (found.program, str(directory(machine) / ENTRY))


def _install(machine: Machine, shell: Shell) -> None:
    found = node.find(machine)
    if found is None:
        raise HostError("there is no Node.js for Allure", remedy="run ./icebox setup")
    target = directory(machine)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(machine.checkout / name, target / name)
    # Scripts of packages are not run: none of them is needed, and none may download anything.
    quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress"]
    trust = {TRUST: os.environ.get(TRUST) or CAS}
    shell.run(NAME, [*found.npm, "ci", *quietly], cwd=target, env=trust)

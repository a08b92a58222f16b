"""Bringing this machine to the point where the harness can run."""

from __future__ import annotations

from collections.abc import Sequence

from harness.console import Console
from harness.errors import HostError
from harness.setup import allure, binding, debian, environment, image, node, plan
from harness.setup.lock import locked
from harness.setup.machine import Machine, megabytes
from harness.setup.shell import Shell
from harness.setup.step import Step


def steps(machine: Machine, *, tests: bool = False) -> list[Step]:
    """All steps; with ``tests`` also what only ``./icebox test`` needs."""
    wanted = [
        debian.step(machine),
        environment.step(machine),
        binding.step(machine),
        node.step(machine),
        allure.step(machine),
        image.step(),
    ]
    if tests:
        wanted.append(
            debian.step(
                machine,
                name="debian-test",
                title="Debian packages for the tests",
                list_name="packages-test.list",
                # dpkg has one lock
                after=("debian",),
                space=450_000_000,
            )
        )
    return wanted


AGAIN = "run the same command without --no-install"


def prepare(
    machine: Machine, wanted: Sequence[Step], console: Console, *, install: bool, remedy: str = AGAIN
) -> bool:
    """Install what ``wanted`` lacks; True if anything was.

    Costs milliseconds when nothing is missing.  HostError when something is and ``install`` is false, with
    the ``remedy``, or when this machine or user can't install it; nothing has been touched then.
    """
    missing = plan.lacking(wanted)
    if not missing:
        return False
    if not install:
        raise HostError(
            "this machine is not prepared",
            why="\n       ".join(["it lacks:", *_described(missing)]),
            remedy=remedy,
        )
    machine.require_debian()
    machine.require_root()
    machine.require_space(sum(step.space for step in missing))
    _install(machine, wanted, missing, console)
    return True


def _install(machine: Machine, wanted: Sequence[Step], missing: Sequence[Step], console: Console) -> None:
    console.note("This machine lacks, and icebox now installs:")
    for line in _described(missing):
        console.note(f"  {line}")
    console.note(f"About {megabytes(sum(step.space for step in missing))} of disk; no service is started.")

    def waiting(who: str) -> None:
        console.note(f"Waiting for another set-up on this machine to end: {who}.")

    with locked(machine.home, waiting) as lock:
        plan.run(wanted, Shell(machine.home / "log", kept_open=lock, note=console.note), console)


def _described(missing: Sequence[Step]) -> list[str]:
    return [f"{step.title}: {step.lacking()}" for step in missing]

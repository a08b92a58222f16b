"""enable and disable: a box that comes up when this machine boots."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.box import atboot, host, teardown
from harness.box.files import BoxFiles
from harness.commands.options import console_for, known_box, option_of
from harness.commands.words import add_box, add_site, add_trust
from harness.dom0.standing import is_up
from harness.errors import ExitCode, InputError
from harness.ledger import Ledger
from harness.sitefile import load


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``enable`` and ``disable`` on the command line."""
    enable = commands.add_parser(
        "enable",
        help="bring a box up whenever this machine boots",
        description="Makes a unit of systemd that brings a box up whenever this machine boots, and stops it "
        "in order before it goes off. The box must have been started once.",
    )
    add_box(enable)
    add_site(enable)
    add_trust(enable)
    enable.set_defaults(run=run_enable)
    disable = commands.add_parser(
        "disable",
        help="no longer bring a box up when this machine boots",
        description="Removes the unit that enable made. The box stays as it is, up or down.",
    )
    add_box(disable)
    disable.set_defaults(run=run_disable)


def run_enable(options: argparse.Namespace) -> int:
    """Have systemd bring the box up at each boot."""
    name, console = known_box(options), console_for(options)
    atboot.check_host()
    site, ledger = load(options.site), Ledger(name)
    if not options.trust_students:
        host.check_walls(site)
    with ledger.locked(teardown.PATIENCE):
        check_kept(name, ledger, site.path)
        unit = atboot.enable(name, site.path.resolve(), ledger, trusted=options.trust_students)
    if is_up(name, ledger):
        with console.stage(f"tell systemd that {name} is up"):
            atboot.activate(unit)
    console.note(f"The box {name!r} comes up when this machine boots: {unit}.")
    console.note(f"./icebox disable{option_of(name)} ends that, and so does ./icebox stop --destroy.")
    return ExitCode.GO


def run_disable(options: argparse.Namespace) -> int:
    """Have systemd forget the box."""
    name, console = known_box(options), console_for(options)
    ledger = Ledger(name)
    with ledger.locked(teardown.PATIENCE):
        ledger.replay({atboot.KIND: atboot.undo}, frozenset({atboot.KIND}))
    console.note(f"The box {name!r} does not come up by itself when this machine boots.")
    return ExitCode.GO


def check_kept(name: str, ledger: Ledger, site: Path) -> None:
    """Raises InputError for a box that ends with a validate, and one that was started with another file."""
    if not teardown.is_kept(ledger):
        raise InputError(
            f"the box {name!r} is there for a while only",
            where="--box",
            why="who brought it up takes it down again, or it was never up",
            remedy=f"./icebox start{option_of(name)} makes one that stays, when it is gone",
        )
    if not BoxFiles(name).is_of(site):
        raise InputError(
            f"the box {name!r} was started with another site file, or this one has changed since",
            where=str(site),
            remedy="name its own with --site FILE, or stop the box and start it with this one",
        )

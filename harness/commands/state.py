"""suspend, save, resume, snapshot, revert, snapshots: a box stands still, and goes back to where it was."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.box import ahead, pending, revert, snapshot, spare, suspension, teardown
from harness.box.box import Box
from harness.box.files import BoxFiles
from harness.box.snapshot import Snapshot
from harness.commands.options import console_for, known_box, option_of
from harness.commands.words import Commands, add_box, add_json
from harness.console import Console
from harness.errors import ExitCode, InputError
from harness.ledger import Ledger


def add(commands: Commands) -> None:
    """Put ``suspend``, ``save``, ``resume``, ``snapshot``, ``revert``, ``snapshots`` on the command line."""
    _parser(
        commands,
        "suspend",
        "have the whole box stand still",
        "Has all processes of a box stand still at one point: nodes, dom0 and outside. Nothing answers until "
        "resume, and no processor is used. It ends with this machine's power, as the box does.",
    ).set_defaults(run=run_suspend)
    _parser(
        commands,
        "save",
        "have it stand still, with nodes' memory in files",
        "Has a box stand still as suspend does, and writes the memory of nodes with a kernel of their own to "
        "files, so that it is free for others until resume.",
    ).set_defaults(run=run_save)
    _parser(
        commands,
        "resume",
        "have a box go on that was suspended or saved",
        "Has a suspended or saved box go on where it stood, and waits until every service answers.",
    ).set_defaults(run=run_resume)
    made = _parser(
        commands,
        "snapshot",
        "keep all that is stored in the box, as it is now",
        "Keeps all that nodes have written, as it is at one moment; a box that is up stands still for it, a "
        "tenth of a second. Processes are no part of it.",
    )
    made.add_argument("name", metavar="NAME", help="what it is called")
    made.set_defaults(run=run_snapshot)
    back = _parser(
        commands,
        "revert",
        "put the box back to a snapshot",
        "Puts all that nodes have written back as it was at a snapshot; what was written since is lost. A "
        "box that is up boots anew, one that is down stays down.",
    )
    back.add_argument("name", metavar="NAME", help="which snapshot")
    back.set_defaults(run=run_revert)
    listed = _parser(
        commands,
        "snapshots",
        "list the box's snapshots, or remove one",
        "Lists the snapshots of a box with their sizes, the oldest first.",
    )
    listed.add_argument("--remove", metavar="NAME", help="remove this one")
    listed.set_defaults(run=run_snapshots)


def _parser(commands: Commands, word: str, short: str, long: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(word, help=short, description=long)
    add_box(parser)
    add_json(parser)
    return parser


@dataclass(frozen=True)
class _Held:
    """A box whose ledger is locked, and of which nothing is left that was cut short."""

    console: Console
    ledger: Ledger
    files: BoxFiles
    box: Box | None
    """None if it is down."""

    @property
    def running(self) -> Box:
        if self.box is None:
            raise InputError(
                f"the box {self.files.box!r} is not up",
                where="--box",
                why="only one that runs can stand still, or go on",
                remedy=f"./icebox start{option_of(self.files.box)}",
            )
        return self.box

    def book(self, wanted: Snapshot) -> None:
        """Have a spare run of a box that goes on be made of this snapshot, to which it goes back next."""
        if self.box is not None and not self.box.dom0.suspended:
            ahead.begin(self.box, wanted)


@contextmanager
def _held(options: argparse.Namespace) -> Iterator[_Held]:
    name, console = known_box(options), console_for(options)
    ledger = Ledger(name)
    with ledger.locked(teardown.PATIENCE):
        if teardown.is_dead(name):
            teardown.tell_dead(ledger, console)
            teardown.undo_run(ledger)
        if not ledger.of_kind("data"):
            raise InputError(
                f"there is nothing of the box {name!r} any more",
                where="--box",
                why="it was never ready, and what was made of it is removed",
                remedy=f"./icebox start{option_of(name)}",
            )
        spare.give_up(ledger)
        box = pending.settle(name, ledger)
        try:
            yield _Held(console, ledger, BoxFiles(name), box)
        finally:
            if box is not None:
                box.close()


def run_suspend(options: argparse.Namespace) -> int:
    """Have a box stand still."""
    with _held(options) as held:
        suspension.check(held.files.site())
        if not held.running.dom0.suspended:
            suspension.suspend(held.running)
        since = suspension.since(held.ledger)
    told = {"box": options.box, "state": "suspended", "since": since}
    return _result(options, held.console, told, f"The box {options.box!r} is suspended. {_resume(options)}")


def run_save(options: argparse.Namespace) -> int:
    """The same, with memory in files."""
    with _held(options) as held:
        nodes = [node.name for node in suspension.saved(held.files.site())]
        if held.running.dom0.suspended:
            raise InputError(
                f"the box {options.box!r} stands still already",
                where="--box",
                why=f"it is {pending.standstill(held.running)}",
                remedy=f"./icebox resume{option_of(options.box)}",
            )
        suspension.check_room(held.running)
        with held.console.stage(f"save the memory of {', '.join(nodes)}"):
            suspension.suspend(held.running, save=True)
        since = suspension.since(held.ledger)
    told = {"box": options.box, "state": "suspended", "since": since, "saved": nodes}
    words = f"The box {options.box!r} is saved: the memory of {', '.join(nodes)}. {_resume(options)}"
    return _result(options, held.console, told, words)


def _resume(options: argparse.Namespace) -> str:
    return f"./icebox resume{option_of(options.box)} has it go on."


def run_resume(options: argparse.Namespace) -> int:
    """Have it go on."""
    with _held(options) as held:
        box = held.running
        with held.console.stage("services"):
            suspension.resume(box)
    told = {"box": options.box, "state": "up"}
    return _result(options, held.console, told, f"The box {options.box!r} is up; every service answers.")


def run_snapshot(options: argparse.Namespace) -> int:
    """Keep what is stored in a box."""
    with _held(options) as held, held.console.stage(f"snapshot {options.name}"):
        made = snapshot.take(held.files, held.ledger, options.name, held.box)
        held.book(made)
    told = {"box": options.box} | made.to_json()
    return _result(options, held.console, told, f"The snapshot {made.name!r} takes {made.size / 1e6:.0f} MB.")


def run_revert(options: argparse.Namespace) -> int:
    """Put a box back to a snapshot."""
    name = known_box(options)
    spare.wait(Ledger(name), snapshot.named(BoxFiles(name), options.name))
    with _held(options) as held:
        wanted = snapshot.named(held.files, options.name)
        with held.console.stage(f"revert to {wanted.name}"):
            revert.revert(held.files, held.ledger, wanted, held.box)
        held.book(wanted)
    state = "down" if held.box is None else "up"
    told = {"box": options.box, "state": state, "snapshot": wanted.name}
    words = f"The box {options.box!r} is as it was at {_when(wanted)}, and {state}."
    return _result(options, held.console, told, words)


def run_snapshots(options: argparse.Namespace) -> int:
    """List them, or remove one."""
    if options.remove is not None:
        with _held(options) as held:
            _remove(held, snapshot.named(held.files, options.remove))
    name = known_box(options)
    found = snapshot.of(BoxFiles(name))
    total = sum(each.size for each in found)
    rows = [each.to_json() | {"ready": spare.is_ready(Ledger(name), each)} for each in found]
    told = {"box": name, "snapshots": rows, "bytes": total}
    lines = [
        f"{each.name:<31}  {_when(each)}  {each.size / 1e6:7.0f} MB{'  ready' if row['ready'] else ''}"
        for each, row in zip(found, rows, strict=True)
    ]
    lines.append(f"{len(found)} snapshots of at most {snapshot.MOST}, {total / 1e6:.0f} MB")
    return _result(options, console_for(options), told, "\n".join(lines))


def _remove(held: _Held, unwanted: Snapshot) -> None:
    if held.box is not None and spare.is_ready(held.ledger, unwanted):
        spare.drop(held.box)
    snapshot.remove(held.files, held.ledger, unwanted.name)


def _when(made: Snapshot) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(made.at))


def _result(options: argparse.Namespace, console: Console, told: dict[str, object], words: str) -> int:
    console.result(json.dumps(told, indent=1) if options.json else words)
    return ExitCode.GO

"""Boxes on a machine that is no more: they are given up, and what is left of them here is removed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from harness.box import teardown
from harness.console import Console
from harness.dom0 import forgotten
from harness.errors import InputError
from harness.ledger import Entry, LaterLedgerError, Ledger, boxes


def forget_host(console: Console, host: str, *, only: str = "") -> list[str]:
    """Give up all boxes on ``host``, or ``only`` one; returns their names.

    Whatever is left there stays there, and that is said.  Raises InputError if no box was on that machine.
    """
    names = [name for name in _named(only) if host in forgotten.hosts(Ledger(name))]
    if not names:
        known = sorted({each for name in _named(only) for each in forgotten.hosts(Ledger(name))})
        raise InputError(
            f"no box is on {host}",
            where="--forget-host",
            why=f"the ledger knows boxes on {', '.join(known)}" if known else "the ledger has none elsewhere",
            remedy="./icebox ledger shows where boxes are",
        )
    given_up = [name for name in names if _give_up(name, partial(forgotten.on, host=host), console)]
    for name in given_up:
        console.warn(f"what is left of {name} on {host} stays there")
    return given_up


def forget_reached_by(console: Console, config: str) -> list[str]:
    """The same of a machine that went with all that was on it, and was reached by that file for ssh."""
    reached = partial(forgotten.reached_by, config=config)
    return [name for name in _named("") if _give_up(name, reached, console)]


def _named(only: str) -> list[str]:
    return [name for name in boxes() if only in ("", name) and not _is_later(name)]


def _is_later(name: str) -> bool:
    try:
        Ledger(name).open_entries()
    except LaterLedgerError:
        return True
    return False


def _give_up(name: str, there: Callable[[Ledger], list[Entry]], console: Console) -> bool:
    ledger = Ledger(name)
    if not there(ledger):
        return False
    with ledger.locked(teardown.PATIENCE):
        if owner := teardown.live_owner(ledger):
            console.warn(f"{name} is left as it is: process {owner} sees to it")
            return False
        for entry in there(ledger):
            ledger.gone(entry)
        with console.stage(f"give up {name}"):
            teardown.destroy_all(ledger)
    return True

"""ledger: what the harness has made on this machine, and the removal of what is dead."""

from __future__ import annotations

import argparse
import json

from harness.box import forgetting, host, teardown
from harness.commands.options import console_for
from harness.commands.words import add_json
from harness.console import Console
from harness.dom0 import standalone
from harness.errors import ExitCode, InputError
from harness.image import base
from harness.install import xenconf
from harness.ledger import LaterLedgerError, Ledger, boxes
from harness.state import checked_name
from harness.xenhost import host as xenhost

LATER = "made by a later icebox, and left to it"
Owned = list[dict[str, str]] | None
"""What a box owns; None if a later icebox made it."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put ``ledger`` on the command line."""
    ledger = commands.add_parser(
        "ledger",
        help="show what boxes own on this machine, or remove what is dead",
        description="Shows the boxes of this machine and all that was made for them. clean removes what is "
        "left of those that died, and touches none that is alive; every start does the same first.",
    )
    ledger.add_argument(
        "what",
        nargs="?",
        choices=["list", "clean"],
        default="list",
        help="list (default), or clean dead boxes",
    )
    ledger.add_argument("--box", metavar="NAME", help="only this box")
    ledger.add_argument(
        "--forget-names",
        action="store_true",
        help="with clean: leave names as they are with a DNS provider that does not take them back",
    )
    ledger.add_argument(
        "--forget-host",
        metavar="HOST",
        help="with clean: give up boxes on this remote host, which is no more; what is there stays there",
    )
    add_json(ledger)
    ledger.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List what boxes left, or clean up what is dead."""
    host.check_root()
    console = console_for(options)
    only = "" if options.box is None else checked_name(options.box)
    if options.forget_names and options.what != "clean":
        raise InputError("--forget-names goes with clean", remedy="./icebox ledger clean --forget-names")
    if options.forget_host and options.what != "clean":
        raise InputError(
            "--forget-host goes with clean",
            remedy=f"./icebox ledger clean --forget-host {options.forget_host}",
        )
    if options.what == "clean":
        given_up = (
            forgetting.forget_host(console, options.forget_host, only=only) if options.forget_host else []
        )
        cleaned = given_up + teardown.clean(console, only, forget_names=options.forget_names)
        busy = {name: words for name in boxes() if only in ("", name) and (words := teardown.tidying(name))}
        if not only and xenhost.clean():
            cleaned += forgetting.forget_reached_by(console, str(xenhost.config()))
            console.note("What a Xen host that died left is removed.")
        if not only and standalone.clean():
            console.note("What a network-gridbox that was killed left is removed.")
        if options.json:
            console.result(json.dumps({"cleaned": cleaned, "tidying": busy}))
            return ExitCode.GO
        console.result(_cleaned(cleaned))
        for name, words in busy.items():
            console.result(f"{name}: {words}.")
        return ExitCode.GO
    _list(console, only, as_json=options.json)
    return ExitCode.GO


def _list(console: Console, only: str, *, as_json: bool) -> None:
    entries = {name: _shown(Ledger(name)) for name in boxes() if only in ("", name)}
    left = _shown(base.ledger()) if not only else []
    of_host = {"(network)": standalone.journal(), "(xen)": xenconf.journal()} if not only else {}
    made = {name: owned for name, ledger in of_host.items() if (owned := _shown(ledger)) != []}
    if as_json:
        told = {**({"(image)": left} if left != [] else {}), **made}
        console.result(json.dumps({**entries, **told}, indent=1))
        return
    for name, owned in entries.items():
        console.result(f"{name} ({_state(name, owned)})")
        for entry in owned or ():
            console.result(f"  {entry['kind']:<10} {entry['key']}")
    if left:
        console.result(
            "(image): a build is under way, or was killed: ./icebox ledger clean removes what it left"
        )
    if left is None:
        console.result(f"(image): a build is under way, or was killed: {LATER}")
    for name, owned in made.items():
        console.result(name)
        for entry in owned or ():
            console.result(f"  {entry['kind']:<10} {entry['key']}")
    if not entries and left == [] and not made:
        whose = f"the box {only!r}" if only else "any box"
        console.result(f"The ledger is empty: nothing of {whose} is on this machine.")


def _state(name: str, owned: Owned) -> str:
    if owned is None:
        return LATER
    if words := teardown.tidying(name):
        return words
    if not teardown.is_dead(name):
        return "in order"
    return f"dead, {teardown.why_dead(Ledger(name))}: ./icebox ledger clean removes it"


def _shown(ledger: Ledger) -> Owned:
    try:
        return [{"kind": entry.kind, "key": entry.key} for entry in ledger.open_entries()]
    except LaterLedgerError:
        return None


def _cleaned(names: list[str]) -> str:
    return f"Cleaned up: {', '.join(names)}." if names else "Nothing was left of any dead box."

"""ledger: what the harness has made on this machine, and the removal of what is dead."""

from __future__ import annotations

import argparse
import json

from harness.box import teardown
from harness.commands.options import add_json, console_for
from harness.errors import ExitCode
from harness.image import base
from harness.ledger import Ledger, boxes
from harness.state import checked_name


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ledger = commands.add_parser("ledger", help="show what boxes left on this machine, or clean it up")
    ledger.add_argument(
        "what",
        nargs="?",
        choices=["list", "clean"],
        default="list",
        help="list (default), or clean dead boxes",
    )
    ledger.add_argument("--box", default="", metavar="NAME", help="only this box")
    add_json(ledger)
    ledger.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    console = console_for(options)
    only = checked_name(options.box) if options.box else ""
    if options.what == "clean":
        cleaned = teardown.clean(console, only)
        console.result(json.dumps({"cleaned": cleaned}) if options.json else _cleaned(cleaned))
        return ExitCode.GO
    entries = {name: _shown(Ledger(name)) for name in ([only] if only else boxes())}
    left = _shown(base.ledger()) if not only else []
    if options.json:
        console.result(json.dumps({**entries, **({"(image)": left} if left else {})}, indent=1))
        return ExitCode.GO
    for name, owned in entries.items():
        state = "dead: ./icebox ledger clean removes it" if teardown.is_dead(name) else "in order"
        console.result(f"{name} ({state})")
        for entry in owned:
            console.result(f"  {entry['kind']:<10} {entry['key']}")
    if left:
        console.result(
            "(image): a build is under way, or was killed: ./icebox ledger clean removes what it left"
        )
    if not entries and not left:
        console.result("The ledger is empty: nothing of any box is on this machine.")
    return ExitCode.GO


def _shown(ledger: Ledger) -> list[dict[str, str]]:
    return [{"kind": entry.kind, "key": entry.key} for entry in ledger.open_entries()]


def _cleaned(names: list[str]) -> str:
    return f"Cleaned up: {', '.join(names)}." if names else "Nothing was left of any dead box."

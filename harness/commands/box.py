"""build, start, stop, status and move."""

from __future__ import annotations

import argparse
import json
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from harness import state
from harness.box import bringup, host, names, pending, teardown
from harness.box.box import Box, attach
from harness.box.files import BoxFiles
from harness.checks import clock
from harness.commands import words
from harness.commands.options import box_that_is_up, console_for, known_box, option_of
from harness.commands.words import Commands, add_box, add_json
from harness.dom0.standing import is_up
from harness.errors import ExitCode, InputError, page
from harness.image import build
from harness.install import installed
from harness.ledger import Ledger, boxes
from harness.services import status
from harness.state import checked_name


def add(commands: Commands) -> None:
    """Put ``build``, ``start``, ``stop``, ``status`` and ``move`` on the command line."""
    words.build(commands).set_defaults(run=run_build)
    words.start(commands).set_defaults(run=run_start)
    for add_one in (_add_stop, _add_status, _add_move):
        add_one(commands)


def _add_stop(commands: Commands) -> None:
    stop = commands.add_parser(
        "stop",
        help="take a box down; what students stored is kept",
        description="Powers the nodes off and takes the box down. What students stored comes back with the "
        "next start, unless --destroy is given.",
    )
    add_box(stop)
    stop.add_argument("--destroy", action="store_true", help="remove everything, students' files too")
    stop.set_defaults(run=run_stop)


def _add_status(commands: Commands) -> None:
    parser = commands.add_parser(
        "status",
        help="say whether the box is up and its services work",
        description="Says whether the box is up and which of its services work: each is asked, in its own "
        "words. Of what is broken it says why, what that means, and what to do. Exit code 1 if something is, "
        "or the box is not up. ./icebox ledger lists all boxes.",
    )
    add_box(parser)
    add_json(parser)
    parser.set_defaults(run=run_status)


def _add_move(commands: Commands) -> None:
    move = commands.add_parser(
        "move",
        help="give the dom0 another public address; the names follow",
        description="Gives the dom0 another public address. NAT and names follow, no node is touched; "
        "connections through the old address break.",
    )
    add_box(move)
    move.add_argument("--address", required=True, metavar="A", help="the new public address")
    move.set_defaults(run=run_move)


def run_build(options: argparse.Namespace) -> int:
    """Build the image, and pack it if that was asked for."""
    host.check()
    console = console_for(options)
    image = build.ensure(console)
    if options.pack:
        with console.stage("pack"):
            size = build.pack(image, options.pack)
        console.note(f"{options.pack}: {size / 1e6:.0f} MB")
    console.note(f"image {image.roles.key}: {len(image.base.packages())} packages, {image.base.top}")
    return ExitCode.GO


def run_start(options: argparse.Namespace) -> int:
    """Bring a box up and leave it standing."""
    console = console_for(options)
    name = checked_name(options.box)
    if options.if_down and is_up(name, Ledger(name)) and not teardown.is_dead(name):
        console.note(f"The box {name!r} is up already.")
        return ExitCode.GO
    request = bringup.Request(
        installed.site_for(name, options.site),
        name,
        evidence=state.failure_dir(name),
        trusted=options.trust_students,
    )
    box = bringup.start(request, console)
    address = box.public_address
    box.close()
    which = option_of(options.box)
    console.note(f"The box {options.box!r} is up at {address}.")
    console.note(f"Next: ./icebox ssh{which} --as student01 ui, or ./icebox validate{which}")
    return ExitCode.GO


def run_stop(options: argparse.Namespace) -> int:
    """Take a box down, or remove it."""
    name = known_box(options)
    console = console_for(options)
    teardown.stop(name, console, destroy=options.destroy)
    kept = "" if options.destroy else "  What students stored is kept; --destroy removes it."
    console.note(f"The box {name!r} is down.{kept}")
    return ExitCode.GO


def run_move(options: argparse.Namespace) -> int:
    """Give the dom0 another public address."""
    try:
        address = IPv4Address(options.address)
    except AddressValueError:
        raise InputError(
            f"{options.address!r} is not an IPv4 address",
            where="--address",
            remedy="name one such as 198.51.100.7",
        ) from None
    console = console_for(options)
    box = box_that_is_up(options)
    with console.stage(f"move to {address}"):
        changes = names.move(box, address)
    for change in changes:
        console.note(str(change))
    console.note(f"The box {box.name!r} is at {address}; no node was touched.")
    box.close()
    return ExitCode.GO


def run_status(options: argparse.Namespace) -> int:
    """Say whether a box is up; exit code 1 if it is not, or a service is silent."""
    host.check_root()
    console = console_for(options)
    name = checked_name(options.box)
    if name not in boxes():
        others = f"; known are {', '.join(boxes())}" if boxes() else ""
        state = {"box": name, "state": "absent"}
        console.result(json.dumps(state) if options.json else f"There is no box {name!r}{others}.")
        return ExitCode.NO_GO
    dead = teardown.is_dead(name)
    if dead or not is_up(name, Ledger(name)):
        state = {"box": name, "state": "dead" if dead else "down"}
        start = f"./icebox start{option_of(name)}"
        told = f"The box {name!r} is down. {start} brings it back."
        if dead:
            state["why"] = teardown.why_dead(Ledger(name))
            remedy = f"{start}, or ./icebox ledger clean, removes what is left of its run."
            told = f"The box {name!r} is dead: {state['why']}. {remedy}"
        console.result(json.dumps(state) if options.json else told)
        return ExitCode.NO_GO
    box = attach(name)
    if why := pending.standstill(box):
        box.close()
        state = {"box": name, "state": "suspended", "why": why}
        told = f"The box {name!r} is {why}. ./icebox resume{option_of(name)} has it go on."
        console.result(json.dumps(state) if options.json else told)
        return ExitCode.NO_GO
    found = _status(box)
    box.close()
    console.result(json.dumps(found, indent=1) if options.json else _text(found))
    return ExitCode.NO_GO if found["broken"] else ExitCode.GO


def _status(box: Box) -> dict[str, Any]:
    found = status.of(box)
    return {
        "box": box.name,
        "state": "up",
        "public_address": str(box.public_address),
        "nodes": [
            {
                "name": node.name,
                "role": node.role.value,
                "address": str(node.address),
                "running": found.running(node),
                "services": found.services(node),
            }
            for node in box.site.nodes
        ],
        "silent": sorted(f"{each.node} {each.link.name}" for each in found.silent),
        "broken": [
            {
                "what": str(each.placed),
                "why": each.why,
                "means": each.placed.link.means,
                "check": each.told_by,
                "remedy": each.remedy,
            }
            for each in found.broken
        ],
        "missing_walls": [str(wall) for wall in box.machines.missing_walls()],
        "warnings": [f"{warning}; {clock.KEEP}" for warning in clock.unkept(box.dom0)],
        "directory": str(BoxFiles(box.name).top),
    }


def _text(found: dict[str, Any]) -> str:
    lines = [f"box {found['box']}  up at {found['public_address']}"]
    for node in found["nodes"]:
        services = "  ".join(
            name if answers else f"{name} SILENT" for name, answers in node["services"].items()
        )
        running = services if node["running"] else "NOT RUNNING"
        lines.append(f"  {node['role'].upper()}  {node['name']:<14} {node['address']:<14} {running}")
    for each in found["broken"]:
        lines += ["", f"{each['what']} {each['why']}", f"  so:  {each['means']}", f"  do:  {each['remedy']}"]
    walls = [f"a wall between nodes and this machine is missing: {wall}" for wall in found["missing_walls"]]
    lines += [text for warning in [*walls, *found["warnings"]] for text in ("", f"warning: {warning}")]
    return page(lines)

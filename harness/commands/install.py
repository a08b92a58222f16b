"""install and uninstall: a box's disks on a Xen host, as the original's installer made them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from harness.box import host
from harness.commands import words
from harness.commands.options import console_for, known_box, option_of
from harness.commands.words import Commands, add_box, add_site
from harness.console import Console
from harness.dom0 import standalone
from harness.errors import ExitCode, HostError, InputError
from harness.install import installation, installed, xenconf
from harness.install.installation import Request
from harness.install.store import Files, Store, Volumes
from harness.site import Node
from harness.sitefile import load
from harness.state import checked_name
from harness.virt import xl
from harness.virt.kinds.xen import Xen

YES = ("y", "yes")


def add(commands: Commands) -> None:
    """Put ``install`` and ``uninstall`` on the command line."""
    words.install(commands).set_defaults(run=run_install)
    uninstall = commands.add_parser(
        "uninstall",
        help="remove what install made",
        description="Removes the disks and all else that install made, in the reverse order. Machines that "
        "run from them are left alone, and nothing is removed then.",
    )
    add_box(uninstall)
    uninstall.set_defaults(run=run_uninstall)
    made = commands.add_parser(
        "network-gridbox",
        help="an installed box's bridge, NAT and port table on this machine",
        description="Makes or removes the network that the machines of an installed box are plugged into; "
        "what starts services at boot may call it. start also reads the port table anew. status ends with "
        "exit code 1 if the network is not there as a whole.",
    )
    made.add_argument(
        "what",
        choices=[*NETWORK],
        help="make it, remove it, say whether it is there; or print the port table",
    )
    add_box(made)
    made.set_defaults(run=run_network)
    configure = commands.add_parser(
        "configure-xen",
        help="set this Xen host to plug machines into the box's bridge, which comes up at boot",
        description="Has xl plug machines into the box's bridge where their configuration names none, and "
        "has the network of the installed box come up at each boot. Nothing is restarted.",
    )
    add_box(configure)
    add_site(configure)
    how = configure.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="only say what would be done")
    how.add_argument("--undo", action="store_true", help="put it back as it was")
    configure.set_defaults(run=run_configure)


def run_install(options: argparse.Namespace) -> int:
    """Install a box, or say what that would do."""
    host.check_root()
    console, name = console_for(options), checked_name(options.box)
    site = installed.as_domains(load(options.site))
    request = Request(site, name, _store(options, name))
    questions = installation.asked(request)
    if options.dry_run:
        for each in (*questions, *installation.deeds(request)):
            console.result(each)
        return ExitCode.GO
    if not options.yes:
        _ask(questions, console)
    installation.install(request, console)
    _tell(request, console)
    return ExitCode.GO


def _store(options: argparse.Namespace, box: str) -> Store:
    if options.files is not None:
        return Files(options.files.absolute())
    return Volumes.at(options.lvm, box, anyway=options.yes)


def _ask(questions: Sequence[str], console: Console) -> None:
    """Raises InputError unless a person agrees to all of it."""
    for question in questions:
        if not sys.stdin.isatty():
            raise InputError(
                "nobody is there to be asked",
                where="--lvm",
                why=question,
                remedy="say --yes if that is right; --dry-run says what else would be done",
            )
        console.note(f"{question}  Go on? [y/N] ")
        if sys.stdin.readline().strip().lower() not in YES:
            raise InputError("nothing was done", where="--lvm", why="the answer was not yes")


def _tell(request: Request, console: Console) -> None:
    which, top = option_of(request.box), request.store.directory
    console.note(f"The box {request.box!r} is installed: {top}")
    console.note(f"Next: ./icebox start{which}, or machine by machine:")
    console.note(f"      ./icebox network-gridbox start{which}, then xl create {top}/nodes/CENode and so on.")
    _warn_unready(console, request.site.nodes)


def _warn_unready(console: Console, nodes: Sequence[Node] = ()) -> None:
    """Say what keeps machines from starting here as it is now."""
    try:
        xl.check()
        Xen.check_room(nodes)
    except HostError as lacks:
        console.warn(f"machines do not start here yet: {lacks}")


def run_network(options: argparse.Namespace) -> int:
    """Do one of the deeds of network-gridbox."""
    host.check_root()
    return NETWORK[options.what](checked_name(options.box), console_for(options))


def _network_start(box: str, console: Console) -> int:
    made = standalone.start(box, installed.site_of(box))
    console.note(
        f"The network of the box {box!r} is up{'' if made else ' already, with its port table read anew'}."
    )
    return ExitCode.GO


def _network_stop(box: str, console: Console) -> int:
    was_up = standalone.stop(box)
    console.note(f"The network of the box {box!r} is {'down' if was_up else 'not up'}.")
    return ExitCode.GO


def _network_status(box: str, console: Console) -> int:
    wrong = standalone.wrong(box, installed.site_of(box))
    console.result(f"The network of the box {box!r} {wrong or 'is up'}.")
    return ExitCode.NO_GO if wrong else ExitCode.GO


def _network_ports(box: str, console: Console) -> int:
    site = installed.site_of(box)
    console.result(str(site.ports.path))
    console.result("\n".join(map(str, site.ports)))
    return ExitCode.GO


NETWORK = {"start": _network_start, "stop": _network_stop, "status": _network_status, "ports": _network_ports}


def run_configure(options: argparse.Namespace) -> int:
    """Set this host, say what that would do, or put it back."""
    host.check_root()
    console, name, site = console_for(options), checked_name(options.box), load(options.site)
    if options.undo:
        xenconf.undo()
        console.note("This host's Xen is set as it was before.")
        return ExitCode.GO
    for each in xenconf.deeds(site, name):
        console.result(each)
    if not options.dry_run:
        xenconf.configure(site, name)
        console.note("Done; nothing was restarted.  xl reads its configuration each time it is typed.")
        _warn_unready(console)
    return ExitCode.GO


def run_uninstall(options: argparse.Namespace) -> int:
    """Remove an installation."""
    name, console = known_box(options), console_for(options)
    installation.uninstall(name, console)
    console.note(f"The box {name!r} is no longer installed.")
    return ExitCode.GO

"""``icebox xen-host``: a Xen host where there is none."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from harness.box import forgetting
from harness.box import host as machine
from harness.console import Console
from harness.errors import InputError
from harness.xenhost import host

if TYPE_CHECKING:
    from harness.commands.words import Commands


def add(commands: Commands) -> None:
    """Put ``xen-host`` on the command line."""
    parser = commands.add_parser(
        "xen-host",
        help="a real Xen host in software emulation, to be a remote dom0",
        description="Boots Xen with a Debian dom0 in QEMU, without any help of this machine's processor. "
        "It is made once, which takes minutes, and kept as it is after its boot: from then on it starts in "
        "seconds.",
    )
    parser.add_argument("what", choices=[*DEEDS], help="bring it up, end it, ask it, or enter it")
    parser.add_argument("line", nargs=argparse.REMAINDER, metavar="WORD", help="for ssh: what to run there")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do one of the deeds."""
    if options.line and options.what != "ssh":
        raise InputError(f"xen-host {options.what} takes no further words", remedy="./icebox xen-host --help")
    machine.check_root()
    return DEEDS[options.what](options)


def _start(_: argparse.Namespace) -> int:
    console = Console()
    if not host.is_up():
        _forget(console)
    up = "is up" if host.start(console) else "is up already"
    console.result(f"The Xen host {up}: ./icebox xen-host ssh")
    console.result(f"To name it root@{host.NAME} as a remote dom0: export ICEBOX_SSH_CONFIG={host.config()}")
    return 0


def _stop(_: argparse.Namespace) -> int:
    console = Console()
    console.result("The Xen host is down." if host.stop(console) else "The Xen host was not up.")
    _forget(console)
    return 0


def _forget(console: Console) -> None:
    """Boxes on a Xen host went with it: it never comes back as it was."""
    for name in forgetting.forget_reached_by(console, str(host.config())):
        console.note(f"The box {name!r} went with the Xen host.")


def _status(_: argparse.Namespace) -> int:
    found, console = host.status(), Console()
    if found is None:
        console.result("The Xen host is not up.")
        return 1
    clock = f"its clock is {abs(found.behind):.0f} s {'behind' if found.behind > 0 else 'ahead'}"
    console.result("The Xen host is up: " + "; ".join((*found.says, clock)))
    return 0


def _ssh(options: argparse.Namespace) -> int:
    words = host.command(*options.line)
    os.execvp(words[0], words)


DEEDS = {"start": _start, "stop": _stop, "status": _status, "ssh": _ssh}

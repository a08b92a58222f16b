"""An address of the dom0's that changes while the box is up, as DHCP may do: the names follow.

``python3 -m harness.box.follow BOX`` is run for each change of an address there, and moves the box if it is
its own that has changed.  An address that a person gave by ``icebox move`` stays until then.
"""

from __future__ import annotations

import sys
import time

from harness.box import names
from harness.box.box import Box, attach
from harness.dom0.kinds import KINDS
from harness.errors import HostError, IceboxError
from harness.state import checkout

LOG = "follow.log"
"""Among the dom0's logs."""
AGAIN, LONGEST = 5.0, 300.0
"""Seconds until a provider that did not take the names is told again: at first, and at last."""
LISTEN = 'ip -4 monitor address | { echo; cat; } | while read -r _; do "$@"; done'
"""Runs a command once, and for each change of an address."""


def start(box: Box) -> None:
    """Watch the dom0's address for as long as the box is up, where the box follows it."""
    if box.site.follows:
        box.files.keep_found(box.public_address)
        once = ["env", f"PYTHONPATH={checkout()}", sys.executable, "-m", __name__, box.name]
        box.dom0.attend(["sh", "-c", LISTEN, "follow", *once], LOG)


def follow(name: str) -> None:
    """Move the box to where its dom0 is now, if it was elsewhere; try until the names are there."""
    pause = AGAIN
    while _has_moved(name):
        try:
            _move(attach(name))
        except IceboxError as error:
            print(error, flush=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST)


def _has_moved(name: str) -> bool:
    box = attach(name)
    return box.dom0.stands and _now(box) != box.files.found()


def _now(box: Box) -> object:
    """The dom0's address; what it was if it has none for the moment."""
    try:
        return KINDS.of(box.site.dom0_kind).placed(box.site).public_address
    except HostError:
        return box.files.found()


def _move(box: Box) -> None:
    address = KINDS.of(box.site.dom0_kind).placed(box.site).public_address
    changes = names.move(box, address)
    box.files.keep_found(address)
    print(f"moved to {address}", *changes, sep="\n  ", flush=True)


if __name__ == "__main__":
    follow(sys.argv[1])

"""A dom0 under Xen: which domains are those of a box, and how they end when the box's dom0 is gone.

A domain is the hypervisor's, and outlives every process.  So each is called by what no other has, which the
ledger knows before there is any; so is every disk of one that is a file, and hangs at a loop device.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from harness import state
from harness.deadline import wait_for
from harness.ledger import Entry, Ledger

KIND = "xen"
"""In the ledger: the mark of a dom0 under Xen."""
CAPABILITIES = Path("/proc/xen/capabilities")
"""Has the word control_d in a dom0 (the kernel's drivers/xen/xenfs)."""
HOST_NETWORK = "host-net"
"""A file in the dom0's directory: the network in which Xen's ends of cables come up (``holder.sh``)."""
VOLUME = "volume.img"
"""What a box has at a loop device that is none of a domain's."""
OWN = ("site", "scratch", "swap")
"""Drives that no other box has; they may lie anywhere (``shelf.py``)."""
ENDING = 600.0
"""Seconds for all domains of a box; one takes 1 on an idle machine, and 10 on an emulated one."""
_SPACE = uuid.UUID("8c0b6f7e-3d52-5c39-9a0e-6f1d5a4b2e71")

_SCRIPTS = {
    "vif-bridge": """\
#!/bin/sh
# A node's end of a cable comes up in the network of the host's first process: have it in that of the box.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
[ "$1" = online ] || exit 0
bridge=$(xenstore-read "$XENBUS_PATH/bridge") &&
    nsenter --net="{directory}/{network}" ip link set "$vif" netns /proc/$$/ns/net &&
    ip link set "$vif" master "$bridge" up &&
    exec xenstore-write "$XENBUS_PATH/hotplug-status" connected
why="the box's bridge can't be reached"
xenstore-write "$XENBUS_PATH/hotplug-error" "$why" "$XENBUS_PATH/hotplug-status" error
exit 1
""",
    "block": """\
#!/bin/sh
# Say which device a disk is, and no more: who else has it need not be looked for, since it is a box's own or
# read by all.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
[ "$1" = add ] || exit 0
at=$XENBUS_PATH
device=$(xenstore-read "$at/params") && numbers=$(stat -L -c %t:%T "$device") &&
    exec xenstore-write "$at/physical-device" "$numbers" "$at/physical-device-path" "$device" \\
        "$at/hotplug-status" connected
exit 1
""",
}
"""What libxl runs for a domain's devices, in the place of Xen's own programs of these names, which are whole
languages of shell: libxl gives all of them together 40 s, compiled in, and emulated they take longer
(xl-network-configuration(5), xl-disk-configuration(5))."""
_SCRIPTS_AT = "/etc/xen/scripts"
"""At the dom0, where what a box writes in this directory is its own."""


def runs() -> bool:
    """Whether this machine can have domains."""
    try:
        return "control_d" in CAPABILITIES.read_text()
    except OSError:
        return False


def identity(token: str, node: str) -> str:
    """The UUID of a node's domain, by the mark of its dom0."""
    return str(uuid.uuid5(_SPACE, f"{token}/{node}"))


def scripts(directory: str) -> Mapping[str, str]:
    """Programs that libxl runs for devices, by their paths at the dom0, which has this ``directory``."""
    texts = {name: text.format(directory=directory, network=HOST_NETWORK) for name, text in _SCRIPTS.items()}
    return {f"{_SCRIPTS_AT}/{name}": text for name, text in texts.items()}


def note(token: str, box: str, ledger: Ledger) -> None:
    """Have the box's domains end with the run; there are none yet."""
    if runs():
        ledger.intend(KIND, token, box=box, directory=str(state.box_dir(box)))


def undo(entry: Entry, within: Callable[[list[str]], list[str]] = list) -> None:
    """End the box's domains, and let go of their disks; ``within`` has a command run at its dom0, as long as
    that stands: what Xen runs for devices is quicker there (``harness/virt/kinds/xen.py``)."""
    if not runs():
        return  # booted without Xen since

    def ended() -> bool:
        for number in _own(entry):
            subprocess.run(within(["xl", "destroy", number]), capture_output=True)
        return not any(_own(entry))

    wait_for("the domains of the box to be gone", ended, ENDING, where="xl vm-list", pause=0.2)
    for device in _loops(entry.details.get("box", ""), Path(entry.details.get("directory", ""))):
        # One that is still in use goes when it is not any more.
        subprocess.run(["losetup", "--detach", device], capture_output=True)


def _own(entry: Entry) -> Iterator[str]:
    """Numbers of the box's domains; a foreign one may bear such a name, and has another UUID."""
    listed = subprocess.run(["xl", "vm-list"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines()[1:]:
        found, number, name = line.split()[:3]
        box, _, node = name.partition(".")
        if box == entry.details.get("box") and found == identity(entry.key, node):
            yield number


def _loops(box: str, directory: Path) -> Iterator[str]:
    """Loop devices of files below the box's directory, and of drives that it has elsewhere.

    A file's name begins there as its dom0 saw it, which is gone with the dom0; so it is the same file that
    counts.
    """
    own = {_which(path) for path in (directory / "drives").glob("*/*") if path.name in OWN and path.is_file()}
    columns = "NAME,BACK-MAJ:MIN,BACK-INO,BACK-FILE"
    words = ["losetup", "--list", "--noheadings", "--raw", "--output", columns]
    for line in subprocess.run(words, capture_output=True, text=True).stdout.splitlines():
        device, numbers, inode, file = line.split(maxsplit=3)
        place = file.partition(f"/boxes/{box}/")[2]
        with contextlib.suppress(OSError):
            is_below = place not in ("", VOLUME) and _which(directory / place) == (numbers, inode)
            if is_below or (numbers, inode) in own:
                yield device


def _which(path: Path) -> tuple[str, str]:
    """Its file system and its number there, as losetup has them."""
    found = path.stat()
    return f"{os.major(found.st_dev)}:{os.minor(found.st_dev)}", str(found.st_ino)

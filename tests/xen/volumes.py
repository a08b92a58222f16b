"""Typed on the Xen host: volumes made, filled, in use and removed, by the installer's own code.

It prints a line of JSON.  There is a device-mapper there, and no udev.
"""

import json
import subprocess
import sys
from pathlib import Path

from harness.dom0 import lvm
from harness.errors import HostError
from harness.image import ext4
from harness.install import partition, record
from harness.ledger import Ledger

DISK, SIZE = Path("/root/disk"), 300 << 20
GROUP, TAG, UUID = "gridbox_trial", "icebox.trial", "abcdef-0123-4567-89ab-cdef-0123-456789"


def main() -> dict[str, object]:
    """What was seen, by name."""
    with DISK.open("wb") as file:
        file.truncate(SIZE)
    made = ["losetup", "--find", "--show", str(DISK)]
    device = Path(subprocess.run(made, check=True, capture_output=True, text=True).stdout.strip())
    ledger, seen = Ledger("trial", Path("/root/ledger")), {"before": partition.check(device, anyway=False)}
    ledger.intend(record.GROUP, GROUP, tag=TAG, uuid=UUID, device=str(device))
    lvm.make_group(GROUP, device, UUID, TAG)
    for name in ("CENode", "CEswap"):
        ledger.intend(record.VOLUME, f"{GROUP}/{name}", tag=TAG)
        lvm.make_volume(f"{GROUP}/{name}", 20, TAG)
    ext4.empty(lvm.device_of(f"{GROUP}/CENode"), 80 << 20)
    ext4.swap(lvm.device_of(f"{GROUP}/CEswap"), 80 << 20)
    seen["node"] = partition.holds(lvm.device_of(f"{GROUP}/CENode"))
    seen["swap"] = partition.holds(lvm.device_of(f"{GROUP}/CEswap"))
    seen["of a group"] = _refused(device)
    with lvm.device_of(f"{GROUP}/CENode").open("rb"):
        seen["in use"] = record.users(ledger)
    seen["at rest"] = record.users(ledger)
    ledger.replay(record.UNDO)
    seen["left"], seen["after"] = GROUP in lvm.groups(), partition.check(device, anyway=False)
    subprocess.run(["losetup", "--detach", str(device)], check=True)
    return seen


def _refused(device: Path) -> str:
    try:
        return partition.check(device, anyway=True)
    except HostError as error:
        return error.why


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")

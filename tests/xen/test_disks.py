"""A box there whose disks are logical volumes: as the original's, and all that goes with it.

Three of its nodes are domains, and the others containers, to save time.
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deadline import wait_for
from harness.dom0.sshhost import SshHost
from harness.errors import ExitCode
from harness.ledger import boxes
from harness.site import Node
from harness.sitefile import load
from harness.state import checkout
from harness.virt import originals
from tests.xen.running import begun, typed

pytestmark = pytest.mark.root
BOX, GROUP, DISK = "xendisks", "grid", "/root/volumes"
LVM = "--yes --config 'activation { udev_sync=0 udev_rules=0 }'"
"""No udev runs there."""
MAKE = f"""\
set -e
truncate -s 40G {DISK}
device=$(losetup --find --show {DISK})
vgcreate {LVM} {GROUP} $device
lvcreate {LVM} --extents 2 --name home {GROUP}
echo "somebody's data" > /dev/{GROUP}/home
"""
UNMAKE = f"""\
vgchange {LVM} --activate n {GROUP}
losetup --detach $(losetup --noheadings --output NAME --associated {DISK})
rm {DISK}
"""
ASKED = """\
findmnt -no FSTYPE /
swapon --noheadings --bytes --show=SIZE
for each in xvdc xvdd xvde; do echo $(($(cat /sys/class/block/$each/size) * 512)); done
cat /sys/class/block/xvdc/ro /sys/class/block/xvdd/ro
"""
SAID = ["overlay", str((256 << 20) - 4096), str(64 << 20), str(5 << 30), str(256 << 20), "1", "0"]
"""Its root, its swap as the kernel counts it, how large its own disks are, and whether two are read only."""
SLOW = 1200.0
"""Seconds until a start there has come as far as its first volume."""


@pytest.fixture(scope="module")
def group(xen: SshHost) -> Iterator[str]:
    """A volume group with a volume of somebody's, which is as it was in the end."""
    xen.run(MAKE).check()
    try:
        yield GROUP
        assert _volumes(xen) == {"home"}
        assert xen.run(f"head -n 1 /dev/{GROUP}/home").check().stdout == "somebody's data\n"
    finally:
        xen.run(UNMAKE).check()


def _volumes(xen: SshHost) -> set[str]:
    return set(xen.run(f"lvs --noheadings -o lv_name {GROUP}").check().stdout.split())


@pytest.fixture(scope="module")
def site(group: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = (checkout() / "docs/examples/xen.toml").read_text()
    for role in ("se", "rb"):
        text = text.replace(f"[{role}]\n", f'[{role}]\nhypervisor = "lxc"\n', 1)
    ports = checkout() / "gridbox-ports.cfg"
    path = tmp_path_factory.mktemp("site") / "icebox.toml"
    path.write_text(text.replace("../../gridbox-ports.cfg", str(ports)) + f'\n[disk]\nlvm = "{group}"\n')
    return path


def _machines(site: Path) -> list[Node]:
    return [node for node in load(site).nodes if node.hypervisor == "xen"]


def _own(site: Path) -> set[str]:
    """Names of the volumes of the box."""
    names = (originals.drives(node) for node in _machines(site))
    return {f"{BOX}.{each[drive]}" for each in names for drive in ("site", "scratch", "swap")}


def test_a_full_group_is_told_before_anything_is_made(xen: SshHost, site: Path) -> None:
    xen.run(f"lvcreate {LVM} --extents 8000 --name big {GROUP}").check()
    try:
        done = typed("start", "--box", BOX, "--site", str(site))
    finally:
        xen.run(f"lvremove {LVM} {GROUP}/big").check()
    assert done.exit_code == ExitCode.BAD_INPUT, done.output
    assert "MB are missing" in done.output
    assert (_volumes(xen), BOX in boxes()) == ({"home"}, False)


def test_what_a_killed_start_has_made_is_removed(xen: SshHost, site: Path) -> None:
    with begun("start", "--box", BOX, "--site", str(site)) as starting:
        wait_for("a volume of the box", lambda: _volumes(xen) & _own(site), SLOW, pause=1.0)
        starting.send_signal(signal.SIGKILL)
    typed("ledger", "clean").check()
    assert (_volumes(xen), BOX in boxes()) == ({"home"}, False)


@pytest.fixture(scope="module")
def box(xen: SshHost, site: Path) -> Iterator[str]:
    try:
        typed("start", "--box", BOX, "--site", str(site)).check()
        yield BOX
    finally:
        stopped = typed("stop", "--destroy", "--box", BOX)
    stopped.check()
    assert BOX not in boxes()


def test_root_and_swap_of_each_domain_are_its_volumes(xen: SshHost, site: Path, box: str) -> None:
    assert _volumes(xen) == _own(site) | {"home"}
    assert _open(xen) == _own(site), "the domains have them, and nobody else's"
    for node in _machines(site):
        asked = f"echo by {node.name} > /root/note; {ASKED}"
        assert typed("ssh", "--box", box, node.name, asked).check().stdout.split() == SAID
    hung = xen.run("losetup --list --noheadings --output BACK-FILE").check().stdout
    assert [line for line in hung.splitlines() if "scratch" in line or "swap" in line] == []


def _open(xen: SshHost) -> set[str]:
    """Volumes that somebody has open."""
    rows = xen.run(f"lvs --noheadings -o lv_name,lv_device_open {GROUP}").check().stdout.splitlines()
    return {row.split()[0] for row in rows if row.split()[1:] == ["open"]}


def _note(xen: SshHost, node: Node) -> str:
    """What a node that is down has written, read on its volume."""
    volume = f"/dev/{GROUP}/{BOX}.{originals.title(node)}"
    return xen.run(f"debugfs -R 'cat /upper/root/note' {volume} 2>/dev/null").check().stdout


def test_what_was_written_outlives_a_stop(xen: SshHost, site: Path, box: str) -> None:
    typed("stop", "--box", box).check()
    assert _volumes(xen) == _own(site) | {"home"}
    assert _open(xen) == set()
    assert {_note(xen, node) for node in _machines(site)} == {f"by {node}\n" for node in _machines(site)}
    typed("start", "--box", box, "--site", str(site)).check()
    for node in _machines(site):
        said = typed("ssh", "--box", box, node.name, "cat /root/note").check().stdout
        assert said == f"by {node.name}\n"

"""Boxes that are started on disks of their own place: logical volumes, files elsewhere, and installed ones.

Their UI is a machine of QEMU, and all else are containers: what one writes where its disks lie, five would.
LVM is lvm2 itself, with loop devices in the place of a device-mapper (``lvmhost.py``).
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deadline import wait_for
from harness.errors import ExitCode
from tests.integration.install.conftest import BOX, Place, expect_as_it_was
from tests.integration.install.lvmhost import Lvm
from tests.unit.sites import site_file

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="this machine has no QEMU"),
]
BOOTING = 1800.0
"""Seconds until the box is up; its machine boots by emulation, in twenty on an idle host."""
NAMES = ("UINode", "UIsite", "UIswap")
VOLUMES = {f"{BOX}.{name}" for name in NAMES}
SEEN = "findmnt -no FSTYPE /; swapon --noheadings --bytes --show=SIZE; blockdev --getsize64 /dev/vd[cde]"
AS_THE_ORIGINALS = ["overlay", str((256 << 20) - 4096), str(64 << 20), str(5 << 30), str(256 << 20)]
"""What a node then says: its root, its swap as the kernel counts it, and how large its own disks are."""


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A directory that a dom0 lays something over, unless it is told."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as made:
        yield Path(made)


def site(place: Place, disk: str = "") -> str:
    """A site file whose UI is a machine, with its disks where ``disk`` says."""
    address = 'address = "192.168.1.5"'
    changes = (address, f'{address}\nhypervisor = "qemu"'), ("[vo]", f"[disk]\n{disk}\n[vo]")
    return str(site_file(place.top, *changes[: 2 if disk else 1]))


def start(place: Place, *words: str) -> None:
    done = place.icebox("start", *words, patience=BOOTING)
    assert done.code == ExitCode.GO, done.output


def on_ui(place: Place, line: str) -> list[str]:
    done = place.icebox("ssh", "ui", line)
    assert done.code == ExitCode.GO, done.output
    return done.output.split()


def written_in(disk: Path) -> str:
    words = ["debugfs", "-R", "cat /upper/root/note", str(disk)]
    return subprocess.run(words, capture_output=True, text=True).stdout


def ended(place: Place, *words: str) -> None:
    done = place.icebox("stop", *words)
    assert done.code == ExitCode.GO, done.output


def test_logical_volumes(at_lvm: Place, lvm: Lvm, group: str) -> None:
    file = site(at_lvm, f'lvm = "{group}"')
    try:
        start(at_lvm, "--site", file)
        assert on_ui(at_lvm, SEEN) == AS_THE_ORIGINALS
        assert set(lvm.names("lvs", "lv_name")) == VOLUMES | {"home"}
        on_ui(at_lvm, "echo kept > note; sync")
        ended(at_lvm)
        assert set(lvm.names("lvs", "lv_name")) == VOLUMES | {"home"}
        assert written_in(Path(f"/dev/{group}/{BOX}.UINode")) == "kept\n"
        start(at_lvm, "--site", file)
        assert on_ui(at_lvm, "cat note") == ["kept"]
    finally:
        ended(at_lvm, "--destroy")
    expect_as_it_was(at_lvm, lvm)


def test_files_of_another_directory(place: Place, elsewhere: Path) -> None:
    try:
        start(place, "--site", site(place, f'files = "{elsewhere}"'))
        assert on_ui(place, SEEN) == AS_THE_ORIGINALS
        on_ui(place, "echo kept > note; sync")
        ended(place)
        assert {path.name for path in (elsewhere / BOX).iterdir()} == {*NAMES, ".icebox"}
        assert written_in(elsewhere / BOX / "UINode") == "kept\n"
    finally:
        ended(place, "--destroy")
    assert list(elsewhere.iterdir()) == []
    assert place.left() == set()


def test_installed_disks(place: Place, elsewhere: Path) -> None:
    top = elsewhere / "installed"
    assert place.icebox("install", "--files", str(top)).code == ExitCode.GO
    before = (top / "images/UIsite").read_bytes()
    start(place, "--site", site(place))
    assert on_ui(place, SEEN)[:2] == AS_THE_ORIGINALS[:2]
    on_ui(place, "echo kept > note; sync")
    done = place.icebox("uninstall")
    assert done.code == ExitCode.BAD_INPUT
    assert "is already up" in done.output
    ended(place)
    assert written_in(top / "images/UINode") == "kept\n"
    assert (top / "images/UIsite").read_bytes() == before, "machines by hand find theirs as it was"
    assert place.icebox("uninstall").code == ExitCode.GO
    assert not top.exists()
    ended(place, "--destroy")
    assert place.left() == set()


def test_a_start_that_is_killed_while_volumes_are_made(at_lvm: Place, lvm: Lvm, group: str) -> None:
    with at_lvm.begin("start", "--site", site(at_lvm, f'lvm = "{group}"')) as process:
        wait_for("a volume", lambda: VOLUMES & {*lvm.names("lvs", "lv_name")}, 120.0, pause=0.05)
        process.kill()
    assert at_lvm.icebox("ledger", "clean").code == ExitCode.GO
    expect_as_it_was(at_lvm, lvm)


def test_what_is_refused_before_anything_is_made(at_lvm: Place, lvm: Lvm, group: str) -> None:
    def refused() -> str:
        done = at_lvm.icebox("start", "--site", file)
        assert done.code == ExitCode.BAD_INPUT, done.output
        assert at_lvm.left() == set()
        return done.output

    file, foreign = site(at_lvm, f'lvm = "{group}"'), f"{BOX}.UIswap"
    lvm.make(f"{group}/{foreign}", 1)
    assert f"why: {foreign}" in refused()
    lvm.make(f"{group}/big", 9000)
    lvm.run("lvremove", "--yes", f"{group}/{foreign}")
    assert "MB are missing" in refused()
    assert set(lvm.names("lvs", "lv_name")) == {"home", "big"}

"""Boxes in logical volumes, by lvm2 itself: what is made, what is left alone, and that all of it goes."""

import os
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.deadline import wait_for
from harness.errors import ExitCode
from harness.image import build
from harness.install import partition
from harness.virt import originals
from tests.drill.tried import Told
from tests.integration.install.conftest import BOX, Place, expect_as_it_was
from tests.integration.install.lvmhost import Lvm
from tests.integration.virt.xl import Xl
from tests.unit.sites import SITE

OF_PARTITION = f"gridbox_{BOX}"
EVERY = {name for node in SITE.nodes for name in originals.drives(node).values()}


def refused(place: Place, *words: str, told: Told | None = None) -> str:
    done = place.icebox("install", "--lvm", *words)
    assert done.code == ExitCode.BAD_INPUT, done.output
    assert place.left() == set()
    if told:
        told(done.remedy)
    return done.output


def would_do(place: Place, *words: str) -> str:
    done = place.icebox("install", "--lvm", *words, "--dry-run")
    assert done.code == ExitCode.GO, done.output
    assert place.left() == set()
    return done.output


def installed(place: Place, *words: str) -> None:
    done = place.icebox("install", "--lvm", *words)
    assert done.code == ExitCode.GO, done.output


def test_a_box_in_a_group(at_lvm: Place, lvm: Lvm, group: str, xl: Xl) -> None:
    installed(at_lvm, group)
    assert set(lvm.names("lvs", "lv_name")) == EVERY | {"home"}
    for name in ("GridRoles", "CENode", "WNsite"):
        words = ["e2fsck", "-f", "-n", f"/dev/{group}/{name}"]
        judged = subprocess.run(words, capture_output=True, text=True)
        assert judged.returncode == 0, f"{name}: {judged.stdout}"
    drives = build.wanted(as_drives=True).drives
    assert drives
    assert Path(f"/dev/{group}/GridRoles").read_bytes().startswith(drives.roles.read_bytes())
    for node in SITE.nodes:
        text = (at_lvm.home / "installed" / BOX / "nodes" / originals.title(node)).read_text()
        paths = [disk["pdev_path"] for disk in xl.read(text)["disks"]]
        assert paths == [f"/dev/{group}/{name}" for name in originals.drives(node).values()]
    assert _has_keys(lvm)
    done = at_lvm.icebox("uninstall")
    assert done.code == ExitCode.GO, done.output
    expect_as_it_was(at_lvm, lvm)
    assert not _has_keys(lvm)


def _has_keys(lvm: Lvm) -> bool:
    """Whether there is a private key anywhere on the disk beneath."""
    os.sync()
    named = ["losetup", "--noheadings", "--output", "BACK-FILE", *lvm.devices]
    [backing] = subprocess.run(named, capture_output=True, text=True, check=True).stdout.split()
    with open(backing, "rb") as file:
        return any(b"PRIVATE KEY-----" in piece for piece in _stored(file.fileno()))


def _stored(file: int) -> Iterator[bytes]:
    """What is in a sparse file, without its holes."""
    end, at = os.lseek(file, 0, os.SEEK_END), 0
    while at < end:
        try:
            begin = os.lseek(file, at, os.SEEK_DATA)
        except OSError:  # nothing but a hole is left
            return
        at = os.lseek(file, begin, os.SEEK_HOLE)
        yield os.pread(file, at - begin, begin)


@pytest.mark.long
def test_only_own_volumes_go(at_lvm: Place, lvm: Lvm, group: str) -> None:
    """A volume that was made anew by somebody under the same name is his."""
    installed(at_lvm, group)
    lvm.run("lvremove", "--yes", f"{group}/UINode")
    lvm.make(f"{group}/UINode", 1)
    assert at_lvm.icebox("uninstall").code == ExitCode.GO
    assert set(lvm.names("lvs", "lv_name")) == {"home", "UINode"}


@pytest.mark.long
@pytest.mark.tries("`lvremove --yes …` removes it as it is")
def test_one_that_can_not_be_cleared(at_lvm: Place, lvm: Lvm, group: str, told: Told) -> None:
    installed(at_lvm, group)
    device = f"/dev/{group}/UIsite"
    subprocess.run(["blockdev", "--setro", device], check=True)
    try:
        done = at_lvm.icebox("uninstall")
    finally:  # a loop device keeps that for who has it next
        subprocess.run(["blockdev", "--setrw", device], check=True)
    assert done.code == ExitCode.UNKNOWN, done.output
    [line] = [line for line in done.output.splitlines() if "lvremove" in line]
    told(line.partition("do:")[2].strip())
    lvm.run("lvremove", "--yes", f"{group}/UIsite")
    assert at_lvm.icebox("ledger", "clean").code == ExitCode.GO
    expect_as_it_was(at_lvm, lvm)


@pytest.mark.tries("name another group", "or, if nobody needs them, remove them with lvremove")
def test_a_volume_of_the_same_name_is_left_alone(at_lvm: Place, lvm: Lvm, group: str, told: Told) -> None:
    lvm.make(f"{group}/CEswap", 1)
    assert "CEswap" in refused(at_lvm, group, "--yes", told=told)
    assert set(lvm.names("lvs", "lv_name")) == {"home", "CEswap"}
    lvm.run("lvremove", "--yes", f"{group}/CEswap")
    would_do(at_lvm, group)


@pytest.mark.tries("remove volumes that nobody needs, or add a disk to it (vgextend)")
def test_a_full_group(at_lvm: Place, lvm: Lvm, group: str, told: Told) -> None:
    lvm.make(f"{group}/big", 5000)
    before = lvm.run("vgs")
    said = refused(at_lvm, group, told=told)
    extents = int(lvm.names("vgs", "vg_free_count")[0])
    needed = sum(
        -(-size // (4 << 20))
        for size in (
            *(each.stat().st_size for each in _of_image()),
            *([64 << 20, 5 << 30, 256 << 20] * len(SITE.nodes)),
        )
    )
    assert f"{(needed - extents) * (4 << 20) / 1e6:.0f} MB are missing" in said
    assert lvm.run("vgs") == before
    lvm.run("lvremove", "--yes", f"{group}/big")
    would_do(at_lvm, group)


def _of_image() -> tuple[Path, Path]:
    drives = build.wanted(as_drives=True).drives
    assert drives
    return drives.base, drives.roles


@pytest.mark.tries("say --yes if that is right", "--dry-run says what else would be done")
def test_a_partition_is_asked_for(at_lvm: Place, lvm: Lvm, device: str, told: Told) -> None:
    said = refused(at_lvm, device, told=told)
    assert f"{device} becomes the volume group {OF_PARTITION}; it is empty" in said
    assert lvm.names("pvs", "pv_name") == []
    would_do(at_lvm, device, "--yes")


def test_a_dry_run_makes_nothing(at_lvm: Place, lvm: Lvm, device: str) -> None:
    done = at_lvm.icebox("install", "--lvm", device, "--dry-run")
    assert done.code == ExitCode.GO
    assert f"make the volume group {OF_PARTITION} of {device}" in done.output
    assert all(f"{OF_PARTITION}/{name}" in done.output for name in EVERY)
    assert at_lvm.left() == set()
    assert partition.holds(Path(device)) == ""
    assert lvm.names("pvs", "pv_name") == []


def test_a_partition_is_taken_and_given_back(at_lvm: Place, lvm: Lvm, device: str) -> None:
    installed(at_lvm, device, "--yes")
    assert set(lvm.names("lvs", "lv_name")) == EVERY
    assert "installed already" in at_lvm.icebox("install", "--lvm", device, "--yes").output
    assert at_lvm.icebox("uninstall").code == ExitCode.GO
    assert lvm.names("pvs", "pv_name") == []
    assert partition.holds(Path(device)) == "", "the next one has to be asked about nothing"
    assert at_lvm.left() == set()


@pytest.mark.long
def test_a_group_stays_if_others_use_it_meanwhile(at_lvm: Place, lvm: Lvm, device: str) -> None:
    installed(at_lvm, device, "--yes")
    lvm.make(f"{OF_PARTITION}/theirs", 1)
    done = at_lvm.icebox("uninstall")
    assert done.code == ExitCode.GO
    assert "theirs" in done.output
    assert lvm.names("lvs", "lv_name") == ["theirs"]
    assert at_lvm.left() == set()


def head(device: str) -> bytes:
    with open(device, "rb") as file:
        return file.read(1 << 20)


def partitioned(device: str) -> None:
    """An MBR with one entry."""
    entry = bytes([0, 0, 0, 0, 0x83, 0, 0, 0]) + struct.pack("<II", 2048, 2048)
    with open(device, "r+b") as file:
        file.write(bytes(446) + entry + bytes(48) + b"\x55\xaa")


def scribbled(device: str) -> None:
    with open(device, "r+b") as file:
        file.seek(3000)
        file.write(b"thesis")


def formatted(*words: str) -> Callable[[str], object]:
    return lambda device: subprocess.run([*words, device, "20000"], check=True, capture_output=True)


HOLDING = {
    "an ext4 file system labelled 'thesis'": formatted("mke2fs", "-q", "-t", "ext4", "-L", "thesis"),
    "a swap area": formatted("mkswap"),
    "a partition table (dos)": partitioned,
    "data of no kind that blkid knows": scribbled,
}


@pytest.mark.tries("if nobody needs what is there, say --yes")
@pytest.mark.parametrize("held", HOLDING)
def test_a_partition_that_holds_something(
    at_lvm: Place, lvm: Lvm, device: str, held: str, told: Told
) -> None:
    HOLDING[held](device)
    before = head(device)
    assert f"{device} holds {held}" in refused(at_lvm, device, told=told)
    assert f"it holds {held}, which is lost" in would_do(at_lvm, device, "--yes")
    assert head(device) == before
    if "table" in held:
        installed(at_lvm, device, "--yes")
        assert lvm.names("pvs", "vg_name") == [OF_PARTITION]
        assert at_lvm.icebox("uninstall").code == ExitCode.GO


@pytest.mark.usefixtures("lvm")
@pytest.mark.tries("name a partition that nobody uses, or a volume group with room: `lsblk`, `vgs`")
def test_a_mounted_partition_is_never_taken(at_lvm: Place, device: str, tmp_path: Path, told: Told) -> None:
    subprocess.run(["mke2fs", "-q", "-t", "ext4", device, "20000"], check=True)
    (tmp_path / "mnt").mkdir()
    subprocess.run(["mount", device, str(tmp_path / "mnt")], check=True)
    try:
        assert f"mounted at {tmp_path}/mnt" in refused(at_lvm, device, "--yes", told=told)
    finally:
        subprocess.run(["umount", str(tmp_path / "mnt")], check=True)
    would_do(at_lvm, device, "--yes")


def test_a_partition_of_another_group_is_never_taken(at_lvm: Place, group: str, device: str) -> None:
    assert "physical volume" in refused(at_lvm, device, "--yes")
    assert group


@pytest.mark.tries("name a block device such as /dev/sdb1, or one of these groups")
def test_neither_partition_nor_group(at_lvm: Place, group: str, told: Told) -> None:
    said = refused(at_lvm, "nowhere", told=told)
    assert "'nowhere' is neither a partition nor a volume group" in said
    assert group in said
    would_do(at_lvm, group)


def test_an_installation_that_was_killed(at_lvm: Place, lvm: Lvm, group: str) -> None:
    with at_lvm.begin("install", "--lvm", group) as process:
        wait_for("the first volume", lambda: "GridBase" in lvm.names("lvs", "lv_name"), 120.0)
        process.kill()
    assert len(lvm.names("lvs", "lv_name")) > 1
    assert at_lvm.icebox("ledger", "clean").code == ExitCode.GO
    expect_as_it_was(at_lvm, lvm)

"""A box whose nodes write into a volume: a student fills it, and the host's disk is as it was."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.box import bringup, revert, snapshot, teardown, volume
from harness.box.box import Box, attach
from harness.box.files import BoxFiles
from harness.console import Console, Style
from harness.deadline import wait_for
from harness.errors import IceboxError
from harness.ledger import Ledger
from harness.services import status
from harness.services.registry import services_of
from tests.drill.tried import Told, failing
from tests.integration.volume.sites import site_of
from tests.unit.sites import SITE

pytestmark = pytest.mark.skipif(not volume.LOOP.exists(), reason="needs loop devices")
BACK = 240.0
"""Seconds until services that were ended on a full disk are back; it takes ten on an idle machine."""
QUIET = Console(style=Style.QUIET)
FILL = "for n in 1 2 3 4 5 6 7 8; do head -c 200000000 /dev/zero > full$n || break; done; sync; ls full2 >&2"


def taken(files: BoxFiles) -> int:
    """Bytes of the host's disk that the volume takes."""
    return files.volume.stat().st_blocks * 512


def on_host(directory: Path) -> int:
    """Bytes of the host's disk that lie in a directory, and not on the volume that is mounted there."""
    counted = ["du", "--summarize", "--one-file-system", "--block-size=1", directory]
    return int(subprocess.run(counted, capture_output=True, text=True, check=True).stdout.split()[0])


def test_it_bounds_grows_and_gives_back(files: BoxFiles, tmp_path: Path) -> None:
    ledger, small, large = Ledger("bound"), site_of(tmp_path, 1), site_of(tmp_path, 2)
    volume.check(small, files)
    volume.attach(small, files, ledger)
    assert taken(files) < 100_000_000, "it is not sparse"
    stored = files.scratch("ui")
    stored.mkdir(parents=True)
    filled = subprocess.run(f"cd {stored}; {FILL}", shell=True, capture_output=True, text=True)
    assert "No space left on device" in filled.stderr
    assert taken(files) <= 1_001_000_000
    for name in stored.glob("full[2-9]"):
        name.unlink()
    os.sync()  # what is free by the file system's journal is given back
    wait_for("the volume to give back what was removed", lambda: taken(files) < 400_000_000, 60)
    volume.undo(ledger.of_kind(volume.KIND)[0])
    assert not os.path.ismount(files.stored)
    volume.check(large, files)
    volume.attach(large, files, ledger)
    assert shutil.disk_usage(files.stored).total > 1_800_000_000
    assert (stored / "full1").stat().st_size == 200_000_000


@pytest.mark.tries(
    "take disk.gigabytes out of the site file, or ./icebox stop --box … --destroy",
    "ask for as much, or ./icebox stop --box … --destroy",
    "free some, ask for less by disk.gigabytes, or have ICEBOX_HOME on a larger disk",
    "`e2fsck -f` on `volume.img` in the box's directory mends a damaged one",
)
def test_what_it_can_not_be(files: BoxFiles, tmp_path: Path, told: Told) -> None:
    def refused(gigabytes: int) -> IceboxError:
        return failing(told, lambda: volume.check(site_of(tmp_path, gigabytes), files))

    scratch = files.scratch("ui")
    scratch.mkdir(parents=True)
    assert "without a limit" in refused(1).what
    volume.check(site_of(tmp_path, 0), files)
    shutil.rmtree(scratch.parent)
    assert "too little space" in refused(90_000).what
    large, ledger = site_of(tmp_path, 2), Ledger("bound")
    volume.check(large, files)
    volume.attach(large, files, ledger)
    volume.undo(ledger.of_kind(volume.KIND)[0])
    assert "asks for less" in refused(1).what
    with files.volume.open("r+b") as damaged:
        damaged.seek(1024)
        damaged.write(bytes(1024))  # the superblock, of which there are copies
    failing(told, lambda: volume.attach(large, files, ledger), match="can't be used")
    subprocess.run(["e2fsck", "-f", "-y", files.volume], capture_output=True)
    volume.attach(large, files, ledger)
    assert os.path.ismount(files.stored)


@pytest.mark.tries(
    "`modprobe loop` on the host, or take disk.gigabytes out of the site file", "apt-get install e2fsprogs"
)
def test_what_the_machine_has_to_have(
    files: BoxFiles, tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, without in (("LOOP", tmp_path / "none"), ("PROGRAMS", ("mke2fs.none",))):
        with monkeypatch.context() as patch:
            patch.setattr(volume, name, without)
            failing(told, lambda: volume.check(site_of(tmp_path, 1), files))
            volume.check(site_of(tmp_path, 0), files)
    volume.check(site_of(tmp_path, 1), files)


@pytest.mark.tries("stop the boxes and containers that were started while this one was up")
def test_it_does_not_grow_in_another_view(files: BoxFiles, tmp_path: Path, told: Told) -> None:
    """A mount namespace of another program may hold it, as this loop device does."""
    ledger = Ledger("bound")
    volume.attach(site_of(tmp_path, 1), files, ledger)
    volume.undo(ledger.of_kind(volume.KIND)[0])
    made = ["losetup", "--find", "--show", files.volume]
    device = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
    failing(told, lambda: volume.attach(site_of(tmp_path, 2), files, ledger), match="can't grow yet")
    # One that lets go a moment later, as a box that comes up, is waited for.
    with subprocess.Popen(["sh", "-c", f"sleep 0.5; losetup --detach {device}"]):
        volume.attach(site_of(tmp_path, 2), files, ledger)
    assert shutil.disk_usage(files.stored).total > 1_800_000_000


def _end_services(box: Box) -> None:
    """Where there is no room: what starts again by itself fails until there is."""
    rb = box.shell(box.site.rb)
    rb.run("cat /dev/zero > /var/tmp/rest")
    # It starts for minutes, and waits for room all the time.
    assert rb.run("systemctl restart --no-block mariadb").ok
    for node in box.site.nodes:
        services = (service for service in services_of(node.role) if service.name != "ssh")
        units = [unit.format(vo=box.site.vo) for service in services for unit in service.units]
        box.shell(node).run(["systemctl", "kill", "--signal=KILL", *units])
    assert rb.run("rm -f /var/tmp/rest").ok


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A volume that is mounted, of a box in another state directory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICEBOX_HOME", str(tmp_path / "elsewhere"))
        files, ledger = BoxFiles("bound"), Ledger("bound")
        files.make()
        volume.attach(site_of(tmp_path, 1), files, ledger)
        entries = ledger.of_kind(volume.KIND)
    yield files.stored
    for entry in entries:
        volume.undo(entry)


def test_a_student_fills_the_box_alone(tmp_path: Path, elsewhere: Path) -> None:
    """On the host's own state directory, which has the image."""
    name = f"vol{os.getpid()}"[-12:]
    site, files = site_of(tmp_path, 1), BoxFiles(name)
    other = f"oth{os.getpid()}"[-12:]
    try:
        bringup.start(bringup.Request(site, name), QUIET).close()
        bringup.start(bringup.Request(SITE, other, ephemeral=True), QUIET).close()
        box = attach(name)
        student = box.student(box.site.students[0])
        filled = student.run(FILL, timeout=300)
        assert "No space left on device" in filled.output
        assert on_host(files.top) < 1_500_000_000
        _end_services(box)
        assert student.run("rm full[2-9]*").ok
        wait_for("all services to be back", lambda: not status.of(box).broken, BACK, pause=1.0)
        assert student.run(f"voms-proxy-init -quiet -voms {site.vo}").ok
        mine, others = (attach(each).dom0.run("cat /proc/self/mountinfo").stdout for each in (name, other))
        assert str(files.stored) in mine
        assert str(files.stored) not in others, "a younger box holds it"
        assert str(elsewhere) not in mine + others, "a box of another state directory holds it"
        box.close()
        teardown.stop(name, QUIET)
        assert not os.path.ismount(files.stored)
        box = bringup.start(bringup.Request(site, name), QUIET)
        student = box.student(box.site.students[0])
        assert student.run("rm full1 && head -c 9000000 /dev/zero > small").ok
        box.close()
    finally:
        for each in (other, name):
            teardown.stop(each, QUIET, destroy=True)
    assert not files.top.exists()


def test_a_box_whose_volume_is_full_goes_back(tmp_path: Path) -> None:
    name = f"bak{os.getpid()}"[-12:]
    site, files, ledger = site_of(tmp_path, 1), BoxFiles(name), Ledger(name)
    try:
        bringup.start(bringup.Request(site, name), QUIET).close()
        box = attach(name)
        student = box.student(site.students[0])
        assert student.run("echo old > memo").ok
        with ledger.locked():
            monday = snapshot.take(files, ledger, "monday", box)
        assert files.stored not in monday.path.parents, "it would fill with the volume"
        assert "No space left on device" in student.run(FILL, timeout=300).output
        with ledger.locked():
            revert.revert(files, ledger, monday, box)
        assert student.run("cat memo; ls").check().stdout.split() == ["old", "memo"]
        wait_for("all services to be well", lambda: not status.of(box).broken, BACK, pause=1.0)
        assert student.run("echo new > memo").ok
        box.close()
        teardown.stop(name, QUIET)
        assert not os.path.ismount(files.stored)
        with ledger.locked():
            revert.revert(files, ledger, monday, None)
            assert snapshot.take(files, ledger, "down", None).size > 0
        assert not os.path.ismount(files.stored)
        bringup.start(bringup.Request(site, name), QUIET).close()
        assert attach(name).student(site.students[0]).run("cat memo").stdout == "old\n"
    finally:
        teardown.stop(name, QUIET, destroy=True)

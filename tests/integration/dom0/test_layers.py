"""File systems whose numbers are others on the host, on this machine's kernel."""

import subprocess
from pathlib import Path

import pytest

from harness.dom0 import walls
from harness.dom0.disk import DISKS, MAPPED, Disk, mounts
from harness.dom0.identities import HOSTS_OWN, Identities, Row
from tests.drill.tried import Told

ROOT, ACCOUNT, SERVICE = 0x71230000, 0x70000005, 33
MAP = Identities((Row(0, ROOT, 1000), Row(ACCOUNT, ACCOUNT, 1)))
AS_ROOT = f"setpriv --reuid {ROOT} --regid {ROOT} --clear-groups"


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """A node's disk: a service's file in a layer, and an account's in a home."""
    layer, written, homes = (tmp_path / name for name in ("layer", "written", "homes"))
    for each in (layer / "home", written / "upper", written / "work", homes):
        each.mkdir(parents=True)
    for path, owner in ((layer / "file", SERVICE), (homes / "kept", ACCOUNT)):
        path.touch()
        subprocess.run(["chown", f"{owner}:{owner}", path], check=True)
    return Disk("node", (layer,), written, homes, MAP)


def owners(disk: Disk, place: Path, before: str = "", then: str = "true") -> list[int]:
    """Whose the two files are on this machine, where the disk is laid, and ``then`` was done in it."""
    text = mounts([disk], str(place / "note"))
    text = text.replace(DISKS, str(place / "disks")).replace(MAPPED, str(place / "mapped"))
    script = f"set -e; {before}\n{text}cd {place}/disks/node\n{then}\nstat -c %u file home/kept"
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
    told = subprocess.run(words, check=True, capture_output=True, text=True)
    return [int(line) for line in told.stdout.split()]


def note(place: Path) -> str:
    return (place / "note").read_text().strip()


def test_numbers_are_others_here_and_the_nodes_own_on_the_disk(disk: Disk, tmp_path: Path) -> None:
    assert owners(disk, tmp_path, then=f"{AS_ROOT} mkdir made") == [ROOT + SERVICE, ACCOUNT]
    assert (disk.written / "upper/made").stat().st_uid == 0
    assert Identities.read(note(tmp_path)) == MAP


def test_this_machines_root_has_no_number_there(disk: Disk, tmp_path: Path) -> None:
    owners(disk, tmp_path, then="! touch made")
    assert not (disk.written / "upper/made").exists()


def test_where_a_layer_cant_have_others_none_has_and_it_is_said_why(disk: Disk, tmp_path: Path) -> None:
    layer = disk.layers[0]
    # An overlay takes no map itself.
    before = f"mount -t overlay -o lowerdir={layer}:{disk.homes} overlay {layer}"
    assert owners(disk, tmp_path, before) == [SERVICE, ACCOUNT]
    assert f"{layer}: [Errno 22] Invalid argument" in note(tmp_path)


def test_nobody_asked_for_others(disk: Disk, tmp_path: Path) -> None:
    plain = Disk(disk.machine, disk.layers, disk.written, disk.homes, HOSTS_OWN)
    assert owners(plain, tmp_path) == [SERVICE, ACCOUNT]
    assert not Identities.read(note(tmp_path)).rows


def test_this_machine_lacks_no_wall(tmp_path: Path) -> None:
    assert walls.missing(tmp_path) == []


@pytest.mark.tries(
    "boot Linux 5.19 or later, and set ICEBOX_HOME to a directory on ext4, XFS, Btrfs or tmpfs, outside of "
    "containers"
)
def test_one_without_maps_says_so(tmp_path: Path, told: Told) -> None:
    [wall] = walls.missing(Path("/proc"))
    assert "root of a node is root of its host" in wall.what
    told(wall)
    assert walls.missing(tmp_path) == []

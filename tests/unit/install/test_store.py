"""Where drives may lie: what is refused before anything is made, and how much is missing."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.dom0 import lvm
from harness.dom0.lvm import Group
from harness.errors import HostError, IceboxError, InputError
from harness.image import ext4
from harness.install import partition
from harness.install.pieces import Piece
from harness.install.store import Files, Volumes
from tests.drill.tried import Told, failing


def piece(name: str, megabytes: int) -> Piece:
    return Piece(name, megabytes << 20, megabytes << 20, lambda _: None)


def test_a_new_directory_and_an_empty_one(tmp_path: Path) -> None:
    for top in (tmp_path, tmp_path / "new/deep"):
        assert Files(top).check([piece("CENode", 1)]) == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a b", "a,b", "a:b", "it's", "a\nb", "[a]", 'a"b'])
@pytest.mark.tries("name another directory")
def test_a_path_that_xl_would_misread(tmp_path: Path, name: str, told: Told) -> None:
    failing(told, lambda: Files(tmp_path / name).check([]), InputError, match="xl could not read this path")
    Files(tmp_path / "plain").check([])


@pytest.mark.tries("name a new or empty directory")
def test_a_directory_with_something_in_it(tmp_path: Path, told: Told) -> None:
    (tmp_path / "thesis").touch()
    with pytest.raises(InputError, match="is not empty"):
        Files(tmp_path).check([])
    failing(told, lambda: Files(tmp_path / "thesis").check([]), InputError, match="is no directory")
    Files(tmp_path / "new").check([])


@pytest.mark.tries("free some, or name a directory on a larger disk")
def test_how_much_of_a_disk_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10 << 20))
    with pytest.raises(HostError, match="5 MB are missing") as caught:
        Files(tmp_path / "new").check([piece("CENode", 7), piece("WNNode", 8)])
    assert "they take 16 MB, and 10 MB are free" in caught.value.why
    assert not (tmp_path / "new").exists()
    told(caught.value)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=20 << 20))
    Files(tmp_path / "new").check([piece("CENode", 7), piece("WNNode", 8)])


def grouped(monkeypatch: pytest.MonkeyPatch, attributes: str = "wz--n-", free: int = 100) -> Volumes:
    found = Group("grid", attributes, 4 << 20, free, ["home"])
    monkeypatch.setattr(lvm, "group", lambda _: found)
    return Volumes("school", "grid")


@pytest.mark.usefixtures("home")
def test_extents_are_counted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    store = grouped(monkeypatch, free=3)
    store.check([piece("CENode", 5), piece("CEswap", 1)])
    with pytest.raises(HostError, match="4 MB are missing"):
        store.check([piece("CENode", 9), piece("CEswap", 1)])


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("attributes", "why"),
    [("rz--n-", "read-only"), ("wzx-n-", "exported"), ("wz-pn-", "physical volumes are missing")],
)
@pytest.mark.tries("mend it, or name another group")
def test_a_group_that_takes_no_volume(
    monkeypatch: pytest.MonkeyPatch, attributes: str, why: str, told: Told
) -> None:
    with pytest.raises(HostError, match="no volume can be made") as caught:
        grouped(monkeypatch, attributes).check([])
    assert why in caught.value.why
    told(caught.value)
    grouped(monkeypatch).check([])


@pytest.mark.tries("apt-get install lvm2, or have the disks as image files: --files DIR")
def test_without_lvm(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    failing(told, lambda: Volumes.at("grid", "school", anyway=False), HostError, match="has no LVM")
    monkeypatch.setattr(shutil, "which", lambda name: f"/sbin/{name}")
    monkeypatch.setattr(lvm, "groups", lambda: ["grid"])
    assert Volumes.at("grid", "school", anyway=False).group == "grid"


@pytest.mark.usefixtures("home")
@pytest.mark.tries("name a larger partition")
def test_a_partition_too_small(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr(lvm, "groups", list)
    monkeypatch.setattr(partition, "check", lambda _device, *, anyway: "")
    monkeypatch.setattr(partition, "size", lambda _: 10 << 20)
    store = Volumes("school", "gridbox_school", Path("/dev/sdz9"))
    failing(told, lambda: store.check([piece("CENode", 8)]), HostError, match="2 MB are missing")
    monkeypatch.setattr(partition, "size", lambda _: 12 << 20)
    assert store.check([piece("CENode", 8)]) == [
        "/dev/sdz9 becomes the volume group gridbox_school; it is empty."
    ]


@pytest.mark.usefixtures("home")
@pytest.mark.tries("install into it (--lvm …), or choose another name with --box")
def test_a_partition_for_a_group_that_is_there(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr(lvm, "groups", lambda: ["gridbox_school"])
    with pytest.raises(HostError, match="which this installation has not made") as caught:
        Volumes("school", "gridbox_school", Path("/dev/sdz9")).check([])
    told(caught.value)
    monkeypatch.setattr(lvm, "group", lambda name: Group(name, "wz--n-", 4 << 20, 100, []))
    monkeypatch.setattr(shutil, "which", lambda name: f"/sbin/{name}")
    assert Volumes.at("gridbox_school", "school", anyway=False).check([piece("CENode", 8)]) == ()


def holding(tmp_path: Path, words: Sequence[bytes]) -> Path:
    path = tmp_path / "disk"
    with path.open("wb") as file:
        file.truncate(4 << 20)
        for at, each in enumerate(words):
            file.seek(at * 4096)
            file.write(each)
    return path


def test_what_a_partition_holds(tmp_path: Path) -> None:
    assert partition.holds(holding(tmp_path, [])) == ""
    assert partition.holds(holding(tmp_path, [b"", b"", b"thesis"])) == "data of no kind that blkid knows"
    ext4.swap(tmp_path / "swap", 4 << 20)
    assert partition.holds(tmp_path / "swap") == "a swap area"


def test_what_nobody_can_look_at(tmp_path: Path) -> None:
    with pytest.raises(IceboxError, match="nobody can tell"):
        partition.holds(tmp_path / "nowhere")

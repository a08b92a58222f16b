"""Disks of nodes with a kernel of their own: what is laid for them, and what of it stays."""

import dataclasses
import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.box import disks
from harness.box.files import BoxFiles
from harness.dom0 import driveset
from harness.dom0.disk import DISKS, mounts
from harness.dom0.identities import HOSTS_OWN
from harness.image import ext4
from harness.image.boot import Boot
from harness.ledger import Ledger
from harness.site import Role, Site
from harness.virt.domain import BOOT, DRIVES
from tests.unit.sites import SITE

DISKS_OF = ("site", "Node", "swap")


@pytest.fixture
def site() -> Site:
    """Its WN is a container, all others are machines."""
    nodes = [
        dataclasses.replace(node, hypervisor="lxc" if node.role is Role.WN else "qemu") for node in SITE.nodes
    ]
    return dataclasses.replace(SITE, nodes=tuple(nodes))


@pytest.fixture
def files(site: Site, home: Path) -> BoxFiles:
    made = BoxFiles("school")
    disks.prepare(site, made)
    for node in site.nodes:
        layer = made.layer(node.name)
        for path in (
            "etc/icebox/network",
            "etc/grid-security/hostcert.pem",
            "etc/grid-security/certificates/a.0",
        ):
            (layer / path).parent.mkdir(parents=True, exist_ok=True)
            (layer / path).write_text(path)
    return made


@pytest.fixture
def image(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Disks of a megabyte, and a kernel that is no kernel."""
    monkeypatch.setattr(driveset, "SCRATCH", 8 << 20)
    monkeypatch.setattr(driveset, "SWAP", 1 << 20)
    boot = Boot("0123")
    (boot.top / "boot").mkdir(parents=True)
    for name in ("vmlinuz-6", "vmlinux-6", "initrd-6.img"):
        (boot.top / "boot" / name).write_text(name)
    shared = SimpleNamespace(base=home / "base", roles=home / "roles", boot=boot)
    return SimpleNamespace(
        drives=shared,
        base=SimpleNamespace(root=home / "root"),
        roles=SimpleNamespace(of=lambda role: home / role),
    )


def test_each_has_all_of_its_disks(site: Site, files: BoxFiles, image: Any) -> None:
    disks.lay(site, files, image)
    assert not files.drives("xenwnnode").exists(), "a container has none"
    ce = files.drives("xencenode")
    assert sorted(os.listdir(ce)) == sorted([*DRIVES, "home", "initrd", "kernel", "vmlinux"])
    assert (ce / "kernel").read_text() == "vmlinuz-6"
    assert (ce / "home").resolve() == files.homes(site.ce).resolve(), "the same that the WN has"
    assert "home" not in os.listdir(files.drives("xensenode"))
    assert sorted(os.listdir(files.drives(BOOT))) == ["initrd", "kernel", "vmlinux"]
    for name in ("site", "scratch"):
        assert subprocess.run(["e2fsck", "-f", "-n", str(ce / name)], capture_output=True).returncode == 0


def test_what_a_node_wrote_stays_and_its_site_layer_is_new(site: Site, files: BoxFiles, image: Any) -> None:
    disks.lay(site, files, image)
    ce = files.drives("xencenode")
    kept, told = (ce / "scratch").resolve().stat().st_ino, _read(ce / "site", driveset.LAID)
    (files.layer("xencenode") / "etc/icebox/network").write_text("another")
    disks.lay(site, files, image)
    assert (ce / "scratch").resolve().stat().st_ino == kept
    assert _read(ce / "site", Path("etc/icebox/network")) == "another"
    assert _read(ce / "site", driveset.LAID) != told, "so the node knows that it was laid anew"
    uncovered = _read(ce / "site", driveset.UNCOVERED).split()
    assert uncovered == ["etc/grid-security/certificates/a.0", "etc/grid-security/hostcert.pem"]


def _read(drive: Path, path: Path) -> str:
    words = ["debugfs", "-R", f"cat /{path}", str(drive)]
    return subprocess.run(words, capture_output=True, text=True).stdout


def test_a_disk_that_was_half_made_is_made_anew(
    site: Site, files: BoxFiles, image: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ext4.empty

    def cut(path: Path, size: int) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(ext4, "empty", cut)
    with pytest.raises(KeyboardInterrupt):
        disks.lay(site, files, image)
    monkeypatch.setattr(ext4, "empty", whole)
    disks.lay(site, files, image)
    scratch = files.drives("xencenode") / "scratch"
    assert subprocess.run(["e2fsck", "-f", "-n", str(scratch)], capture_output=True).returncode == 0


def test_disks_in_a_directory_of_their_own(site: Site, files: BoxFiles, image: Any, tmp_path: Path) -> None:
    site = dataclasses.replace(site, disk_directory=str(tmp_path))
    made = disks.shelf(site, "school")
    assert made
    assert {*made.sizes} == {f"{role}{of}" for role in ("CE", "SE", "UI", "RB") for of in DISKS_OF}, (
        "a container has none"
    )
    made.claim(Ledger("school"))
    disks.lay(site, files, image)
    ce = files.drives("xencenode")
    for name, link in (("CEsite", "site"), ("CENode", "scratch"), ("CEswap", "swap")):
        assert (ce / link).readlink() == tmp_path / "school" / name
        assert (ce / link).stat().st_size == driveset.sizes()[link]
    kept = (ce / "scratch").stat().st_ino
    disks.lay(site, files, image)
    assert (ce / "scratch").stat().st_ino == kept
    assert _read(ce / "site", Path("etc/icebox/network")) == "etc/icebox/network"
    assert not list(files.scratch("xencenode").glob("*.img")), "and none beside"


@pytest.fixture
def block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is taken for a block device: it is there, and has a size of its own."""
    path = tmp_path / "school.CENode"
    with path.open("wb") as file:
        file.truncate(16 << 20)
    is_block = Path.is_block_device
    monkeypatch.setattr(Path, "is_block_device", lambda self: self == path or is_block(self))
    return path


def test_a_volume_is_filled_once(files: BoxFiles, block: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = driveset.DriveSet(
        files.drives("ce"),
        {"swap": block},
        files.scratch("xencenode"),
        files.layer("xencenode"),
        {"scratch": block},
    )

    def cut(path: Path, _size: int) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ext4, "empty", cut)
        with pytest.raises(KeyboardInterrupt):
            own.lay()
    assert not (files.drives("ce") / "scratch").is_symlink()
    with block.open("wb") as file:
        file.truncate(16 << 20)
    own.lay()
    assert subprocess.run(["e2fsck", "-f", "-n", str(block)], capture_output=True).returncode == 0
    assert block.stat().st_size == 16 << 20, "it keeps its size"
    before = block.read_bytes()
    own.lay()
    assert block.read_bytes() == before, "what the node wrote stays, and what is a link is no swap area now"


def test_another_machine_lays_the_same(files: BoxFiles, tmp_path: Path) -> None:
    made = driveset.DriveSet(tmp_path, {"base": tmp_path}, tmp_path, None, {"scratch": tmp_path})
    assert driveset.DriveSet.of(json.loads(json.dumps(made.words()))) == made


def test_a_link_of_before_is_not_written_through(
    site: Site, files: BoxFiles, image: Any, tmp_path: Path
) -> None:
    link, theirs = files.drives("xencenode") / "site", tmp_path / "theirs"
    theirs.write_text("theirs")
    link.parent.mkdir(parents=True)
    link.symlink_to(theirs)
    disks.lay(site, files, image)
    assert theirs.read_text() == "theirs"
    assert not link.is_symlink()


def test_the_dom0_lays_containers_and_leads_to_drives(site: Site, files: BoxFiles, image: Any) -> None:
    found = disks.of(site, files, image, HOSTS_OWN)
    drives = {disk.machine: disk.drives for disk in found if disk.drives}
    assert set(drives) == {"xencenode", "xensenode", "xenuinode", "xenrbnode", BOOT}
    assert {disk.machine for disk in found if disk.layers} == {"xenwnnode", "outside"}
    text = mounts(found, "/run/note")
    for name, laid in drives.items():
        assert f"ln -s {laid.directory} {DISKS}/{name}\n" in text
    assert f"{DISKS}/xenwnnode" in text

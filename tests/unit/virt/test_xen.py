"""Xen domains: what their dom0 has to have, and the devices that their drives become."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.dom0 import xen
from harness.virt.kinds.xen import DEVICES


@pytest.fixture
def drives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node's drives: one is shared by boxes.  The stand-in for losetup has a device for each file."""
    (tmp_path / "losetup").write_text(
        f'#!/bin/sh\ncd {tmp_path}\ntouch loops\n[ "$1" != --list ] || exec cat loops\n'
        'for file; do :; done\ndevice=/dev/loop$(wc -l < loops)\necho "$device $file" >> loops\n'
        'echo "$device"; echo "$@" >> told\n'
    )
    (tmp_path / "losetup").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    made = tmp_path / "boxes/school/drives/xenwnnode"
    for directory in (made, tmp_path / "image", tmp_path / "boxes/school/scratch"):
        directory.mkdir(parents=True)
    (tmp_path / "image/drive").write_text("shared by all")
    (tmp_path / "boxes/school/scratch/swap.img").write_text("its own")
    (made / "base").symlink_to(tmp_path / "image/drive")
    (made / "swap").symlink_to(tmp_path / "boxes/school/scratch/swap.img")
    (tmp_path / "node").symlink_to(made)
    return tmp_path / "node"


def devices(drives: Path) -> list[str]:
    words = ["sh", "-c", DEVICES, "devices", str(drives), "base:--read-only", "swap:"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


def test_files_hang_at_devices_that_tell_whose_they_are(drives: Path) -> None:
    top = drives.parent
    assert devices(drives) == ["base /dev/loop0", "swap /dev/loop1"]
    assert devices(drives) == ["base /dev/loop0", "swap /dev/loop1"], "a node that starts again has the same"
    assert (top / "loops").read_text().splitlines() == [
        f"/dev/loop0 {top}/boxes/school/drives/base",
        f"/dev/loop1 {top}/boxes/school/scratch/swap.img",
    ]
    assert "--read-only" in (top / "told").read_text().splitlines()[0]
    assert (top / "boxes/school/drives/base").samefile(top / "image/drive")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What Xen's scripts write; reading it gives this test's disk."""
    (tmp_path / "xenstore-read").write_text(f"#!/bin/sh\necho {tmp_path}/device\n")
    (tmp_path / "xenstore-write").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/written\n')
    for program in ("xenstore-read", "xenstore-write"):
        (tmp_path / program).chmod(0o755)
    (tmp_path / "device").symlink_to("/dev/null")
    return tmp_path


def hotplug(store: Path, name: str, *words: str) -> int:
    text = xen.scripts(str(store))[f"/etc/xen/scripts/{name}"]
    own = text.replace("PATH=/usr/sbin", f"PATH={store}:/usr/sbin")
    environment = {"XENBUS_PATH": "/backend/1", "vif": "vif1.0"}
    return subprocess.run(["sh", "-c", own, name, *words], env=environment, capture_output=True).returncode


def test_xen_is_told_the_numbers_of_a_disks_device(store: Path) -> None:
    assert hotplug(store, "block", "add") == 0
    at = "/backend/1"
    assert (store / "written").read_text().split() == [
        *(f"{at}/physical-device", "1:3", f"{at}/physical-device-path", f"{store}/device"),
        *(f"{at}/hotplug-status", "connected"),
    ]
    (store / "device").unlink()
    assert hotplug(store, "block", "add") == 1, "libxl says that the disk can't be had"


def test_a_cable_that_can_not_be_fetched_is_an_error_and_no_silence(store: Path) -> None:
    assert hotplug(store, "vif-bridge", "online", "type_if=vif") == 1
    assert "the box's bridge can't be reached" in (store / "written").read_text()


@pytest.mark.parametrize(("name", "word"), [("block", "remove"), ("vif-bridge", "offline")])
def test_at_the_end_there_is_nothing_to_do(store: Path, name: str, word: str) -> None:
    assert hotplug(store, name, word) == 0
    assert not (store / "written").exists()

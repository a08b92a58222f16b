"""File systems made without being mounted, judged by e2fsck and read by debugfs."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.image import ext4


def debugfs(path: Path, request: str) -> str:
    return subprocess.run(["debugfs", "-R", request, str(path)], capture_output=True, text=True).stdout


def sound(path: Path) -> bool:
    return subprocess.run(["e2fsck", "-f", "-n", str(path)], capture_output=True).returncode == 0


def tree(top: Path) -> Path:
    (top / "etc/deep").mkdir(parents=True)
    (top / "etc/key").write_bytes(b"secret")
    (top / "etc/key").chmod(0o640)
    os.chown(top / "etc/key", 0, 4711)
    (top / "etc/link").symlink_to("key")
    (top / "etc/large").write_bytes(os.urandom(3 << 20))
    os.link(top / "etc/large", top / "etc/deep/same")
    for number in range(300):
        (top / f"etc/deep/{number}").touch()
    return top


def test_a_tree_is_in_it_as_it_is(tmp_path: Path) -> None:
    ext4.fill(tmp_path / "drive", tree(tmp_path / "tree"))
    assert sound(tmp_path / "drive")
    told = debugfs(tmp_path / "drive", "stat /etc/key")
    assert "Mode:  0640" in told
    assert "Group:  4711" in told
    assert debugfs(tmp_path / "drive", "cat /etc/key") == "secret"
    assert 'Fast link dest: "key"' in debugfs(tmp_path / "drive", "stat /etc/link")
    assert debugfs(tmp_path / "drive", "ls /etc/deep").count(")") > 300
    assert "has_journal" not in debugfs(tmp_path / "drive", "show_super_stats -h")
    assert (tmp_path / "drive").stat().st_mode & 0o777 == 0o600, "it may have keys in it"


def test_it_takes_no_more_of_the_disk_than_it_holds(tmp_path: Path) -> None:
    ext4.empty(tmp_path / "scratch", 5 << 30)
    found = (tmp_path / "scratch").stat()
    assert found.st_size == 5 << 30
    assert found.st_blocks * 512 < 200 << 20
    assert sound(tmp_path / "scratch")
    assert "has_journal" in debugfs(tmp_path / "scratch", "show_super_stats -h"), "a plug may be pulled"


def test_swap(tmp_path: Path) -> None:
    ext4.swap(tmp_path / "swap", 256 << 20)
    with (tmp_path / "swap").open("rb") as file:
        assert file.read(4096)[-10:] == b"SWAPSPACE2"
    assert (tmp_path / "swap").stat().st_blocks * 512 < 1 << 20


def test_a_disk_that_can_not_be_made(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="a disk could not be made") as told:
        ext4.fill(tmp_path / "drive", tmp_path / "nowhere")
    assert "nowhere" in told.value.why
    assert not (tmp_path / "drive").exists()

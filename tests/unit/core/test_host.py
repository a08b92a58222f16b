"""What a host must have before a box is begun."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

from harness.box import host
from harness.errors import HostError


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A host that has everything; the file says how many inotify instances it allows."""
    for name in ("check_root", "_check_home", "_check_programs", "_check_space"):
        monkeypatch.setattr(host, name, lambda: None)
    monkeypatch.setattr(host.cgroup, "check_host", lambda: None)
    limit = tmp_path / "max_user_instances"
    monkeypatch.setattr(host, "INOTIFY", limit)
    monkeypatch.setattr(host, "_inotify_in_use", lambda: 100)
    return limit


@pytest.mark.parametrize(
    ("nodes", "limit", "enough"), [(5, 125, True), (5, 124, False), (7, 134, False), (7, 135, True)]
)
def test_inotify_instances_for_each_node(sound: Path, nodes: int, limit: int, enough: bool) -> None:
    sound.write_text(f"{limit}\n")
    if enough:
        host.check(nodes)
        return
    with pytest.raises(HostError, match=f"{limit - 100}, and it needs {nodes * host.PER_NODE}") as refused:
        host.check(nodes)
    assert "100 are in use" in refused.value.why
    assert "fs.inotify.max_user_instances" in refused.value.remedy


def test_instances_are_counted_where_they_are_open() -> None:
    number = ctypes.CDLL(None).inotify_init()
    assert number >= 0
    try:
        assert host._is_inotify(Path(f"/proc/self/fd/{number}"))
        assert host._inotify_in_use() >= 1
    finally:
        os.close(number)
    assert not host._is_inotify(Path(f"/proc/self/fd/{number}"))
    with Path(os.devnull).open() as other:
        assert not host._is_inotify(Path(f"/proc/self/fd/{other.fileno()}"))

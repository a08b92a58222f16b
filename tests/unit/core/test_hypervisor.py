"""libvirt that does not answer."""

import pytest

from harness.errors import WaitError
from harness.virt import connection


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READY", 0.05)
    with pytest.raises(WaitError, match="libvirt to answer") as late:
        connection.Hypervisor("lxc+unix:///system?socket=/nowhere/libvirt-sock")
    assert "/nowhere/libvirt-sock" in late.value.why
    assert "None" not in late.value.why

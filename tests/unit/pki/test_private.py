"""A directory for secrets."""

import fcntl
from pathlib import Path

import pytest

from harness.errors import WaitError
from harness.pki import private
from harness.pki.private import PrivateDirectory


def test_a_lock_that_stays_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private, "LOCKED", 0.02)
    directory = PrivateDirectory(tmp_path / "keys")
    with (tmp_path / "keys" / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(WaitError, match="let go of the keys"), directory.locked():
            pass
    with directory.locked():
        directory.write("key", b"secret")
    assert directory.read("key") == b"secret"

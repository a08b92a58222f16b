"""What a box changed in its host's network is put back, and nothing that is no longer its doing."""

from pathlib import Path

import pytest

from harness import process
from harness.dom0 import lan
from harness.ledger import Entry


@pytest.mark.parametrize(("boot", "left"), [(process.boot(), "0\n"), ("another", "1\n")])
def test_forwarding_is_ended_unless_the_machine_was_started_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boot: str, left: str
) -> None:
    setting = tmp_path / "eth0"
    setting.write_text("1\n")
    monkeypatch.setattr(lan, "forwarding", lambda device: str(tmp_path / device))
    for device in ("eth0", "gone/eth1"):
        lan.UNDO[lan.FORWARDS](Entry(lan.FORWARDS, device, {"boot": boot}))
    assert setting.read_text() == left

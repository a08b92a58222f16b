"""Nodes with a kernel of their own, as they are ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import WaitError
from harness.virt.guests import POWER_OFF
from harness.virt.kinds.qemu import Qemu
from tests.unit.sites import SITE

NODE = SITE.ce


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Qemu:
    dom0: Any = SimpleNamespace(box="school", disk=lambda name: f"/mnt/nodes/{name}", pace=1.0)
    return Qemu(dom0)


@pytest.mark.parametrize(("pace", "seconds"), [(1.0, POWER_OFF), (10.0, 600.0)])
def test_an_emulated_node_has_longer_to_power_off(
    machines: Qemu, monkeypatch: pytest.MonkeyPatch, pace: float, seconds: float
) -> None:
    asked: list[tuple[str, float]] = []
    monkeypatch.setattr(machines, "pace", lambda: pace)
    off = SimpleNamespace(shut_down=lambda name, given: asked.append((name, given)))
    monkeypatch.setitem(vars(machines), "_libvirt", off)
    machines.power_off(NODE)
    assert asked == [("school.xencenode", seconds)]


def test_one_that_does_not_power_off_is_pulled(machines: Qemu, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(_name: str, _seconds: float) -> None:
        raise WaitError("waited")

    pulled: list[str] = []
    monkeypatch.setattr(machines, "pace", lambda: 1.0)
    hangs = SimpleNamespace(shut_down=late, destroy=pulled.append)
    monkeypatch.setitem(vars(machines), "_libvirt", hangs)
    machines.power_off(NODE)
    assert pulled == ["school.xencenode"]


def test_a_node_that_ended_tells_how_its_console_ended(
    machines: Qemu, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "cat": "2026 : error : qemuMonitorIO: the monitor hung up",
        "tail": "icebox: can't mount the disk scratch\nKernel panic - not syncing",
    }
    answers = {name: SimpleNamespace(output=text, stdout=text) for name, text in texts.items()}
    dom0: Any = SimpleNamespace(box="school", directory="/run", run=lambda words: answers[words[0]])
    monkeypatch.setattr(machines, "dom0", dom0)
    told = machines.last_words(NODE)
    assert "the monitor hung up" in told
    assert "can't mount the disk scratch" in told

"""Nodes with a kernel of their own, as they are ended."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import WaitError
from harness.virt.guests import POWER_OFF
from harness.virt.kinds.qemu import Qemu
from harness.virt.kinds.xen import SETTLED, Xen
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


def test_a_domain_of_xen_runs_when_its_memory_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own kernel has to end what it does with devices: libvirt refuses one that stands still."""
    done: list[str] = []
    dom0: Any = SimpleNamespace(box="school", disk=lambda name: f"/mnt/nodes/{name}", pace=1.0)
    libvirt = SimpleNamespace(
        resume=lambda name: done.append(f"{name} runs"),
        save=lambda name, path, memory: done.append(f"{name} {path} {memory}"),
    )
    machines = Xen(dom0)
    monkeypatch.setitem(vars(machines), "_libvirt", libvirt)
    machines.save(NODE, "/saved/xencenode")
    assert done == ["school.xencenode runs", f"school.xencenode /saved/xencenode {Xen.memory(NODE)}"]


def test_what_a_domain_of_xen_has_asked_for_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def run(words: list[str], timeout: float) -> Any:
        done.append(f"{words[2] is SETTLED} {words[4:]}")
        return SimpleNamespace(check=lambda: None)

    dom0: Any = SimpleNamespace(box="school", disk=lambda name: f"/mnt/nodes/{name}", run=run)
    machines = Xen(dom0)
    monkeypatch.setitem(vars(machines), "_libvirt", SimpleNamespace(suspend=done.append))
    machines.suspend(NODE)
    assert done == ["school.xencenode", "True ['/mnt/nodes/xencenode', 'scratch', 'swap']"]


def test_disks_on_which_nothing_is_on_its_way(tmp_path: Path) -> None:
    """Files that hang at no device have nothing either."""
    for name in ("scratch", "swap"):
        (tmp_path / f"{name}.img").touch()
        (tmp_path / name).symlink_to(tmp_path / f"{name}.img")
    words = ["sh", "-c", SETTLED, "settled", str(tmp_path), "scratch", "swap"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_domain_of_xen_said_is_where_xenconsoled_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(words: list[str]) -> Any:
        asked.append(words)
        trace = "\n".join(f"[ 3.9] step {number}" for number in range(30))
        return SimpleNamespace(output="", stdout=f"booted\nKernel panic - not syncing: no root\n{trace}\n")

    machines = Xen(SimpleNamespace(box="school", directory="/run", run=run))  # type: ignore[arg-type]
    told = machines.last_words(NODE).partition("its console ends: ")[2].splitlines()
    assert told[:2] == ["booted", "Kernel panic - not syncing: no root"]
    assert told[-1] == "[ 3.9] step 5"
    assert "/var/log/xen/console/guest-school.xencenode.log" in [words[-1] for words in asked]

"""Whether KVM really works is found out by booting; a program that pretends to be QEMU says how that goes."""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.command import CommandResult
from harness.dom0.pace import USUAL
from harness.errors import HostError
from harness.virt import guests
from harness.virt.kinds import qemu
from harness.virt.kinds.qemu import BOOT_IDLE, Qemu
from tests.unit.sites import SITE

PRETENDED = """\
#!/bin/sh
echo "$@" >> {log}
case "$*" in
    *"-accel kvm"*) {kvm} ;;
    *) {tcg} ;;
esac
"""
RUNS = f"echo '{qemu.SAYS}'"


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The probe's script, run here, with a device that is there and a QEMU that does what a test says."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    device = tmp_path / "kvm"
    monkeypatch.setattr(qemu, "TRY", qemu.TRY.replace("-c /dev/kvm", f"-e {device}"))
    monkeypatch.setattr(qemu, "PROBE", 0.5)

    def machines(kvm: str, tcg: str = RUNS, *, device_there: bool = True) -> tuple[Qemu, Path]:
        log = tmp_path / "log"
        (programs / "qemu-system-x86_64").write_text(PRETENDED.format(log=log, kvm=kvm, tcg=tcg))
        (programs / "qemu-system-x86_64").chmod(0o755)
        if device_there:
            device.touch()

        def run(words: list[str], **_: object) -> CommandResult:
            done = subprocess.run(words, capture_output=True, text=True)
            return CommandResult("probe", "dom0", done.returncode, done.stdout, done.stderr, 0.0)

        dom0: Any = SimpleNamespace(
            directory=str(tmp_path), disk=lambda name: f"/drives/{name}", run=run, pace=1.0
        )
        return Qemu(dom0), log

    return machines


def test_kvm_that_works(tried: Any) -> None:
    machines, log = tried(RUNS)
    assert machines._probed[0] == "kvm"
    assert machines.pace() == 1.0
    assert "-kernel /drives/boot/kernel -initrd /drives/boot/initrd" in log.read_text()


@pytest.mark.parametrize("kvm", ["exec sleep 60", "exit 1", "echo something else"])
def test_kvm_that_is_there_and_does_not_work(tried: Any, kvm: str) -> None:
    machines, log = tried(kvm, f"sleep 0.6; {RUNS}")
    assert machines._probed[0] == "emulated"
    took = int(machines._probed[1]) / 1e9
    assert took >= 0.6
    assert machines.pace() == max(1.0, took / BOOT_IDLE / USUAL), (
        "what the emulator took is waited for longer"
    )
    assert "cx16=off" in log.read_text()


def test_without_a_device_nothing_is_tried_by_it(tried: Any) -> None:
    machines, log = tried(RUNS, device_there=False)
    assert machines._probed[0] == "emulated"
    assert "kvm" not in log.read_text()


def test_it_is_found_out_once_for_a_box(tried: Any) -> None:
    first, log = tried(RUNS)
    again, _ = tried(RUNS)
    assert first._probed == again._probed
    assert len(log.read_text().splitlines()) == 1


def test_an_emulator_that_does_not_run_either_is_an_error(tried: Any) -> None:
    machines, _ = tried("exit 1", "exit 1")
    with pytest.raises(Exception, match="probe"):
        _ = machines._probed


def test_a_machine_without_qemu_is_told_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Qemu, "FILES", {"qemu-system-x86": ["bin/no-such-emulator"], "e2fsprogs": ["sbin/mke2fs"]}
    )
    with pytest.raises(HostError, match="hypervisor is qemu") as told:
        Qemu.check_host()
    assert told.value.remedy == "apt-get install --no-install-recommends qemu-system-x86"
    monkeypatch.setattr(Qemu, "FILES", {})
    monkeypatch.setattr(guests, "MAKES", {})
    Qemu.check_host()


def test_until_it_is_found_out_nobody_is_waited_for_longer(tried: Any) -> None:
    machines, _ = tried("exit 1")
    assert machines.pace() == 1.0
    assert machines._probed[0] == "emulated"
    (Path(machines.dom0.directory) / qemu.PROBED).write_text("emulated 30000000000\n")
    assert machines.pace() == 30 / BOOT_IDLE / USUAL
    machines.dom0.pace = 20.0
    assert machines.pace() == 20.0, "nothing on a slow machine is faster than that"


def test_a_drive_that_is_a_block_device_is_given_as_one(
    tried: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QEMU refuses one that it is told to be a file.  A pipe stands for it here."""
    monkeypatch.setattr(qemu, "BLOCKS", qemu.BLOCKS.replace("-b", "-p"))
    machines, _ = tried(RUNS)
    drives = tmp_path / SITE.se.name
    drives.mkdir()
    os.mkfifo(tmp_path / "volume")
    (drives / "scratch").symlink_to(tmp_path / "volume")
    for name in ("base", "roles", "site", "swap"):
        (drives / name).touch()
    monkeypatch.setattr(machines.dom0, "disk", lambda name: str(tmp_path / name))
    vars(machines.dom0).update(box="school", partition="")
    text = Qemu.xml(machines.domain(SITE.se, SITE.bridge))
    disks = {_of(each, "target", "dev"): each for each in ElementTree.fromstring(text).iter("disk")}
    assert {name: each.get("type") for name, each in disks.items()} == {
        **dict.fromkeys(("vda", "vdb", "vdc", "vde"), "file"),
        "vdd": "block",
    }
    assert _of(disks["vdd"], "source", "dev") == str(tmp_path / "volume")


def _of(disk: ElementTree.Element, tag: str, attribute: str) -> str | None:
    found = disk.find(tag)
    return None if found is None else found.get(attribute)

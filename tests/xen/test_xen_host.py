"""A real Xen host, emulated: it comes up from its snapshot, is a remote dom0, and leaves nothing.

A command of its own, ``./icebox test -e xen``: the first run makes a Debian and boots Xen, in minutes.
"""

import json
import signal
import subprocess
import time
from pathlib import Path
from subprocess import DEVNULL

import pytest

from harness.deadline import wait_for
from harness.dom0 import sent
from harness.dom0.sshhost import SshHost
from harness.state import checkout
from harness.virt.connection import Hypervisor
from harness.xenhost import emulator, host, system
from tests.xen.running import icebox

pytestmark = pytest.mark.root
CLOCK = 10.0
"""Seconds that its clock may be off: to look at it takes some, by emulation."""


def test_it_is_xen(xen: SshHost) -> None:
    listed = xen.run("xl list").check().stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["Name", "Domain-0"]
    assert xen.run("cat /sys/hypervisor/type").stdout.strip() == "xen"
    status = icebox("status").check().stdout
    assert "The Xen host is up: Xen 4." in status
    assert icebox("ssh", "uname", "-n").check().stdout == "xenhost\n"
    assert icebox("ssh", "exit 7").exit_code == 7
    assert "maxsessions 100" in xen.run("/usr/sbin/sshd -T").check().stdout.splitlines()


def test_libvirt_answers_through_the_same_connection(xen: SshHost) -> None:
    uri = xen.libvirt_uri("xen", system.top() / "run")
    assert uri.startswith("xen+ssh://root@xenhost/system?command=")
    hypervisor = Hypervisor(uri, 300.0)
    assert int(hypervisor.version().split(".")[0]) >= 11
    assert hypervisor.names() == ["Domain-0"]
    hypervisor.close()


def test_the_harness_runs_there(xen: SshHost) -> None:
    """All that a box on it begins with: root, Python, libvirt's driver for nodes."""
    xen.check()
    sent.do(xen, "check", nodes=0)
    assert xen.run("ls -d /mnt/harness").exit_code != 0


def test_it_is_as_its_snapshot_but_for_the_clock(xen: SshHost) -> None:
    (before,) = _snapshots()
    kept = before.stat().st_mtime_ns
    xen.run("echo of this run > /root/notes").check()
    icebox("stop").check()
    xen.close()
    icebox("start").check()
    assert [path.stat().st_mtime_ns for path in _snapshots()] == [kept], "no other boot was made"
    assert xen.run("cat /root/notes").exit_code != 0
    asked = time.time()
    assert abs(float(xen.run("date +%s").check().stdout) - asked) < CLOCK


def test_one_whose_qemu_was_killed(xen: SshHost) -> None:
    [token] = [entry.key for entry in system.ledger().of_kind("emulator")]
    _kill(token)
    status = icebox("status")
    assert (status.exit_code, status.stdout) == (1, "The Xen host is not up.\n")
    xen.close()
    icebox("start").check()
    assert xen.run("xl list").ok


def test_a_start_that_was_killed(xen: SshHost) -> None:
    icebox("stop").check()
    xen.close()
    with subprocess.Popen(
        [str(checkout() / "icebox"), "xen-host", "start"], stdout=DEVNULL, stderr=DEVNULL
    ) as starting:
        wait_for("QEMU to run", lambda: any(map(emulator.runs, _tokens())), 60.0)
        starting.send_signal(signal.SIGKILL)
    [token] = _tokens()
    subprocess.run([str(checkout() / "icebox"), "ledger", "clean"], check=True, capture_output=True)
    assert not emulator.runs(token)
    assert not host.run_dir().exists()
    assert not (system.top() / "run").exists()
    icebox("start").check()


def test_volumes_of_an_installation(xen: SshHost) -> None:
    """On a device-mapper, which this machine may not have, and without an udev."""
    trial = Path(__file__).with_name("volumes.py").read_bytes()
    unpack = "mkdir -p /root/trial && tar -xzf - -C /root/trial"
    code, _, said = xen.finish(["sh", "-c", unpack], sent._harness(), sent.DOING)
    assert code == 0, said
    code, out, said = xen.finish(["env", "PYTHONPATH=/root/trial", "python3", "-B", "-"], trial, sent.DOING)
    assert code == 0, said
    found = json.loads(out)
    assert (found["node"], found["swap"]) == ("an ext4 file system", "a swap area")
    assert "physical volume of LVM" in found["of a group"], "another installation would take it"
    assert found["in use"] == ["the volume gridbox_trial/CENode is open"]
    assert found["at rest"] == []
    assert (found["left"], found["before"], found["after"]) == (False, "", "")


def _tokens() -> list[str]:
    return [entry.key for entry in system.ledger().of_kind("emulator")]


def _kill(token: str) -> None:
    words = ["pkill", "--signal", "KILL", "--full", "--", f"{emulator.MARK} {token}"]
    subprocess.run(words, check=True)
    wait_for("QEMU to be gone", lambda: not emulator.runs(token), 30.0)


def _snapshots() -> list[Path]:
    return sorted(system.wanted().top.glob(f"{emulator.SNAPSHOT}-*.qcow2"))

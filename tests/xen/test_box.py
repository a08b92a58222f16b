"""The default box on it: five para-virtualized domains, which a trainer starts, checks and takes down."""

import json
from collections.abc import Iterator

import pytest

from harness.dom0.sshhost import SshHost
from harness.ledger import boxes
from harness.sitefile import load
from harness.state import checkout
from tests.wholeruns import kept_as, passed
from tests.xen.running import typed

pytestmark = pytest.mark.root
SITE = checkout() / "docs/examples/xen.toml"
BOX = "xenbox"
CHECKING = 4 * 3600.0
"""Seconds for a validate."""
CLOCK = 10.0
"""Seconds that a node's clock may be off beside what a look at it takes, by emulation."""


@pytest.fixture(scope="module")
def box(xen: SshHost) -> Iterator[str]:
    """It is up; nothing of it is left, here or there."""
    before = _domains(xen)
    try:
        typed("start", "--box", BOX, "--site", str(SITE)).check()
        yield BOX
    finally:
        stopped = typed("stop", "--destroy", "--box", BOX)
    stopped.check()
    assert _domains(xen) == before
    assert BOX not in boxes()
    assert xen.run("ls -A /var/lib/icebox/boxes /run/icebox").stdout.split() == [
        "/run/icebox:",
        "/var/lib/icebox/boxes:",
    ]


def _domains(xen: SshHost) -> list[str]:
    return sorted(line.split()[0] for line in xen.run("xl list").check().stdout.splitlines()[1:])


def test_each_node_is_a_domain_with_a_kernel_of_its_own(xen: SshHost, box: str) -> None:
    site = load(SITE)
    assert _domains(xen) == sorted(["Domain-0", *(f"{box}.{node.name}" for node in site.nodes)])
    for node in site.nodes:
        asked = typed("ssh", "--box", box, node.name, "cat /sys/hypervisor/type /sys/hypervisor/guest_type")
        assert asked.check().stdout.split() == ["xen", "PV"]


def test_a_home_is_the_same_on_ce_and_wn(box: str) -> None:
    written = "su gilda001 -c 'echo from the WN > ~/note'"
    typed("ssh", "--box", box, "wn", written).check()
    seen = typed("ssh", "--box", box, "ce", "cat /home/gilda001/note; stat -f -c %T /home/gilda001")
    assert seen.check().stdout.split("\n")[:2] == ["from the WN", "nfs"]


BOOT = "cat /proc/sys/kernel/random/boot_id"
"""Tells a node that goes on from one that has booted."""


def _on_ui(box: str, line: str) -> str:
    return typed("ssh", "--box", box, "ui", line).check().stdout.strip()


def _state(box: str) -> str:
    return str(json.loads(typed("status", "--box", box, "--json").stdout)["state"])


def _goes_on(xen: SshHost, box: str, boot: str) -> None:
    typed("resume", "--box", box).check()
    assert _on_ui(box, BOOT) == boot
    assert _states(xen).isdisjoint({"paused"})
    before = float(xen.run("date +%s.%N").check().stdout)
    told = float(_on_ui(box, "date +%s.%N"))
    after = float(xen.run("date +%s.%N").check().stdout)
    assert before - CLOCK < told < after + CLOCK
    assert typed("status", "--box", box).exit_code == 0


def _states(xen: SshHost) -> set[str]:
    """What libvirt says of the box's domains; the machine's own daemon is not the box's."""
    rows = [line.split() for line in xen.run("xl list").check().stdout.splitlines()[2:]]
    return {"paused" if row[4].replace("-", "") == "p" else "runs" for row in rows}


def test_it_stands_still_and_goes_on(xen: SshHost, box: str) -> None:
    boot = _on_ui(box, BOOT)
    typed("suspend", "--box", box).check()
    assert _states(xen) == {"paused"}
    assert _state(box) == "suspended"
    _goes_on(xen, box, boot)


def test_its_memory_is_on_the_disk_meanwhile(xen: SshHost, box: str) -> None:
    boot = _on_ui(box, BOOT)
    told = json.loads(typed("save", "--box", box, "--json").check().stdout)
    assert len(told["saved"]) == 5
    assert _domains(xen) == ["Domain-0"]
    files = xen.run(f"find /var/lib/icebox/boxes/{box}/saved -type f -size +50M").check().stdout.split()
    assert len(files) == 5
    _goes_on(xen, box, boot)
    assert not xen.run(f"test -e /var/lib/icebox/boxes/{box}/saved").ok


def test_it_goes_back_to_a_snapshot(xen: SshHost, box: str) -> None:
    boot = _on_ui(box, BOOT)
    typed("ssh", "--box", box, "ui", "echo old > /root/memo; sync").check()
    typed("snapshot", "--box", box, "monday").check()
    assert _on_ui(box, BOOT) == boot
    stored = f"/var/lib/icebox/boxes/{box}/snapshots/monday/stored/scratch"
    assert len(xen.run(f"ls {stored}/*/scratch.img").check().stdout.split()) == 5
    typed("ssh", "--box", box, "ui", "echo new > /root/memo; touch /root/later; sync").check()
    typed("revert", "--box", box, "monday").check()
    assert _on_ui(box, "cat /root/memo; ls /root/later || true") == "old"
    assert typed("status", "--box", box).exit_code == 0
    typed("snapshots", "--box", box, "--remove", "monday").check()


def test_the_checks_of_each_service_pass(box: str) -> None:
    """As --core has them; at the end, since some stop or move something."""
    _validated(box, "xen", "--core")


@pytest.mark.long
def test_all_checks_pass(box: str) -> None:
    _validated(box, "xen-full", "-n", "1")


def _validated(box: str, name: str, *words: str) -> None:
    """A go, from a run that is kept for people, and for docs/back-ends.md."""
    run_dir = kept_as(name)
    done = typed("validate", "--box", box, *words, "--run-dir", str(run_dir), seconds=CHECKING)
    assert done.exit_code == 0, done.stdout + done.stderr
    passed(run_dir, "remote", "xen")

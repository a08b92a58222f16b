"""The default box on it: five para-virtualized domains, which a trainer starts, checks and takes down."""

from __future__ import annotations

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

"""One of two WNs that takes no jobs is missed by nobody; one that ruins those it takes is."""

from collections.abc import Iterator

import pytest

from harness.box.box import Box
from harness.diagnosis.diagnose import diagnose
from tests.integration.boxes import standing
from tests.integration.diagnosis.breaking import Breaking
from tests.unit.sites import site_with

STOPPED = ("systemctl stop slurmd", "systemctl start slurmd")
ADDRESS = 'address = "192.168.1.3"\n'


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box of two WNs."""
    changed = (f"{ADDRESS}count = 1", f"{ADDRESS}count = 2")
    with standing(site_with(tmp_path_factory.mktemp("site"), changed), "two") as made:
        yield made


@pytest.mark.parametrize(
    ("line", "undo", "link"),
    [
        (*STOPPED, "slurmd"),
        ("ip link set eth0 down", "systemctl restart icebox-network slurmd", "address"),
        ("systemctl stop munge", "systemctl start munge slurmd", "munge"),
    ],
)
def test_one_that_takes_no_jobs_is_named_and_no_reason_for_a_no_go(
    breaking: Breaking, line: str, undo: str, link: str
) -> None:
    breaking.put("xenwnnode2", line, undo)
    finding = breaking.degraded(f"{link}@xenwnnode2")
    assert finding.spared
    assert "fewer slots" in finding.means


def test_one_that_ruins_jobs_is_broken(breaking: Breaking) -> None:
    breaking.put("xenwnnode2", "mount -t tmpfs -o ro none /tmp", "umount -l /tmp")
    assert not breaking.one("disk@xenwnnode2").spared


def test_both_are_missed(breaking: Breaking) -> None:
    for name in ("xenwnnode", "xenwnnode2"):
        breaking.put(name, *STOPPED)
    breaking.until("ce", "! pbsnodes -a | grep -q 'state = free'", "the scheduler to miss both")
    assert {each.id for each in diagnose(breaking.box).broken} == {"slurmd@xenwnnode", "slurmd@xenwnnode2"}

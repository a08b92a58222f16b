"""Machines of another kind than libvirt's: a box comes up of them, loses one, and is taken down in order."""

from collections.abc import Iterator

import pytest

from harness.box import teardown
from harness.box.box import Box
from harness.box.restart import restart_node
from tests.integration.boxes import standing
from tests.integration.dom0 import toymachines
from tests.unit.sites import site_with


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """The default site's; nothing of it is left."""
    hypervisor = ("[dom0]", f'[dom0]\nhypervisor = "{toymachines.NAME}"')
    with standing(site_with(tmp_path_factory.mktemp("toy"), hypervisor), "toy") as made:
        yield made


def test_every_node_is_one(box: Box) -> None:
    assert isinstance(box.machines, toymachines.Toy)
    assert sorted(box.machines.running()) == sorted(node.name for node in box.site.nodes)
    assert "no such machine" not in box.machines.notes()


def test_a_student_works(box: Box) -> None:
    student = box.student(box.site.students[0])
    student.run(f"voms-proxy-init -q -voms {box.site.vo}").check()
    assert student.run(f"globus-job-run {box.site.ce.fqdn} /bin/hostname").check().stdout


def test_one_that_lost_its_power_comes_back(box: Box) -> None:
    wn = box.site.wn
    before = box.inside(wn)
    restart_node(box, wn)
    assert box.inside(wn) not in (None, before)
    assert box.down() == []


def test_they_power_off_in_order(box: Box) -> None:
    teardown.power_off(box)
    assert box.machines.running() == set()
    assert len(box.down()) == len(box.site.nodes)

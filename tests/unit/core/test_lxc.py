"""LXC's machines of one box among those of others on the host."""

from types import SimpleNamespace
from typing import Any

import pytest

from harness.dom0 import containers
from harness.errors import WaitError
from harness.virt.kinds.lxc import Lxc
from tests.unit.sites import SITE


@pytest.fixture
def machines() -> Lxc:
    dom0: Any = SimpleNamespace(box="school")
    return Lxc(dom0)


def test_a_box_whose_name_begins_alike_is_another(machines: Lxc, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"school.xencenode": 11, "school2.xensenode": 12, "school2": 13, "schoolxenuinode": 14}
    monkeypatch.setattr(containers, "firsts", lambda place, label: found)
    assert machines.alive() == {"xencenode"}
    monkeypatch.setitem(vars(machines), "_libvirt", SimpleNamespace(names=lambda: list(found)))
    assert machines.running() == {"xencenode"}


def test_a_node_that_does_not_end_is_told(machines: Lxc, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libvirt would forget it, and it would run on."""
    forgotten: list[str] = []
    monkeypatch.setitem(vars(machines), "_libvirt", SimpleNamespace(destroy=forgotten.append))
    ended = [False, True]
    monkeypatch.setattr(containers, "signal", lambda *_: ended.pop(0))
    node = SITE.nodes[0]
    with pytest.raises(WaitError, match=node.name):
        machines.unplug(node)
    assert forgotten == []
    machines.unplug(node)
    assert forgotten == [f"school.{node.name}"]

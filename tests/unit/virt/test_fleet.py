"""Nodes of several kinds in one box: each is asked of its own machines, and all share one libvirtd."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InputError
from harness.site import Node, Role, Site
from harness.virt import daemon, fleet
from harness.virt.kinds import KINDS
from harness.virt.kinds.lxc import Lxc
from harness.virt.kinds.qemu import Qemu
from tests.unit.sites import site_with


def site(directory: Path, usual: str = "", **roles: str) -> Site:
    """The default site with nodes of other kinds."""
    named = {**({"dom0": usual} if usual else {}), **roles}.items()
    return site_with(
        directory, *((f"[{table}]\n", f'[{table}]\nhypervisor = "{kind}"\n') for table, kind in named)
    )


def kinds(site: Site) -> dict[str, str]:
    return {node.role.value: node.hypervisor for node in site.nodes}


def test_a_role_is_what_the_dom0_says_or_its_own(tmp_path: Path) -> None:
    assert set(kinds(site(tmp_path)).values()) == {"lxc"}
    assert kinds(site(tmp_path, "qemu", wn="lxc")) == dict.fromkeys(("ce", "se", "ui", "rb"), "qemu") | {
        "wn": "lxc"
    }


@pytest.mark.parametrize("table", ["dom0", *Role])
def test_a_hypervisor_that_is_none(tmp_path: Path, table: str) -> None:
    with pytest.raises(
        InputError, match=rf"{table}\.hypervisor: 'vmware' is none of: lxc, qemu, xen"
    ) as told:
        site(tmp_path, **({"usual": "vmware"} if table == "dom0" else {table: "vmware"}))
    assert re.search(r"line \d+", str(told.value))


class Pretended(Lxc):
    """Machines that say what they were asked."""

    def __init__(self, dom0: Any, remedy: str = "") -> None:
        super().__init__(dom0, remedy)
        self.asked: list[str] = []

    def unplug(self, node: Node) -> None:
        self.asked.append(node.name)

    def running(self) -> Sequence[str]:
        return [type(self).__name__]

    def insides(self, nodes: Any) -> Any:
        return dict.fromkeys(nodes, type(self).__name__)

    def is_sound(self) -> bool:
        return type(self) is Pretended

    def pace(self) -> float:
        return 1.0 if type(self) is Pretended else 40.0


class Emulated(Pretended):
    DRIVER = "qemu"


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[tuple[Site, fleet.Mixed]]:
    before = dict(KINDS._loaded)
    KINDS.register("lxc", Pretended)
    KINDS.register("qemu", Emulated)
    described = site(tmp_path, "qemu", wn="lxc")
    found = fleet.machines(described, Any)  # type: ignore[arg-type]
    assert isinstance(found, fleet.Mixed)
    yield described, found
    KINDS._loaded = before


def test_each_node_is_its_own_machines(mixed: tuple[Site, fleet.Mixed]) -> None:
    described, found = mixed
    for node in described.nodes:
        found.unplug(node)
    emulated, plain = found._kinds[Emulated], found._kinds[Pretended]
    assert isinstance(emulated, Pretended)
    assert isinstance(plain, Pretended)
    assert plain.asked == ["xenwnnode"]
    assert len(emulated.asked) == 4
    assert set(found.running()) == {"Pretended", "Emulated"}
    insides = found.insides(described.nodes)
    assert {str(insides[node]) for node in described.of(Role.WN)} == {"Pretended"}
    assert {str(insides[node]) for node in described.nodes if node.role is not Role.WN} == {"Emulated"}
    assert found.pace() == 40.0, "a box is as slow as its slowest node"


def test_one_libvirtd_is_started_and_mended_with_all_drivers(
    mixed: tuple[Site, fleet.Mixed], monkeypatch: pytest.MonkeyPatch
) -> None:
    described, found = mixed
    done: list[object] = []
    monkeypatch.setattr(daemon, "start", lambda dom0, drivers: done.append(sorted(drivers)))
    monkeypatch.setattr(daemon, "end", lambda dom0: done.append("end"))
    fleet.prepare(described, Any)  # type: ignore[arg-type]
    assert done == [["lxc", "qemu"]]
    found.mend()
    assert done == [["lxc", "qemu"], "end", ["lxc", "qemu"]]


def test_a_site_of_one_kind_has_that_kinds_machines(tmp_path: Path) -> None:
    assert type(fleet.machines(site(tmp_path), Any)) is Lxc  # type: ignore[arg-type]
    assert type(fleet.machines(site(tmp_path, "qemu"), Any)) is Qemu  # type: ignore[arg-type]

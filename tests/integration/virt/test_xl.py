"""The original's form of a node, read by xl itself.

xl passes over what it does not know, and over disks and interfaces that it can't read, with exit code 0.  So
what it says that it understood is compared with the node, and a line that is spoilt has to be missed.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.site import Node
from harness.virt.domain import DRIVES, WRITTEN, Domain
from harness.virt.kinds.xen import Xen
from tests.integration.virt.xl import Understood, Xl
from tests.unit.sites import SITE

Read = Callable[[str], Understood]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """What xl understands of a configuration."""
    return Xl(tmp_path_factory.mktemp("xen") / "root").read


def domain(node: Node, **further: Any) -> Domain:
    return Domain("school", node, SITE.bridge, f"/boxes/school/drives/{node.name}", **further)


@pytest.mark.parametrize("node", SITE.nodes, ids=str)
def test_xl_reads_all_of_it(read: Read, node: Node) -> None:
    asked = domain(node)
    found = read(Xen.xm(asked))
    built = found["b_info"]
    assert (found["c_info"]["type"], found["c_info"]["name"]) == ("pv", f"school.{node.name}")
    assert built["max_memkb"] == built["target_memkb"] == Xen.memory(node) * 1024
    assert (built["kernel"], built["ramdisk"]) == (asked.file("vmlinux"), asked.file("initrd"))
    assert built["cmdline"] == asked.words("hvc0")
    disks = {Path(disk["pdev_path"]).name: disk for disk in found["disks"]}
    assert list(disks) == list(DRIVES)
    assert [disk["vdev"] for disk in disks.values()] == ["xvda", "xvdb", "xvdc", "xvdd", "xvde"]
    assert {name for name, disk in disks.items() if disk.get("readwrite")} == set(WRITTEN)
    assert {disk["pdev_path"] for disk in disks.values()} == {asked.file(name) for name in DRIVES}
    assert [(nic["mac"], nic["bridge"]) for nic in found["nics"]] == [(asked.mac, SITE.bridge.name)]
    assert found["on_reboot"] == "restart"
    assert "on_poweroff" not in found, "destroy is what xl does anyway"


def test_volumes_are_block_devices(read: Read) -> None:
    found = read(Xen.xm(domain(SITE.se, blocks={"scratch": "/dev/grid/SENode", "swap": "/dev/grid/SEswap"})))
    paths = [disk["pdev_path"] for disk in found["disks"]]
    assert paths[3:] == ["/dev/grid/SENode", "/dev/grid/SEswap"]


def test_what_the_original_had_is_passed_over(read: Read) -> None:
    """Why the node's address does not stand in the configuration: nobody would see it."""
    text = Xen.xm(domain(SITE.ce))
    found = read(text + 'ip = "192.168.1.2"\ngateway = "192.168.1.1"\nhostname = "xencenode.sytes.net"\n')
    told = json.dumps(found)
    assert "192.168.1" not in told
    assert "sytes.net" not in told
    assert read(text)["disks"] == found["disks"]

"""What each hypervisor is told of a node, judged by libvirt's own schema and read back."""

import ast
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.dom0.identities import Identities
from harness.site import Node
from harness.virt.domain import DRIVES, WRITTEN, Domain
from harness.virt.domains import Domains
from harness.virt.kinds import KINDS
from harness.virt.kinds.xen import Xen
from tests.unit.sites import SITE

BLOCKS = {"scratch": "/dev/grid/CENode", "swap": "/dev/grid/CEswap"}
GUESTS = ("qemu", "xen")


def xml(kind: str, domain: Domain) -> str:
    found = KINDS.of(kind)
    assert issubclass(found, Domains)
    return found.xml(domain)


def domain(node: Node = SITE.ce, **further: object) -> Domain:
    return Domain("school", node, SITE.bridge, f"/drives/{node.name}", **further)  # type: ignore[arg-type]


VARIANTS = {
    "plain": domain(),
    "all": domain(partition="icebox-school.1", console="/run/console.log", homes="/homes", accelerated=True),
    "mapped": domain(identities=Identities.read("0 1000000 65536")),
    "volumes": domain(blocks=BLOCKS),
    "ui": domain(SITE.ui),
    "known": domain(identity="8c0b6f7e-3d52-5c39-9a0e-6f1d5a4b2e71"),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", KINDS.names())
def test_libvirts_schema_takes_it(tmp_path: Path, kind: str, variant: str) -> None:
    assert shutil.which("virt-xml-validate"), "./icebox setup --tests installs it"
    path = tmp_path / "domain.xml"
    path.write_text(xml(kind, VARIANTS[variant]))
    judged = subprocess.run(["virt-xml-validate", str(path), "domain"], capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize("kind", KINDS.names())
def test_one_interface_at_the_bridge(kind: str) -> None:
    top = ElementTree.fromstring(xml(kind, domain()))
    cables = top.findall("devices/interface")
    assert [each.find("source").get("bridge") for each in cables] == ["boxbr0"]  # type: ignore[union-attr]
    assert [each.find("mac").get("address") for each in cables] == ["00:16:3e:a8:01:02"]  # type: ignore[union-attr]
    assert top.findtext("name") == "school.xencenode"


@pytest.mark.parametrize("kind", GUESTS)
def test_only_what_a_node_writes_is_not_read_only(kind: str) -> None:
    disks = ElementTree.fromstring(xml(kind, domain(blocks=BLOCKS))).findall("devices/disk")
    sources = [disk.find("source").attrib for disk in disks]  # type: ignore[union-attr]
    assert sources == [
        *({"file": f"/drives/xencenode/{name}"} for name in DRIVES if name not in WRITTEN),
        {"dev": "/dev/grid/CENode"},
        {"dev": "/dev/grid/CEswap"},
    ]
    assert [disk.find("readonly") is None for disk in disks] == [name in WRITTEN for name in DRIVES]
    assert [disk.get("type") for disk in disks] == ["file", "file", "file", "block", "block"]


@pytest.mark.parametrize("kind", GUESTS)
def test_the_kernel_is_told_the_role(kind: str) -> None:
    words = (ElementTree.fromstring(xml(kind, domain())).findtext("os/cmdline") or "").split()
    assert "icebox.role=ce" in words
    assert "net.ifnames=0" in words, "a node knows its interface as eth0"


def test_a_domain_that_runs_is_known_by_more_than_its_name() -> None:
    top = ElementTree.fromstring(Xen.xml(VARIANTS["known"]))
    assert top.findtext("uuid") == VARIANTS["known"].identity
    assert ElementTree.fromstring(Xen.xml(domain())).find("uuid") is None


def test_an_emulated_processor_has_no_instruction_that_qemu_gets_wrong() -> None:
    emulated, real = (xml("qemu", domain(accelerated=way)) for way in (False, True))
    assert 'type="qemu"' in emulated
    assert '<feature policy="disable" name="cx16" />' in emulated
    assert "no_timer_check" in emulated
    assert 'type="kvm"' in real
    assert "cx16" not in real


def test_the_originals_form_says_what_the_xml_says() -> None:
    asked = domain(blocks=BLOCKS)
    top = ElementTree.fromstring(Xen.xml(asked))
    found = {
        name: ast.literal_eval(value)
        for name, value in re.findall(r"^(\w+) = (\[.*?^\]|.*?)$", Xen.xm(asked), re.MULTILINE | re.DOTALL)
    }
    assert found["name"] == top.findtext("name")
    assert found["memory"] == int(top.findtext("memory") or 0)
    assert found["kernel"] == top.findtext("os/kernel")
    assert found["ramdisk"] == top.findtext("os/initrd")
    assert found["extra"] == top.findtext("os/cmdline")
    disks = []
    for disk in top.findall("devices/disk"):
        source, target = disk.find("source"), disk.find("target")
        assert source is not None
        assert target is not None
        way, path = ("phy", source.get("dev")) if "dev" in source.attrib else ("file", source.get("file"))
        mode = "r" if disk.find("readonly") is not None else "w"
        disks.append(f"{way}:{path},{target.get('dev')},{mode}")
    assert found["disk"] == disks
    assert found["vif"] == ["mac=00:16:3e:a8:01:02,bridge=boxbr0"]
    assert {found[f"on_{event}"] for event in ("poweroff", "crash")} == {"destroy"}

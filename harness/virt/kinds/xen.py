"""Machines by libvirt's Xen driver: para-virtualized domains, as the original's were."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar
from xml.etree import ElementTree

from harness.site import Node, Role
from harness.virt import domain as parts
from harness.virt import xenhost
from harness.virt.domain import DRIVES, INITRD, UNPACKED, WRITTEN, Domain
from harness.virt.guests import Guests

MEMORY_MIB = 256
"""The original's."""
MEMORY_OF: dict[Role, int] = {Role.RB: 512}
"""The original had no such node: MariaDB, HTCondor and Apache do not fit beside each other in less."""
CONSOLE = "hvc0"


class Xen(Guests):
    """The nodes as Xen domains."""

    DRIVER: ClassVar[str] = "xen"
    OF_DOM0: ClassVar[bool] = False
    NOTES: ClassVar[str] = "/var/log/libvirt/libxl"
    FILES: ClassVar[Mapping[str, Sequence[str]]] = {
        "libvirt-daemon-driver-xen": ["lib/*/libvirt/connection-driver/libvirt_driver_libxl.so"]
    }

    @classmethod
    def memory(cls, node: Node) -> int:
        return MEMORY_OF.get(node.role, MEMORY_MIB)

    @classmethod
    def check_host(cls) -> None:
        super().check_host()
        xenhost.check()

    @classmethod
    def check_room(cls, nodes: Collection[Node]) -> None:
        xenhost.check_room({node: cls.memory(node) for node in nodes})

    @classmethod
    def xml(cls, domain: Domain) -> str:
        """Source of the elements: libvirt's "libxl hypervisor driver for Xen"."""
        top = parts.begun("xen", domain, cls.memory(domain.node))
        parts.kernel(top, domain, "linux", "xenpv", UNPACKED, domain.words(CONSOLE))
        ElementTree.SubElement(top, "clock", offset="utc")
        parts.on_events(top)
        devices = ElementTree.SubElement(top, "devices")
        for name, target in _targets():
            _drive(devices, domain, name, target)
        parts.cable(devices, domain)
        console = ElementTree.SubElement(devices, "console", type="pty")
        ElementTree.SubElement(console, "target", type="xen", port="0")
        return parts.written(top)

    @classmethod
    def xm(cls, domain: Domain) -> str:
        """A node in the original's form, as ``xl create`` starts it by hand.

        Source: xl.cfg(5), xl-disk-configuration(5), xl-network-configuration(5).  What the original had and
        xl passes over without a word (ip, gateway, hostname) is the node's own here, in its site layer.
        """
        lines = [
            f"# {domain.node.fqdn}, {domain.node.address}; gateway {domain.bridge.address}",
            f'name = "{domain.name}"',
            f'kernel = "{domain.file(UNPACKED)}"',
            f'ramdisk = "{domain.file(INITRD)}"',
            f"memory = {cls.memory(domain.node)}",
            "vcpus = 1",
            "disk = [",
            *(f"    '{_specified(domain, name, target)}'," for name, target in _targets()),
            "]",
            f"vif = ['mac={domain.mac},bridge={domain.bridge.name}']",
            f'extra = "{domain.words(CONSOLE)}"',
            'on_poweroff = "destroy"',
            'on_reboot = "restart"',
            'on_crash = "destroy"',
        ]
        return "\n".join(lines) + "\n"


KIND = Xen


def _targets() -> Iterator[tuple[str, str]]:
    yield from zip(DRIVES, (f"xvd{letter}" for letter in "abcde"), strict=True)


def _specified(domain: Domain, name: str, target: str) -> str:
    """A drive in the words of xl-disk-configuration(5), by their positions."""
    way = "phy" if name in domain.blocks else "file"
    return f"{way}:{domain.file(name)},{target},{'w' if name in WRITTEN else 'r'}"


def _drive(devices: ElementTree.Element, domain: Domain, name: str, target: str) -> None:
    block = name in domain.blocks
    disk = ElementTree.SubElement(devices, "disk", type="block" if block else "file", device="disk")
    # A file is served by QEMU in the dom0 (qdisk): a loop device would be another thing to be left behind.
    ElementTree.SubElement(disk, "driver", {"name": "phy"} if block else {"name": "qemu", "type": "raw"})
    ElementTree.SubElement(disk, "source", {"dev" if block else "file": domain.file(name)})
    ElementTree.SubElement(disk, "target", dev=target, bus="xen")
    if name not in WRITTEN:
        ElementTree.SubElement(disk, "readonly")

"""A node as its hypervisor is told of it: what the XML of every kind is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from harness.dom0.identities import HOSTS_OWN, Identities
from harness.site import Bridge, Node

DRIVES = ("base", "roles", "site", "scratch", "swap")
"""Disks of a node that has a kernel of its own, in their order there: what it writes is on the last two."""
WRITTEN = ("scratch", "swap")
KERNEL, UNPACKED, INITRD = "kernel", "vmlinux", "initrd"
"""Beside them: its kernel, the same unpacked, and the first file system."""
BOOT = "boot"
"""What is no node's but has these files in the place of a disk, too."""
HOME = "home"
"""The name by which such a node asks for the dom0's directory that is its /home."""


def domain_name(box: str, node: Node) -> str:
    """Unique on a host, where control groups of all boxes carry the names of their domains."""
    return f"{box}.{node.name}"


def mac(node: Node) -> str:
    """A MAC address by the node's own: Xen's vendor part, then the last three bytes of its address."""
    return "00:16:3e:" + ":".join(f"{byte:02x}" for byte in node.address.packed[1:])


@dataclass(frozen=True)
class Domain:
    """One node; every path is the dom0's."""

    box: str
    node: Node
    bridge: Bridge
    disk: str
    """Its file system, or a directory with its drives, where it has a kernel of its own."""
    partition: str = ""
    """The control group that its own is made in; empty for the hypervisor's choice."""
    identities: Identities = HOSTS_OWN
    console: str = ""
    """A file that has what its console said; empty for none."""
    homes: str = ""
    """A directory that is its /home; empty for one of its own."""
    accelerated: bool = False
    """Whether the processor itself runs it, where it may be emulated."""
    blocks: Mapping[str, str] = field(default_factory=dict)
    """Drives that are block devices, such as logical volumes, and where."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Files that are not in the directory ``disk`` by these names, and where."""

    identity: str = ""
    """What no other domain has, where one outlives its dom0 (``harness/dom0/xen.py``); a UUID."""

    @property
    def name(self) -> str:
        return domain_name(self.box, self.node)

    @property
    def mac(self) -> str:
        return mac(self.node)

    def file(self, name: str) -> str:
        """The path of a drive, or of what stands beside them."""
        return self.blocks.get(name) or self.elsewhere.get(name) or f"{self.disk}/{name}"

    def words(self, console: str, *more: str) -> str:
        """The kernel's command line.

        Sources: the kernel's admin-guide/kernel-parameters, systemd(1) and box/boot/init.
        """
        own = [f"icebox.role={self.node.role.value}", *([f"icebox.home={HOME}"] if self.homes else [])]
        return " ".join([f"console={console}", *WORDS, *more, *own])


WORDS = ("net.ifnames=0", "panic=-1", "quiet", "mitigations=off", "systemd.show_status=0")
"""A kernel that panics boots again at once.  What processors leak, its dom0 guards."""


def begun(kind: str, domain: Domain, mebibytes: int) -> ElementTree.Element:
    """The XML of a domain, with what all kinds have.

    Source of all elements: libvirt's "Domain XML format".
    """
    top = ElementTree.Element("domain", type=kind)
    text(top, "name", domain.name)
    if domain.identity:
        text(top, "uuid", domain.identity)
    text(top, "memory", str(mebibytes), unit="MiB")
    text(top, "vcpu", "1")
    if domain.partition:
        text(ElementTree.SubElement(top, "resource"), "partition", f"/{domain.partition}")
    return top


def on_events(top: ElementTree.Element) -> None:
    """A node that powers off, or dies, is gone; one that reboots comes again."""
    text(top, "on_poweroff", "destroy")
    text(top, "on_reboot", "restart")
    text(top, "on_crash", "destroy")


def cable(devices: ElementTree.Element, domain: Domain) -> ElementTree.Element:
    """The one interface, at the bridge."""
    interface = ElementTree.SubElement(devices, "interface", type="bridge")
    ElementTree.SubElement(interface, "mac", address=domain.mac)
    ElementTree.SubElement(interface, "source", bridge=domain.bridge.name)
    return interface


def kernel(top: ElementTree.Element, domain: Domain, kind: str, machine: str, image: str, words: str) -> None:
    """Have it boot the node's kernel, ``image`` among its files, with these ``words``."""
    os_element = ElementTree.SubElement(top, "os")
    text(os_element, "type", kind, arch="x86_64", machine=machine)
    text(os_element, "kernel", domain.file(image))
    text(os_element, "initrd", domain.file(INITRD))
    text(os_element, "cmdline", words)


def text(parent: ElementTree.Element, tag: str, content: str, **attributes: str) -> ElementTree.Element:
    """An element with words in it."""
    made = ElementTree.SubElement(parent, tag, attributes)
    made.text = content
    return made


def written(top: ElementTree.Element) -> str:
    """The XML as a person reads it."""
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode") + "\n"

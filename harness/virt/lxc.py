"""Domain XML for libvirt's LXC driver."""

from __future__ import annotations

from xml.etree import ElementTree

from harness.site import Bridge, Node

MEMORY_MIB = 2048
"""Limit of a node, not what it takes."""
INIT = "/usr/lib/icebox/init"
"""In the base layer: gives the node's systemd a control group tree of its own."""


def domain_name(box: str, node: Node) -> str:
    """Unique on a host, where control groups of all boxes carry the names of their domains."""
    return f"{box}.{node.name}"


def domain_xml(box: str, node: Node, bridge: Bridge, root: str, group: str, homes: str = "") -> str:
    """The XML of one node: its file system ``root``, and ``homes`` mounted at /home if given.

    Its control groups are made below the group ``group``.

    Source of the elements: libvirt's "Domain XML format" and "LXC container driver".
    """
    domain = ElementTree.Element("domain", type="lxc")
    _text(domain, "name", domain_name(box, node))
    _text(domain, "memory", str(MEMORY_MIB), unit="MiB")
    _text(domain, "vcpu", "1")
    _text(ElementTree.SubElement(domain, "resource"), "partition", f"/{group}")
    os_element = ElementTree.SubElement(domain, "os")
    _text(os_element, "type", "exe", arch="x86_64")
    _text(os_element, "init", INIT)
    _text(os_element, "initarg", node.name)
    for event in ("on_poweroff", "on_crash"):
        _text(domain, event, "destroy")
    _text(domain, "on_reboot", "restart")
    devices = ElementTree.SubElement(domain, "devices")
    _mount(devices, root, "/")
    if homes:
        _mount(devices, homes, "/home")
    interface = ElementTree.SubElement(devices, "interface", type="bridge")
    ElementTree.SubElement(interface, "mac", address=mac(node))
    ElementTree.SubElement(interface, "source", bridge=bridge.name)
    ElementTree.SubElement(interface, "guest", dev="eth0")
    ElementTree.SubElement(devices, "console", type="pty")
    return ElementTree.tostring(domain, encoding="unicode")


def mac(node: Node) -> str:
    """A MAC address by the node's own: Xen's vendor part, then the last three bytes of its address."""
    return "00:16:3e:" + ":".join(f"{byte:02x}" for byte in node.address.packed[1:])


def _text(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, tag, attributes).text = text


def _mount(devices: ElementTree.Element, source: str, target: str) -> None:
    filesystem = ElementTree.SubElement(devices, "filesystem", type="mount", accessmode="passthrough")
    ElementTree.SubElement(filesystem, "source", dir=source)
    ElementTree.SubElement(filesystem, "target", dir=target)

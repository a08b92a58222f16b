"""Domain XML for libvirt's LXC driver."""

from __future__ import annotations

from xml.etree import ElementTree as xml

from harness.site import Bridge, Node

MEMORY_MIB = 2048
"""Limit of a node, not what it takes."""
INIT = "/usr/lib/icebox/init"
"""In the base layer: gives the node's systemd a control group tree of its own."""


def domain_name(box: str, node: Node) -> str:
    """Unique on a host, where control groups of all boxes carry the names of their domains."""
    return f"{box}.{node.name}"


def domain_xml(box: str, node: Node, bridge: Bridge, root: str, homes: str = "") -> str:
    """The XML of one node: its file system ``root``, and ``homes`` mounted at /home if given.

    Source of the elements: libvirt's "Domain XML format" and "LXC container driver".
    """
    domain = xml.Element("domain", type="lxc")
    _text(domain, "name", domain_name(box, node))
    _text(domain, "memory", str(MEMORY_MIB), unit="MiB")
    _text(domain, "vcpu", "1")
    os_element = xml.SubElement(domain, "os")
    _text(os_element, "type", "exe", arch="x86_64")
    _text(os_element, "init", INIT)
    _text(os_element, "initarg", node.name)
    for event in ("on_poweroff", "on_crash"):
        _text(domain, event, "destroy")
    _text(domain, "on_reboot", "restart")
    devices = xml.SubElement(domain, "devices")
    _mount(devices, root, "/")
    if homes:
        _mount(devices, homes, "/home")
    interface = xml.SubElement(devices, "interface", type="bridge")
    xml.SubElement(interface, "mac", address=mac(node))
    xml.SubElement(interface, "source", bridge=bridge.name)
    xml.SubElement(interface, "guest", dev="eth0")
    xml.SubElement(devices, "console", type="pty")
    return xml.tostring(domain, encoding="unicode")


def mac(node: Node) -> str:
    """A MAC address by the node's own: Xen's vendor part, then the last three bytes of its address."""
    return "00:16:3e:" + ":".join(f"{byte:02x}" for byte in node.address.packed[1:])


def _text(parent: xml.Element, tag: str, text: str, **attributes: str) -> None:
    xml.SubElement(parent, tag, attributes).text = text


def _mount(devices: xml.Element, source: str, target: str) -> None:
    filesystem = xml.SubElement(devices, "filesystem", type="mount", accessmode="passthrough")
    xml.SubElement(filesystem, "source", dir=source)
    xml.SubElement(filesystem, "target", dir=target)

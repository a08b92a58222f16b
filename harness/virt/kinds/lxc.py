"""Machines by libvirt's LXC driver, with a libvirtd of the box's own at the dom0."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import ClassVar
from xml.etree import ElementTree

from harness.dom0 import containers, walls
from harness.dom0.disk import IDENTITIES
from harness.dom0.identities import Identities
from harness.dom0.place import Place
from harness.dom0.walls import Wall
from harness.errors import HarnessError, WaitError
from harness.site import Bridge, Node, Role
from harness.virt import domain as parts
from harness.virt.daemon import LAUNCHED
from harness.virt.domain import Domain, text
from harness.virt.domains import Domains
from harness.virt.machines import INIT

MEMORY_MIB = 2048
"""Limit of a node, not what it takes."""


ASKED = 10.0
"""Seconds a node gets after libvirt has passed the wish on; it takes one on an idle machine."""
POWER_OFF = 30.0
"""Seconds a node gets to end its services before it is pulled."""
UNPLUGGED = 30.0
"""Seconds until a node is gone whose plug was pulled; it takes 0.1 on an idle machine."""
CONTROLLER = "--name"
"""The word of libvirt_lxc's command line before the domain's name."""


class Lxc(Domains):
    """The nodes as LXC domains."""

    DRIVER: ClassVar[str] = "lxc"
    NOTES: ClassVar[str] = "/var/log/libvirt/lxc"
    MAPS: ClassVar[bool] = True
    SUSPENDS: ClassVar[bool] = True
    FAR: ClassVar[bool] = True

    def create(self, node: Node, bridge: Bridge) -> None:
        disk, partition = self.dom0.disk(node.name), self.dom0.partition
        domain = Domain(self.dom0.box, node, bridge, disk, partition, self._identities)
        self._libvirt.create(self.xml(domain), node.name)

    def missing_walls(self) -> Sequence[Wall]:
        filtered = self.dom0.run(["test", "-e", str(walls.FILTERS)]).ok
        return walls.of("" if self._identities.rows else self._note, filtered=filtered)

    @cached_property
    def _identities(self) -> Identities:
        return Identities.read(self._note)

    @cached_property
    def _note(self) -> str:
        return self.dom0.run(["cat", f"{self.dom0.directory}/{IDENTITIES}"]).check().stdout.strip()

    def alive(self) -> Collection[str]:
        return self._own(containers.firsts(self.dom0, CONTROLLER))

    def inside(self, node: Node) -> Place | None:
        return containers.inside(self.dom0, node.name, CONTROLLER, self._name(node))

    def insides(self, nodes: Collection[Node]) -> Mapping[Node, Place | None]:
        numbers = containers.firsts(self.dom0, CONTROLLER)
        return {node: containers.led(self.dom0, node.name, numbers.get(self._name(node))) for node in nodes}

    def power_off(self, node: Node) -> None:
        try:
            self._libvirt.power_off(self._name(node), self.dom0.longer(ASKED))
        except HarnessError:
            # libvirt loses sight of a node's first process now and then.  The signal: systemd(1).
            with contextlib.suppress(HarnessError):
                off = signal.SIGRTMIN + 4
                containers.signal(self.dom0, CONTROLLER, self._name(node), off, POWER_OFF - ASKED)

    def unplug(self, node: Node) -> None:
        # With its first process the kernel kills all others; libvirt would ask each to end first, and wait.
        name = self._name(node)
        if not containers.signal(self.dom0, CONTROLLER, name, signal.SIGKILL, UNPLUGGED):
            raise WaitError(f"waited {UNPLUGGED:g} s for {node} to be gone", where=f"box {self.dom0.box}")
        self._libvirt.destroy(name)

    @classmethod
    def xml(cls, domain: Domain) -> str:
        """Source of the elements: libvirt's "LXC container driver"."""
        top = parts.begun("lxc", domain, MEMORY_MIB)
        os_element = ElementTree.SubElement(top, "os")
        text(os_element, "type", "exe", arch="x86_64")
        text(os_element, "init", INIT)
        text(os_element, "initarg", domain.node.name)
        if domain.identities.rows:
            _map(top, domain.identities)
        parts.on_events(top)
        devices = ElementTree.SubElement(top, "devices")
        if domain.identities.rows:
            text(devices, "emulator", LAUNCHED)
        filesystem = ElementTree.SubElement(devices, "filesystem", type="mount", accessmode="passthrough")
        ElementTree.SubElement(filesystem, "source", dir=domain.disk)
        ElementTree.SubElement(filesystem, "target", dir="/")
        ElementTree.SubElement(parts.cable(devices, domain), "guest", dev="eth0")
        if domain.node.role in (Role.CE, Role.WN):
            # For the tunnel of the batch system.
            tunnel = ElementTree.SubElement(devices, "hostdev", mode="capabilities", type="misc")
            text(ElementTree.SubElement(tunnel, "source"), "char", "/dev/net/tun")
        ElementTree.SubElement(devices, "console", type="pty")
        return parts.written(top)


KIND = Lxc


def _map(domain: ElementTree.Element, identities: Identities) -> None:
    """Have the node in a user namespace."""
    map_ = ElementTree.SubElement(domain, "idmap")
    for kind in ("uid", "gid"):
        for row in identities.rows:
            ElementTree.SubElement(
                map_, kind, start=str(row.first), target=str(row.there), count=str(row.count)
            )

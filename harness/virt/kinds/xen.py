"""Machines by libvirt's Xen driver: para-virtualized domains, as the original's were."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar
from xml.etree import ElementTree

from harness.dom0 import xen
from harness.dom0.place import PYTHON
from harness.errors import HarnessError
from harness.site import Bridge, Node, Role
from harness.virt import domain as parts
from harness.virt import xl
from harness.virt.domain import DRIVES, INITRD, UNPACKED, WRITTEN, Domain
from harness.virt.guests import Guests

MEMORY_MIB = 192
"""The original's were of 256: with a fifth node all take 1 GB, as its four did."""
MEMORY_OF: dict[Role, int] = {Role.RB: 256}
"""The original had no such node: MariaDB, HTCondor and Apache beside each other take 150 MB."""
CONSOLE = "hvc0"
CONSOLES = "/var/log/xen/console"
"""Where xenconsoled(8) keeps what domains say, if it is told to (``--log=guest``)."""
SLOW = 2.5
"""The pace of a dom0 from which on domains boot one after the other."""
TRIES = 3
"""How often a domain is tried there: libxl gives the driver of a device 10 s to find it, compiled in."""
BOOTING, MOST_BOOTING = 30.0, 900.0
"""Seconds that a domain has to itself until its sshd answers, and at most; it takes 4 on an idle machine."""
BOOT = """\
import socket, sys, time
address, end = sys.argv[1], time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    try:
        socket.create_connection((address, 22), 5).close()
        break
    except OSError:
        time.sleep(1)
"""
"""Typed at the dom0; one that has not booted by then is missed by whoever waits for its services."""
MAKING = 60.0
"""Seconds for a node's loop devices; they take 0.1 on an idle machine."""
DEVICES = """\
set -e
own=$(readlink -f "$1/..")
cd "$1"
shift
for each; do
    name=${each%:*} mode=${each#*:}
    file=$(readlink -f "$name")
    if [ ! -b "$file" ]; then
        case $name in
        # Other boxes read it, too, and a loop device is known by its file's name.
        base | roles) ln -f "$file" "$own/$name"; file=$own/$name ;;
        esac
        device=$(losetup --list --noheadings --raw --output NAME,BACK-FILE |
            while read -r at of; do [ "$of" != "$file" ] || echo "$at"; done)
        [ -n "$device" ] || device=$(losetup --find --show $mode "$file")
        file=$device
    fi
    echo "$name $file"
done
"""
"""Typed at the dom0, with a node's directory of drives: prints the device that each is.  Xen's back end in
the kernel takes no files, and a QEMU for each node, which does, would take memory as a node does."""
SETTLED = """\
cd "$1"
shift
for name; do
    file=$(readlink -f "$name")
    device=$file
    [ -b "$file" ] || device=$(losetup --noheadings --raw --output NAME --associated "$file")
    at=$(readlink -f "/sys/class/block/${device##*/}")
    until [ -z "$device" ] || { read -r reads writes < "$at/inflight" && [ $((reads + writes)) = 0 ]; }; do
        sleep 0.05
    done
done
"""
"""Typed there, with the same and disks that a node writes: ends when nothing of it is on its way to them."""
SETTLING = 60.0
"""Seconds for that; milliseconds on an idle machine."""


class Xen(Guests):
    """The nodes as Xen domains."""

    DRIVER: ClassVar[str] = "xen"
    OF_DOM0: ClassVar[bool] = False
    NOTES: ClassVar[str] = "/var/log/libvirt/libxl"
    FAR: ClassVar[bool] = True
    # Of Xen's scripts that run side by side one may wait longer than libxl does: 40 s, compiled in.
    ABREAST: ClassVar[int] = 1
    FILES: ClassVar[Mapping[str, Sequence[str]]] = {
        "xenstore-utils": ["bin/xenstore-write"],
        "libvirt-daemon-driver-xen": ["lib/*/libvirt/connection-driver/libvirt_driver_libxl.so"],
        "nfs-ganesha-vfs": ["lib/*/ganesha/libfsalvfs.so"],
    }

    @classmethod
    def memory(cls, node: Node) -> int:
        return MEMORY_OF.get(node.role, MEMORY_MIB)

    @classmethod
    def check_host(cls) -> None:
        super().check_host()
        xl.check()

    @classmethod
    def check_room(cls, nodes: Collection[Node]) -> None:
        xl.check_room({node: cls.memory(node) for node in nodes})

    def ready(self) -> None:
        super().ready()
        for path, script in xen.scripts(self.dom0.directory).items():
            self.dom0.put(path, script.encode(), 0o755)

    def create(self, node: Node, bridge: Bridge) -> None:
        is_slow = self.pace() >= SLOW
        for left in reversed(range(TRIES if is_slow else 1)):
            try:
                super().create(node, bridge)
                break
            except HarnessError:
                if not left:
                    raise
        if is_slow:
            # A domain that boots beside takes so much of the dom0 that libxl gives the next one up.
            seconds = min(MOST_BOOTING, self.dom0.longer(BOOTING))
            words = [PYTHON, "-I", "-S", "-c", BOOT, str(node.address), f"{seconds:g}"]
            self.dom0.run(words, timeout=BOOTING + MAKING)

    def _console(self, node: Node) -> str:
        return f"{CONSOLES}/guest-{self._name(node)}.log"

    def suspend(self, node: Node) -> None:
        super().suspend(node)
        # What a domain has asked for before, Xen's back end in the dom0 goes on writing.
        words = ["sh", "-c", SETTLED, "settled", self.dom0.disk(node.name), *WRITTEN]
        self.dom0.run(words, timeout=SETTLING).check()

    def save(self, node: Node, path: str) -> None:
        # libxl has the domain's own kernel end what it does with devices, for which that has to run.
        self.resume(node)
        super().save(node, path)

    def domain(self, node: Node, bridge: Bridge) -> Domain:
        found = super().domain(node, bridge)
        drives = [f"{name}:{'' if name in WRITTEN else '--read-only'}" for name in DRIVES]
        line = ["sh", "-c", DEVICES, "devices", found.disk, *drives]
        said = self.dom0.run(line, timeout=MAKING).check().stdout
        blocks = dict(row.split(maxsplit=1) for row in said.splitlines())
        return dataclasses.replace(found, blocks=blocks, identity=xen.identity(found.partition, node.name))

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

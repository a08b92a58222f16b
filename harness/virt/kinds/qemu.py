"""Machines by libvirt's QEMU driver: by the processor (KVM) where that really works, emulated elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import ClassVar
from xml.etree import ElementTree

from harness.dom0.pace import of_emulation
from harness.site import Bridge, Node
from harness.virt import domain as parts
from harness.virt.domain import BOOT, DRIVES, HOME, INITRD, KERNEL, WRITTEN, Domain, text
from harness.virt.guests import Guests

MEMORY_MIB = 512
CONSOLE = "ttyS0"
EMULATED = (
    "cryptomgr.notests",
    "clocksource=hpet",
    "tsc=unstable",
    "no_timer_check",
    "nowatchdog",
    "rcupdate.rcu_cpu_stall_suppress=1",
)
"""It need not try all of its ciphers first, which takes minutes on a busy host.  Such a host also
has it wait: no reason to think that its timer is broken, and its processor's own clock is measured wrong."""
EMULATOR = "/usr/bin/qemu-system-x86_64"
PROBE, PROBE_EMULATED = 10.0, 600.0
"""Seconds that the kernel gets to say that it runs."""
BOOT_IDLE = 0.5
"""Seconds that this is reckoned to take by the processor itself; measured is what the emulator takes."""
SAYS = "icebox: this kernel runs"
"""box/boot/init, on the console."""
TRY = """\
note=$1
boots() {
    timeout -s KILL "$3" qemu-system-x86_64 -nodefaults -no-reboot -display none -machine q35 -accel $4 \\
        -m 256 -serial stdio -kernel "$1" -initrd "$2" -cpu $6 \\
        -append "console=ttyS0 quiet panic=-1 icebox.probe $5" </dev/null 2>/dev/null | grep -q "$says"
}
says=$6
if [ ! -e "$note" ]; then
    begun=$(date +%s%N)
    if [ -c /dev/kvm ] && boots "$2" "$3" "$4" kvm '' host; then way=kvm; else
        begun=$(date +%s%N)
        boots "$2" "$3" "$5" tcg "$7" qemu64,cx16=off || exit
        way=emulated
    fi
    echo $way $(($(date +%s%N) - begun)) > "$note"
fi
cat "$note"
"""
BLOCKS = """\
cd "$1" && shift
for each; do [ ! -b "$each" ] || echo "$each $(readlink -f "$each")"; done
"""
"""Typed at the dom0, with a node's directory of drives: prints those that are block devices, and which."""
KVM = "kvm"
PROBED = "acceleration"
"""A file in the dom0's directory with what was found out."""
_PIDS = "/run/libvirt/qemu"
"""At the dom0: a PID file for each domain, by its name."""


class Qemu(Guests):
    """The nodes as QEMU domains."""

    DRIVER: ClassVar[str] = "qemu"
    SHARES: ClassVar[bool] = True
    NOTES: ClassVar[str] = "/var/log/libvirt/qemu"
    FILES: ClassVar[Mapping[str, Sequence[str]]] = {
        "qemu-system-x86": ["bin/qemu-system-x86_64"],
        "libvirt-daemon-driver-qemu": ["lib/*/libvirt/connection-driver/libvirt_driver_qemu.so"],
        # Debian 12 has it in what QEMU itself brings.
        "virtiofsd": ["libexec/virtiofsd", "lib/qemu/virtiofsd"],
    }

    @classmethod
    def memory(cls, node: Node) -> int:  # noqa: ARG003
        return MEMORY_MIB

    @classmethod
    def saves(cls, node: Node) -> bool:
        # libvirt knows no way to write down what virtiofsd has in hand for a node.
        return not cls.home(node, "")

    _noted: Sequence[str] | None = None

    def ready(self) -> None:
        super().ready()
        _ = self._probed  # once, before several nodes ask

    def domain(self, node: Node, bridge: Bridge) -> Domain:
        found = super().domain(node, bridge)
        said = self.dom0.run(["sh", "-c", BLOCKS, "blocks", found.disk, *DRIVES]).check().stdout
        blocks = dict(row.split(maxsplit=1) for row in said.splitlines())
        return dataclasses.replace(found, accelerated=self._probed[0] == KVM, blocks=blocks)

    def pace(self) -> float:
        """As it was found out when the box came up; until then nobody knows."""
        own = super().pace()
        if self._noted is None and (noted := self.dom0.run(["cat", self._note]).stdout.split()):
            self._noted = noted
        way, nanoseconds = self._noted or (KVM, "0")
        return max(own, of_emulation(int(nanoseconds) / 1e9 / BOOT_IDLE)) if way != KVM else own

    @property
    def _note(self) -> str:
        return f"{self.dom0.directory}/{PROBED}"

    @cached_property
    def _probed(self) -> Sequence[str]:
        """What runs a kernel here, and how long it took, by booting one: that /dev/kvm is there does not say
        that it works."""
        boots = self.dom0.disk(BOOT)
        words = [
            self._note,
            f"{boots}/{KERNEL}",
            f"{boots}/{INITRD}",
            f"{PROBE:g}",
            f"{PROBE_EMULATED:g}",
            SAYS,
        ]
        line = ["sh", "-c", TRY, "probe", *words, " ".join(EMULATED)]
        return self.dom0.run(line, timeout=PROBE + PROBE_EMULATED).check().stdout.split()

    def alive(self) -> Collection[str]:
        look = (
            f'cd {_PIDS} && for f in *.pid; do kill -0 "$(cat "$f")" && echo "${{f%.pid}}"; done 2>/dev/null'
        )
        return self._own(self.dom0.run(look).stdout.split())

    @classmethod
    def xml(cls, domain: Domain) -> str:
        """Source of the elements: libvirt's "QEMU/KVM/HVF hypervisor driver"."""
        top = parts.begun("kvm" if domain.accelerated else "qemu", domain, cls.memory(domain.node))
        if domain.homes:
            # virtiofsd reads and writes the guest's memory itself.
            backing = ElementTree.SubElement(top, "memoryBacking")
            ElementTree.SubElement(backing, "source", type="memfd")
            ElementTree.SubElement(backing, "access", mode="shared")
        words = domain.words(CONSOLE, *(() if domain.accelerated else EMULATED))
        parts.kernel(top, domain, "hvm", "q35", KERNEL, words)
        ElementTree.SubElement(ElementTree.SubElement(top, "features"), "acpi")
        _processor(top, accelerated=domain.accelerated)
        ElementTree.SubElement(top, "clock", offset="utc")
        parts.on_events(top)
        devices = ElementTree.SubElement(top, "devices")
        text(devices, "emulator", EMULATOR)
        for number, name in enumerate(DRIVES):
            _drive(devices, domain, name, f"vd{'abcde'[number]}")
        ElementTree.SubElement(devices, "controller", type="usb", model="none")
        if domain.homes:
            shared = ElementTree.SubElement(devices, "filesystem", type="mount", accessmode="passthrough")
            ElementTree.SubElement(shared, "driver", type="virtiofs")
            ElementTree.SubElement(shared, "source", dir=domain.homes)
            ElementTree.SubElement(shared, "target", dir=HOME)
        ElementTree.SubElement(parts.cable(devices, domain), "model", type="virtio")
        serial = ElementTree.SubElement(devices, "serial", type="pty")
        if domain.console:
            ElementTree.SubElement(serial, "log", file=domain.console, append="on")
        ElementTree.SubElement(devices, "console", type="pty")
        random = ElementTree.SubElement(devices, "rng", model="virtio")
        text(random, "backend", "/dev/urandom", model="random")
        ElementTree.SubElement(devices, "memballoon", model="none")
        return parts.written(top)


KIND = Qemu


def _processor(top: ElementTree.Element, *, accelerated: bool) -> None:
    if accelerated:
        ElementTree.SubElement(top, "cpu", mode="host-passthrough")
        return
    cpu = ElementTree.SubElement(top, "cpu", mode="custom", match="exact", check="none")
    text(cpu, "model", "qemu64", fallback="forbid")
    # QEMU 7.2 (Debian 12) computes wrong flags for cmpxchg16b: an interrupt right after it, and Linux dies.
    ElementTree.SubElement(cpu, "feature", policy="disable", name="cx16")


def _drive(devices: ElementTree.Element, domain: Domain, name: str, target: str) -> None:
    block = name in domain.blocks
    disk = ElementTree.SubElement(devices, "disk", type="block" if block else "file", device="disk")
    ElementTree.SubElement(disk, "driver", name="qemu", type="raw", discard="unmap")
    ElementTree.SubElement(disk, "source", {"dev" if block else "file": domain.file(name)})
    ElementTree.SubElement(disk, "target", dev=target, bus="virtio")
    if name not in WRITTEN:
        ElementTree.SubElement(disk, "readonly")

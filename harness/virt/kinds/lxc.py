"""Machines by libvirt's LXC driver, with a libvirtd of the box's own at the dom0."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from xml.etree import ElementTree

from harness.dom0 import containers, walls
from harness.dom0.dom0 import IDENTITIES, Dom0
from harness.dom0.identities import Identities
from harness.dom0.place import Place
from harness.dom0.walls import Wall
from harness.errors import HarnessError, WaitError
from harness.site import Bridge, Node, Role
from harness.virt import console
from harness.virt.connection import Hypervisor, answers
from harness.virt.machines import INIT, Machines, mac

MEMORY_MIB = 2048
"""Limit of a node, not what it takes."""


LOG = "libvirtd.log"
"""Among the dom0's logs."""
SOUND = 10.0
"""Seconds a libvirtd may stay silent before it counts as stuck."""
ENDED = 10.0
"""Seconds until one that was killed is gone; milliseconds on an idle machine."""
ASKED = 10.0
"""Seconds a node gets after libvirt has passed the wish on; it takes one on an idle machine."""
POWER_OFF = 30.0
"""Seconds a node gets to end its services before it is pulled."""
UNPLUGGED = 30.0
"""Seconds until a node is gone whose plug was pulled; it takes 0.1 on an idle machine."""
EMULATOR, LAUNCHED = "/usr/lib/libvirt/libvirt_lxc", "/var/lib/libvirt/machine"
"""A machine's controller, and at the dom0 what starts it; nothing in /run may be run."""
NOTES = "/var/log/libvirt/lxc"
"""At the dom0: a log for each domain."""
CONTROLLER = "--name"
"""The word of libvirt_lxc's command line before the domain's name."""
CONFIG = """\
unix_sock_dir = "{directory}/libvirt"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:stderr"
"""
UNLABELLED = 'security_driver = "none"\n'
"""Nodes have no labels and no profiles of libvirt's: what holds them is told in docs/security.md."""
LAUNCHER = """\
#!/bin/sh
# Becomes a machine's controller, in a v2 control group of the machine's own that belongs to the machine's
# root.  Where v2 is all there is, libvirt does so; beside v1 it does not know of that tree.
for word; do [ "$last" = --name ] && name=$word; last=$word; done
test -e /sys/fs/cgroup/cgroup.controllers || unshare --mount --propagation private -- sh -ec '
    mount -t cgroup2 none /sys/fs/cgroup && cd "/sys/fs/cgroup/$1" && mkdir -p "$2" && cd "$2"
    read -r _ root _ < "$3"
    chown "$root:$root" . cgroup.procs cgroup.threads cgroup.subtree_control
    echo "$4" > cgroup.procs' group '{group}' "$name" '{note}' $$
exec {emulator} "$@"
"""
DAEMON = """\
{ test -c /dev/net/tun || { mkdir -p /dev/net && mknod -m 600 /dev/net/tun c 10 200; }; } &&
mkdir -p -m 700 "$1/libvirt" && printf %s "$2" > "$1/libvirtd.conf" &&
printf %s "$3" > "$4" && chmod 700 "$4" && printf %s "$5" > /etc/libvirt/lxc.conf || exit
# Where there is AppArmor, in the box's namespace of its policies: Debian's profile of libvirtd lets it start
# nothing but what libvirt brings, and those of other programs would count in nodes.
policies=; test ! -d "/sys/kernel/security/apparmor/policy/namespaces/$6" || policies=":$6://"
{ printf 'exec %sunconfined' "$policies" > /proc/self/attr/apparmor/exec; } 2>/dev/null
exec libvirtd --config "$1/libvirtd.conf" --pid-file /run/libvirtd.pid"""


class Lxc(Machines):
    """The nodes as LXC domains; they outlive a libvirtd that died or is stuck, and a new one finds them."""

    MAPS = True

    @classmethod
    def prepare(cls, dom0: Dom0) -> None:
        """Start libvirtd; it lives as long as the dom0, and its socket is in the box's directory there."""
        settings = CONFIG.format(directory=dom0.directory)
        note = f"{dom0.directory}/{IDENTITIES}"
        launcher = LAUNCHER.format(group=dom0.partition, note=note, emulator=EMULATOR)
        words = [dom0.directory, settings, launcher, LAUNCHED, UNLABELLED, dom0.partition]
        dom0.spawn(dom0, ["sh", "-c", DAEMON, "libvirtd", *words], LOG)

    @cached_property
    def _libvirt(self) -> Hypervisor:
        return Hypervisor(self.dom0.libvirt_uri, remedy=self.remedy)

    def ready(self) -> None:
        try:
            _ = self._libvirt
        except WaitError as late:
            last = "\n       ".join(self.dom0.log(LOG).splitlines()[-3:])
            late.why = f"{late.why}\n       libvirtd's log ends: {last}"
            raise

    def mend(self) -> None:
        if not answers(self.dom0.libvirt_uri, SOUND):
            self.close()
            # Gone, and not only killed: it holds its PID file to the end.
            containers.end_controller(self.dom0, "--config", f"{self.dom0.directory}/libvirtd.conf", ENDED)
            self.prepare(self.dom0)

    def create(self, node: Node, bridge: Bridge) -> None:
        self._libvirt.create(domain_xml(self.dom0, node, bridge, self._identities), node.name)

    def missing_walls(self) -> Sequence[Wall]:
        filtered = self.dom0.run(["test", "-e", str(walls.FILTERS)]).ok
        return walls.of("" if self._identities.rows else self._note, filtered=filtered)

    @cached_property
    def _identities(self) -> Identities:
        return Identities.read(self._note)

    @cached_property
    def _note(self) -> str:
        return self.dom0.run(["cat", f"{self.dom0.directory}/{IDENTITIES}"]).check().stdout.strip()

    def running(self) -> Collection[str]:
        return self._own(self._libvirt.names())

    def alive(self) -> Collection[str]:
        return self._own(containers.firsts(self.dom0, CONTROLLER))

    def _own(self, domains: Collection[str]) -> Collection[str]:
        """Names of nodes by those of domains."""
        return {domain.partition(".")[2] for domain in domains if domain.startswith(f"{self.dom0.box}.")}

    def inside(self, node: Node) -> Place | None:
        return containers.inside(self.dom0, node.name, CONTROLLER, self._domain(node))

    def insides(self, nodes: Collection[Node]) -> Mapping[Node, Place | None]:
        numbers = containers.firsts(self.dom0, CONTROLLER)
        return {node: containers.led(self.dom0, node.name, numbers.get(self._domain(node))) for node in nodes}

    def power_off(self, node: Node) -> None:
        try:
            self._libvirt.power_off(self._domain(node), ASKED)
        except HarnessError:
            # libvirt loses sight of a node's first process now and then.  The signal: systemd(1).
            with contextlib.suppress(HarnessError):
                off = signal.SIGRTMIN + 4
                containers.signal(self.dom0, CONTROLLER, self._domain(node), off, POWER_OFF - ASKED)

    def unplug(self, node: Node) -> None:
        # With its first process the kernel kills all others; libvirt would ask each to end first, and wait.
        name = self._domain(node)
        if not containers.signal(self.dom0, CONTROLLER, name, signal.SIGKILL, UNPLUGGED):
            raise WaitError(f"waited {UNPLUGGED:g} s for {node} to be gone", where=f"box {self.dom0.box}")
        self._libvirt.destroy(name)

    def converse(self, node: Node) -> None:
        console.converse(self._libvirt, self._domain(node))

    def describe(self, node: Node) -> str:
        return self._libvirt.describe(self._domain(node))

    def notes(self) -> str:
        return self.dom0.run(f"tail -n +1 {NOTES}/*.log").output

    def last_words(self, node: Node) -> str:
        noted = self.dom0.run(["cat", f"{NOTES}/{self._domain(node)}.log"]).output
        errors = [line for line in noted.splitlines() if " error : " in line]
        return errors[-1] if errors else "libvirt noted no error of its machine"

    def close(self) -> None:
        if (libvirt := self.__dict__.pop("_libvirt", None)) is not None:
            libvirt.close()

    def _domain(self, node: Node) -> str:
        return domain_name(self.dom0.box, node)


KIND = Lxc


def domain_name(box: str, node: Node) -> str:
    """Unique on a host, where control groups of all boxes carry the names of their domains."""
    return f"{box}.{node.name}"


def domain_xml(dom0: Dom0, node: Node, bridge: Bridge, identities: Identities) -> str:
    """The XML of one node.

    Source of the elements: libvirt's "Domain XML format" and "LXC container driver".
    """
    domain = ElementTree.Element("domain", type="lxc")
    _text(domain, "name", domain_name(dom0.box, node))
    _text(domain, "memory", str(MEMORY_MIB), unit="MiB")
    _text(domain, "vcpu", "1")
    _text(ElementTree.SubElement(domain, "resource"), "partition", f"/{dom0.partition}")
    os_element = ElementTree.SubElement(domain, "os")
    _text(os_element, "type", "exe", arch="x86_64")
    _text(os_element, "init", INIT)
    _text(os_element, "initarg", node.name)
    for event in ("on_poweroff", "on_crash"):
        _text(domain, event, "destroy")
    _text(domain, "on_reboot", "restart")
    devices = ElementTree.SubElement(domain, "devices")
    if identities.rows:
        _map(domain, identities)
        _text(devices, "emulator", LAUNCHED)
    filesystem = ElementTree.SubElement(devices, "filesystem", type="mount", accessmode="passthrough")
    ElementTree.SubElement(filesystem, "source", dir=dom0.disk(node.name))
    ElementTree.SubElement(filesystem, "target", dir="/")
    interface = ElementTree.SubElement(devices, "interface", type="bridge")
    ElementTree.SubElement(interface, "mac", address=mac(node))
    ElementTree.SubElement(interface, "source", bridge=bridge.name)
    ElementTree.SubElement(interface, "guest", dev="eth0")
    if node.role in (Role.CE, Role.WN):
        # For the tunnel of the batch system.
        tunnel = ElementTree.SubElement(devices, "hostdev", mode="capabilities", type="misc")
        _text(ElementTree.SubElement(tunnel, "source"), "char", "/dev/net/tun")
    ElementTree.SubElement(devices, "console", type="pty")
    return ElementTree.tostring(domain, encoding="unicode")


def _text(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, tag, attributes).text = text


def _map(domain: ElementTree.Element, identities: Identities) -> None:
    """Have the node in a user namespace."""
    map_ = ElementTree.SubElement(domain, "idmap")
    for kind in ("uid", "gid"):
        for row in identities.rows:
            ElementTree.SubElement(
                map_, kind, start=str(row.first), target=str(row.there), count=str(row.count)
            )

"""Nodes with a kernel of their own: domains that boot from disks, and end when they are told to by a key.

Which of its libvirt's drivers runs them, and how they look to it, a kind says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from harness.dom0.place import Place
from harness.errors import HarnessError
from harness.site import Bridge, Node, Role
from harness.virt import packages
from harness.virt.domain import HOME, Domain
from harness.virt.domains import Domains

MAKES: Mapping[str, Sequence[str]] = {"e2fsprogs": ["sbin/mke2fs"]}
"""What their disks are made by."""
POWER_OFF = 60.0
"""Seconds a node gets to end its services before it is pulled; it takes 5 on an idle machine."""
LAST_LINES, SHOWN = 80, 8
"""Of its console, when nobody has noted an error: what is read, and what is shown of that."""
PANIC = "Kernel panic"
"""What a kernel that ends by itself says before it tells where it was."""


class Guests(Domains):
    """Machines that lie in drives (``harness/virt/domain.py``)."""

    OWN_KERNEL: ClassVar[bool] = True
    SUSPENDS: ClassVar[bool] = True
    SHARES: ClassVar[bool] = False
    """Whether a directory of the dom0 can be a node's."""
    FILES: ClassVar[Mapping[str, Sequence[str]]] = {}
    """What Debian packages bring, by their names: below /usr, in one of several places."""

    @classmethod
    def wanted(cls) -> Mapping[str, Sequence[str]]:
        return {**MAKES, **cls.FILES}

    @classmethod
    def check_host(cls) -> None:
        packages.check(cls.DRIVER, cls.wanted())

    def create(self, node: Node, bridge: Bridge) -> None:
        self._libvirt.create(self.xml(self.domain(node, bridge)), node.name)

    def domain(self, node: Node, bridge: Bridge) -> Domain:
        """The node as this dom0 has it."""
        return Domain(
            self.dom0.box,
            node,
            bridge,
            self.dom0.disk(node.name),
            self.dom0.partition,
            console=self._console(node),
            homes=self.home(node, self.dom0.disk(node.name)),
        )

    @classmethod
    def home(cls, node: Node, disk: str) -> str:
        """The dom0's directory that is a node's /home; empty for none."""
        # It is a link there, and what serves it wants a directory.
        return f"{disk}/{HOME}/." if cls.SHARES and node.role in (Role.CE, Role.WN) else ""

    def _console(self, node: Node) -> str:
        return f"{self.dom0.directory}/console-{node.name}.log"

    def inside(self, node: Node) -> Place | None:  # noqa: ARG002
        """None: a kernel of its own lets nobody in from beside."""
        return None

    def alive(self) -> Collection[str]:
        return self.running()

    def power_off(self, node: Node) -> None:
        try:
            self._libvirt.shut_down(self._name(node), POWER_OFF * self.pace())
        except HarnessError:
            self._libvirt.destroy(self._name(node))

    def unplug(self, node: Node) -> None:
        self._libvirt.destroy(self._name(node))

    def suspend(self, node: Node) -> None:
        self._libvirt.suspend(self._name(node))

    def resume(self, node: Node) -> None:
        self._libvirt.resume(self._name(node))

    @classmethod
    def saves(cls, node: Node) -> bool:  # noqa: ARG003
        return True

    def save(self, node: Node, path: str) -> None:
        self._libvirt.save(self._name(node), path, self.memory(node))

    def restore(self, node: Node, path: str) -> None:
        self._libvirt.restore(path, node.name, self.memory(node))

    def last_words(self, node: Node) -> str:
        said = self.dom0.run(["tail", "-n", str(LAST_LINES), self._console(node)]).stdout.strip()
        lines = said.splitlines()
        # What went before may be why.
        panicked = next((at - 2 for at, line in enumerate(lines) if PANIC in line), len(lines))
        begin = max(0, min(panicked, len(lines) - SHOWN))
        shown = "\n".join(lines[begin : begin + SHOWN])
        return f"{super().last_words(node)}; its console ends: {shown or 'without a word'}"

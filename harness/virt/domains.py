"""Machines that are libvirt's domains: what is the same whatever hypervisor runs them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from functools import cached_property
from typing import ClassVar

from harness.dom0.dom0 import Dom0
from harness.errors import WaitError
from harness.site import Node
from harness.virt import console, daemon
from harness.virt.connection import Hypervisor
from harness.virt.domain import Domain, domain_name
from harness.virt.machines import Machines


class Domains(Machines):
    """Domains of one driver; they outlive a libvirtd that died or is stuck, and a new one finds them."""

    NOTES: ClassVar[str]
    """At the dom0: a log of libvirt's for each domain."""

    @classmethod
    @abstractmethod
    def xml(cls, domain: Domain) -> str:
        """What libvirt is told of a node."""

    @classmethod
    def prepare(cls, dom0: Dom0) -> None:
        daemon.start(dom0, [cls.DRIVER])

    @cached_property
    def _libvirt(self) -> Hypervisor:
        return Hypervisor(daemon.uri(self.dom0, self.DRIVER), remedy=self.remedy, factor=self.dom0.pace)

    def ready(self) -> None:
        try:
            _ = self._libvirt
        except WaitError as late:
            late.why = f"{late.why}\n       libvirtd's log ends: {daemon.last_words(self.dom0)}"
            raise

    def is_sound(self) -> bool:
        return daemon.is_sound(self.dom0, self.DRIVER)

    def mend(self) -> None:
        if not self.is_sound():
            self.close()
            daemon.end(self.dom0)
            self.prepare(self.dom0)

    def running(self) -> Collection[str]:
        return self._own(self._libvirt.names())

    def _own(self, domains: Collection[str]) -> Collection[str]:
        """Names of nodes by those of domains."""
        return {domain.partition(".")[2] for domain in domains if domain.startswith(f"{self.dom0.box}.")}

    def converse(self, node: Node) -> None:
        console.converse(self._libvirt, self._name(node))

    def describe(self, node: Node) -> str:
        return self._libvirt.describe(self._name(node))

    def notes(self) -> str:
        return self.dom0.run(f"tail -n +1 {self.NOTES}/*.log").output

    def last_words(self, node: Node) -> str:
        noted = self.dom0.run(["cat", f"{self.NOTES}/{self._name(node)}.log"]).output
        errors = [line for line in noted.splitlines() if " error : " in line]
        return errors[-1] if errors else "libvirt noted no error of its machine"

    def close(self) -> None:
        if (libvirt := self.__dict__.pop("_libvirt", None)) is not None:
            libvirt.close()

    def _name(self, node: Node) -> str:
        return domain_name(self.dom0.box, node)

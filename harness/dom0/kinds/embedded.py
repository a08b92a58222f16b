"""The embedded dom0: namespaces of this machine that nothing outside them can notice.

Its holder has a network of its own as well, so interfaces and packet filter end with it, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar

from harness.dom0 import preflight
from harness.dom0 import uplink as cable
from harness.dom0.held import HeldDom0, undo_holder
from harness.ledger import Undo
from harness.site import Site


@dataclass(frozen=True)
class EmbeddedDom0(HeldDom0):
    """A dom0 with a network of its own."""

    MARK: ClassVar[str] = "holder"
    UNDO: ClassVar[Mapping[str, Undo]] = {**HeldDom0.HELD, MARK: undo_holder}
    APART: ClassVar[Sequence[str]] = ("--net",)
    ALONE: ClassVar[bool] = True
    far_end: ClassVar[str] = cable.FAR_END

    @classmethod
    def check_host(cls, nodes: int, site: Site | None) -> None:  # noqa: ARG003
        preflight.check(nodes)

    def connect(self, inner: str, site: Site) -> None:
        cable.lay(self, self.outside, inner, site)

    def move(self, public: IPv4Address) -> None:
        cable.move(self, self.outside, public)


KIND = EmbeddedDom0
